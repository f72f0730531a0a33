// SPDX-License-Identifier: Apache-2.0
// float32 matrix product: fully connected, pointwise and general convolution, and products of two activations (packing
// is cheap enough to do at run time).
//
//   dst[m, n] = min(hi, max(lo, (bias[n] + sum over t, c of src[m, t, c] * weights[n, t, c]) + addend[m, n]))
//
// The sum starts with the bias and goes in the order of (t, c), whatever the tile or the range: bits do not depend on
// how the work was split. The addend, if there is one, is added to the complete sum: the bits are those of a product
// without bounds and binary_f32's kAdd behind it. Kernels of different instruction sets differ by rounding (fused or
// separate multiply and add). NaN is passed on.
#ifndef OCTET_KERNELS_GEMM_F32_GEMM_F32_H_
#define OCTET_KERNELS_GEMM_F32_GEMM_F32_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/tap_offsets.h"

namespace octet {

// Weight (n, t, c) is weights[n * n_stride + (t * k + c) * k_stride]: k_stride is 1 for [N, taps, K], and for a matrix
// [K, N] it is N with n_stride 1.
struct GemmF32PackArgs {
  std::size_t n;
  std::size_t k;     // >= 1
  std::size_t taps;  // >= 1
  const float* weights;
  std::size_t n_stride;
  std::size_t k_stride;
  const float* bias;  // [n], or null: zeros
};

// A range of rows and columns of the product.
struct GemmF32Args {
  std::size_t m;        // rows; any number, also 0
  std::size_t n_begin;  // columns [n_begin, n_end) of the packed weights; n_begin is a multiple of Kernel::nr
  std::size_t n_end;    // a multiple of Kernel::nr, or n of the packed weights
  std::size_t k;        // as packed
  std::size_t taps;     // as packed
  // Direct (offsets null, taps 1): row m starts at src + m * src_stride.
  // Indirect: tap t of row m starts at src + offsets[m * taps + t], or at `padding`.
  const float* src;
  std::size_t src_stride;
  const std::int32_t* offsets;
  const float* padding;     // [k], zeros; null if no offset is kPaddingTap
  const std::byte* packed;  // of the same kernel's pack, 64-byte aligned
  float* dst;               // row 0, column 0 (not n_begin); must not overlap src
  std::size_t dst_stride;   // elements from row to row, >= n_end
  float lo;                 // fused activation; -infinity and infinity: none
  float hi;
  // Taps come in runs of so many (a divisor of taps; 1 promises nothing): those of a run whose first and last one are
  // in the image follow each other in memory.
  std::size_t run_taps = 1;
  // The weights come from memory, and what lies behind them will be wanted next: worth to be prefetched.
  bool cold_weights = false;
  const float* addend = nullptr;  // row 0, column 0, or null: nothing is added; must not overlap dst
  std::size_t addend_stride = 0;  // elements from row to row
};

struct GemmF32Kernel {
  const char* name;
  Isa isa;
  std::size_t mr;  // rows and columns of the tile: partitions that are multiples of them are fastest
  std::size_t nr;
  std::size_t (*packed_bytes)(std::size_t n, std::size_t k, std::size_t taps);
  void (*pack)(const GemmF32PackArgs& args, std::byte* packed);  // packed: packed_bytes, 64-byte aligned
  void (*gemm)(const GemmF32Args& args);
};

std::span<const GemmF32Kernel* const> gemm_f32_kernels();  // best first, scalar last
const GemmF32Kernel& choose_gemm_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_F32_GEMM_F32_H_
