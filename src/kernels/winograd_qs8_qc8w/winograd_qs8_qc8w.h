// SPDX-License-Identifier: Apache-2.0
// Convolutions of stride 1 on int8 activations and weights with fewer multiplications, exact: a tile of 4 x 4 outputs of a window of 3 x 3 is made
// from a patch of 6 x 6 pixels with 36 instead of 144 multiplications for each pair of channels,
//
//   V = Bt d B                                       int16, at most 100 * 128                 transform_input
//   U = G (g - weights_zero_point) Gt                int16, at most 49 * 255                  pack, once
//   M[p] = V[p] x U[p]  for each of 36 points p      int32: [tiles, depth] x [depth, n]       multiply
//   N = At M A = 9 * 2^s * acc                       int32, s up to 6                         transform_output
//   dst = requantize(acc + bias[n] - src_zero_point * (the sum of the column's weights), scale[n])   requantize/requantize.h
//
// A window of 5 x 5 is four pieces of 3 x 3: a product of four times the depth (144 instead of 400 multiplications). The matrices are Cook and Toom's
// for the points 0, 1, -1, 2, -2 and infinity, their rows multiplied by what makes them whole; y are the outputs of an axis:
//
//        |4  0 -5  0  1  0|       |6  0  0|        |1 -4 -4  1  1  0|   24 y0
//        |0 -4 -4  1  1  0|       |1  1  1|        |0 -2  2  1 -1  0|   12 y1
//   Bt = |0  4 -4 -1  1  0|   G = |1 -1  1|   At = |0 -1 -1  1  1  0|    6 y2
//        |0 -2 -1  2  1  0|       |1  2  4|        |0 -1  1  2 -2  1|    6 y3
//        |0  2 -1 -2  1  0|       |1 -2  4|
//        |0  4  0 -5  0  1|       |0  0  6|
//
// Sums of M and N may wrap around: all is computed modulo 2^32, where 9 has an inverse, and an accumulator follows from its low 32 - s bits if
// it lies in [-2^25, 2^25). Weights prove that: the absolute values of a column add up to less than 2^18 (winograd_qs8_fits).
// So results have the bits of gemm_qs8_qc8w. Sources: winograd_f32.
#ifndef OCTET_KERNELS_WINOGRAD_QS8_QC8W_WINOGRAD_QS8_QC8W_H_
#define OCTET_KERNELS_WINOGRAD_QS8_QC8W_WINOGRAD_QS8_QC8W_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"
#include "kernels/winograd_form.h"

namespace octet {

std::span<const WinogradForm> winograd_qs8_forms();  // 3 x 3; 5 x 5 of 2 x 2 pieces

struct WinogradQs8PackArgs {
  const WinogradForm* form;                // of winograd_qs8_forms()
  std::size_t n;                           // output channels, a multiple of kWinogradChannels
  std::size_t c;                           // a multiple of kWinogradChannels
  const std::int8_t* weights;              // [n, taps_y, taps_x, c]
  const std::int32_t* bias;                // [n], or null: zeros
  const std::int32_t* weights_zero_point;  // [n], or null: zeros
  std::int32_t src_zero_point;
  const float* scale;  // [n]: src scale * weights scale / dst scale
};

// Whether the weights bound all accumulators; else they must not be packed.
bool winograd_qs8_fits(const WinogradQs8PackArgs& args);

// Packed for all kernels alike: bias, scale and requantize_offset(scale), [n] each; then for each point and each 16 columns [depth / 2][16][2]
// words, the columns in the order 0-3, 8-11, 4-7, 12-15. depth: all channels of the first piece, of the second, ...
std::size_t winograd_qs8_packed_bytes(const WinogradForm& form, std::size_t n, std::size_t c);
void pack_winograd_qs8(const WinogradQs8PackArgs& args, std::byte* packed);  // packed: 64-byte aligned

struct WinogradQs8InputArgs {
  std::size_t c;           // a multiple of kWinogradChannels
  const std::int8_t* src;  // the patch: pixel (y, x) at src + y * row_stride + x * c; outside the image: src_zero_point
  std::size_t row_stride;
  std::int16_t* dst;  // point p at dst + p * point_stride; must not overlap src
  std::size_t point_stride;
};

// Columns [n_begin, n_end) of the product of one point.
struct WinogradQs8ProductArgs {
  std::size_t tiles;           // rows
  std::size_t depth;           // pieces * c
  std::size_t n;               // as packed
  std::size_t n_begin, n_end;  // multiples of kWinogradChannels
  std::size_t point;
  const std::int16_t* src;  // [tiles, depth]
  const std::byte* packed;
  std::int32_t* dst;  // [tiles, n]; must not overlap src
};

struct WinogradQs8OutputArgs {
  std::size_t n;
  const std::int32_t* src;  // point p at src + p * point_stride
  std::size_t point_stride;
  const std::byte* packed;
  Qs8Output output;
  std::size_t rows, columns;  // of the tile that are in the image, 1 to 4
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
