// SPDX-License-Identifier: Apache-2.0
// 3 x 3 convolutions of stride 1 on int8 activations and weights with 4 instead of 9 multiplications for each output, exact: a tile of 2 x 2
// outputs is made from a patch of 4 x 4 pixels,
//
//   V = Bt (d - src_zero_point) B                    int16, at most 4 * 255             transform_input
//   U = 2G (g - weights_zero_point) (2G)t            int16, at most 9 * 255             pack, once
//   M[p] = V[p] x U[p]  for each of 16 points p      int32: [tiles, c] x [c, n]         multiply
//   acc = (At M A) / 4                               which leaves no remainder          transform_output
//   dst = requantize(acc + bias[n], scale[n])        requantize/requantize.h
//
//        |-1  0  1  0|       |-2  0  0|        |1  1  1  0|
//   Bt = | 0  1  1  0|  2G = | 1  1  1|   At = |0  1 -1  1|
//        | 0 -1  1  0|       | 1 -1  1|
//        | 0 -1  0  1|       | 0  0  2|
//
// Sums may wrap around: 4 * acc stays within int32 for up to kMaxWinogradQs8Channels channels, and that is what counts. So results have the bits of
// gemm_qs8_qc8w; on processors without products of four bytes they come sooner. Sources: winograd_f32.
#ifndef OCTET_KERNELS_WINOGRAD_QS8_QC8W_WINOGRAD_QS8_QC8W_H_
#define OCTET_KERNELS_WINOGRAD_QS8_QC8W_WINOGRAD_QS8_QC8W_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"
#include "kernels/winograd_form.h"

namespace octet {

inline constexpr WinogradForm kWinogradQs8Form = {3, 3, 2, 2, 4, 4};
inline constexpr std::size_t kMaxWinogradQs8Channels = 896;  // of src: 4 * 9 * 255 * 255 * 896 < 2^31

struct WinogradQs8PackArgs {
  std::size_t n;                           // output channels, a multiple of kWinogradChannels
  std::size_t c;                           // a multiple of kWinogradChannels, at most kMaxWinogradQs8Channels
  const std::int8_t* weights;              // [n, 3, 3, c]
  const std::int32_t* bias;                // [n], or null: zeros
  const std::int32_t* weights_zero_point;  // [n], or null: zeros
  const float* scale;                      // [n]: src scale * weights scale / dst scale
};

// Packed for all kernels alike: bias, scale and requantize_offset(scale), [n] each; then for each point and each 16 columns [c / 2][16][2] words,
// the columns in the order 0-3, 8-11, 4-7, 12-15.
std::size_t winograd_qs8_packed_bytes(std::size_t n, std::size_t c);
void pack_winograd_qs8(const WinogradQs8PackArgs& args, std::byte* packed);  // packed: 64-byte aligned

struct WinogradQs8InputArgs {
  std::size_t c;
  const std::int8_t* src;  // the patch: pixel (y, x) at src + y * row_stride + x * c
  std::size_t row_stride;
  std::int32_t src_zero_point;
  std::int16_t* dst;  // point p at dst + p * point_stride; must not overlap src
  std::size_t point_stride;
};

// Columns [n_begin, n_end) of the product of one point.
struct WinogradQs8ProductArgs {
  std::size_t tiles, c, n;     // rows; as packed
  std::size_t n_begin, n_end;  // multiples of kWinogradChannels
  std::size_t point;
  const std::int16_t* src;  // [tiles, c]
  const std::byte* packed;
  std::int32_t* dst;  // [tiles, n]; must not overlap src
};

struct WinogradQs8OutputArgs {
  std::size_t n;
  const std::int32_t* src;  // point p at src + p * point_stride
  std::size_t point_stride;
  const std::byte* packed;
  Qs8Output output;
  std::size_t rows, columns;  // of the tile that are in the image, 1 or 2
  std::int8_t* dst;           // pixel (y, x) at dst + y * row_stride + x * pixel_stride; must not overlap src
  std::size_t row_stride, pixel_stride;
};

struct WinogradQs8Kernel {
  const char* name;
  Isa isa;
  void (*transform_input)(const WinogradQs8InputArgs& args);
  void (*multiply)(const WinogradQs8ProductArgs& args);
  void (*transform_output)(const WinogradQs8OutputArgs& args);
};

std::span<const WinogradQs8Kernel* const> winograd_qs8_qc8w_kernels();  // best first, scalar last
const WinogradQs8Kernel& choose_winograd_qs8_qc8w(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_QS8_QC8W_WINOGRAD_QS8_QC8W_H_
