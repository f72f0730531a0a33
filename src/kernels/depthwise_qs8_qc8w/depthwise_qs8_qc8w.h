// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution of int8 activations: each channel has its own window of weights. Any window, stride and
// dilation.
//
//   acc[p, c] = bias[c] + sum over t of (src[p, t, c] - src_zero_point) * (weights[t, c] - weights_zero_point[c])
//   dst[p, c] = requantize(acc, scale[c])                                                (requantize/requantize.h)
//
// p counts output pixels, t taps. A channel multiplier above 1 is the caller's to expand (one call per multiple).
// All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_DEPTHWISE_QS8_QC8W_DEPTHWISE_QS8_QC8W_H_
#define OCTET_KERNELS_DEPTHWISE_QS8_QC8W_DEPTHWISE_QS8_QC8W_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"
#include "kernels/tap_offsets.h"

namespace octet {

// Weight (t, c) is weights[t * tap_stride + c * c_stride]: [taps, C] has strides C and 1, [C, taps] has 1 and taps.
struct DepthwiseQs8PackArgs {
  std::size_t c;
  std::size_t taps;  // >= 1, at most 65,793
  const std::int8_t* weights;
  std::size_t tap_stride;
  std::size_t c_stride;
  const std::int32_t* bias;                // [c], or null: zeros. Nothing folded into it
  const std::int32_t* weights_zero_point;  // [c], each in [-128, 127], or null: zeros
  const float* scale;                      // [c]; src_scale * weights_scale[c] / dst_scale, finite, > 0
  std::int32_t src_zero_point;             // in [-128, 127]
};

struct DepthwiseQs8Args {
  std::size_t pixels;           // output pixels of this call
  std::size_t c;                // as packed
  std::size_t taps;             // as packed
  const std::int8_t* src;       // tap t of pixel p starts at src + offsets[p * taps + t], or at `padding`
  const std::int32_t* offsets;  // [pixels][taps]
  const std::int8_t* padding;   // [c], filled with src_zero_point; null if no offset is kPaddingTap
  const std::byte* packed;      // of the same kernel's pack, 64-byte aligned
  std::int8_t* dst;             // must not overlap src
  std::size_t dst_stride;       // elements from pixel to pixel, >= c
  Qs8Output output;

  // Where neighbouring pixels share taps, the window's stride and dilation being 1: the output pixels of a row, of
  // which `pixels` is a multiple, and the taps of a row of the window. Else 0 and 0. With p and t not the last of
  // their rows, respectively not in the last row,
  //   offsets[p + 1][t] == offsets[p][t + 1],   offsets[p + row_pixels][t] == offsets[p][t + row_taps]
  // A tap is padding if its row or its column of src lies outside; in a row, those that are not lie c elements apart.
  std::size_t row_pixels = 0;
  std::size_t row_taps = 0;
};

struct DepthwiseQs8Kernel {
  const char* name;
  Isa isa;
  std::size_t (*packed_bytes)(std::size_t c, std::size_t taps);
  void (*pack)(const DepthwiseQs8PackArgs& args, std::byte* packed);  // packed: packed_bytes, 64-byte aligned
  void (*depthwise)(const DepthwiseQs8Args& args);
};

std::span<const DepthwiseQs8Kernel* const> depthwise_qs8_qc8w_kernels();  // best first, scalar last
const DepthwiseQs8Kernel& choose_depthwise_qs8_qc8w(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_QS8_QC8W_DEPTHWISE_QS8_QC8W_H_
