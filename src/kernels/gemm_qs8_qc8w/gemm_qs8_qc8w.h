// SPDX-License-Identifier: Apache-2.0
// int8 activations times int8 weights with a scale per output channel: fully connected, pointwise and general
// convolution.
//
//   acc[m, n] = bias[n] + sum over t, c of (src[m, t, c] - src_zero_point) * (weights[n, t, c] - weights_zero_point[n])
//   dst[m, n] = requantize(acc, scale[n])                                                (requantize/requantize.h)
//
// or acc[m, n] itself is the result, for products whose scales are known only when they run.
//
// t counts the taps of a window (1 if there is none), c the k values of a tap. acc is computed modulo 2^32: all kernels
// agree even where it overflows, but the caller promises that it does not (safe up to taps * k = 65,793).
// All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_GEMM_QS8_QC8W_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_GEMM_QS8_QC8W_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/image_window.h"
#include "kernels/requantize/requantize.h"
#include "kernels/tap_offsets.h"

namespace octet {

// What the weights are packed from. Weight (n, t, c) is weights[n * n_stride + (t * k + c) * k_stride]: k_stride is 1
// for [N, taps, K], and for a matrix [K, N] it is N with n_stride 1.
// Here and for the sizes of memory, the rows of windows (GemmQs8Args::window) count as taps, of kernel_width * k values
// each, as kernels may keep them apart; without, all values of a row are one tap.
struct GemmQs8PackArgs {
  std::size_t n;
  std::size_t k;     // >= 1
  std::size_t taps;  // >= 1
  const std::int8_t* weights;
  std::size_t n_stride;
  std::size_t k_stride;
  const std::int32_t* bias;                // [n], or null: zeros. Nothing folded into it
  const std::int32_t* weights_zero_point;  // [n], each in [-128, 127], or null: zeros (faster)
  const float* scale;                      // [n]; src_scale * weights_scale[n] / dst_scale, finite, > 0
  std::int32_t src_zero_point;             // in [-128, 127]
};

// A range of rows and columns of the product.
struct GemmQs8Args {
  std::size_t m;        // rows; any number, also 0
  std::size_t n_begin;  // columns [n_begin, n_end) of the packed weights; n_begin is a multiple of Kernel::nr
  std::size_t n_end;    // <= n of the packed weights
  std::size_t k;        // k * taps as packed
  std::size_t taps;
  // Direct (offsets null, taps 1): row m starts at src + m * src_stride.
  // Indirect: tap t of row m starts at src + offsets[m * taps + t], or at `padding`.
  const std::int8_t* src;
  std::size_t src_stride;
  const std::int32_t* offsets;
  // Taps come in runs of so many (a divisor of taps; 1 promises nothing): those of a run whose first and last one are
  // in the image follow each other in memory.
  std::size_t run_taps = 1;
  // The windows that offsets lists, of an image with k channels; run_taps is their width. Null: none is said.
  const ImageWindow* window = nullptr;
  std::size_t first_pixel = 0;  // the output pixel that row 0 is
  const std::int8_t* padding;  // [k], filled with src_zero_point; null if no offset is kPaddingTap
  const std::byte* packed;     // of the same kernel's pack, 64-byte aligned
  std::int8_t* dst;            // row 0, column 0 (not n_begin); must not overlap src
  std::int32_t* acc =
      nullptr;  // if not null, the accumulators are written here, laid out as dst; dst and output are not used
  std::size_t dst_stride;  // elements from row to row, >= n_end
  Qs8Output output;
  std::byte* scratch;  // Kernel::scratch_bytes for this call alone, of k and taps as packed, 64-byte aligned
};

struct GemmQs8Kernel {
  const char* name;
  Isa isa;
  std::size_t mr;  // rows and columns of the tile: partitions that are multiples of them are fastest
  std::size_t nr;
  std::size_t (*packed_bytes)(std::size_t n, std::size_t k, std::size_t taps);
  void (*pack)(const GemmQs8PackArgs& args, std::byte* packed);  // packed: packed_bytes, 64-byte aligned
  std::size_t (*scratch_bytes)(std::size_t k, std::size_t taps);
  void (*gemm)(const GemmQs8Args& args);
};

std::span<const GemmQs8Kernel* const> gemm_qs8_qc8w_kernels();  // best first, scalar last
const GemmQs8Kernel& choose_gemm_qs8_qc8w(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_GEMM_QS8_QC8W_H_
