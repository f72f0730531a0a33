// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution in float32: each channel has its own window of weights. Any window, stride and dilation.
//
//   dst[p, c] = min(hi, max(lo, bias[c] + sum over t of src[p, t, c] * weights[t, c]))
//
// p counts output pixels, t taps; the sum starts with the bias and goes in the order of t. Kernels of different
// instruction sets differ by rounding (fused or separate multiply and add). NaN is passed on.
#ifndef OCTET_KERNELS_DEPTHWISE_F32_DEPTHWISE_F32_H_
#define OCTET_KERNELS_DEPTHWISE_F32_DEPTHWISE_F32_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/tap_offsets.h"

namespace octet {

// Weight (t, c) is weights[t * tap_stride + c * c_stride]: [taps, C] has strides C and 1, [C, taps] has 1 and taps.
struct DepthwiseF32PackArgs {
  std::size_t c;
  std::size_t taps;  // >= 1
  const float* weights;
  std::size_t tap_stride;
  std::size_t c_stride;
  const float* bias;  // [c], or null: zeros
};

struct DepthwiseF32Args {
  std::size_t pixels;           // output pixels of this call
  std::size_t c;                // as packed
  std::size_t taps;             // as packed
  const float* src;             // tap t of pixel p starts at src + offsets[p * taps + t], or at `padding`
  const std::int32_t* offsets;  // [pixels][taps]
  const float* padding;         // [c], zeros; null if no offset is kPaddingTap
  const std::byte* packed;      // of the same kernel's pack, 64-byte aligned
  float* dst;                   // must not overlap src
  std::size_t dst_stride;       // elements from pixel to pixel, >= c
  float lo;                     // fused activation; -infinity and infinity: none
  float hi;
};

struct DepthwiseF32Kernel {
  const char* name;
  Isa isa;
  std::size_t (*packed_bytes)(std::size_t c, std::size_t taps);
  void (*pack)(const DepthwiseF32PackArgs& args, std::byte* packed);  // packed: packed_bytes, 64-byte aligned
  void (*depthwise)(const DepthwiseF32Args& args);
};

std::span<const DepthwiseF32Kernel* const> depthwise_f32_kernels();  // best first, scalar last
const DepthwiseF32Kernel& choose_depthwise_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_F32_DEPTHWISE_F32_H_
