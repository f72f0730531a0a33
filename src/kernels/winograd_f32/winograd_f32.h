// SPDX-License-Identifier: Apache-2.0
// Convolutions of stride 1 with fewer multiplications: an image is cut in tiles of outputs_y x outputs_x output pixels, and each
// tile made from the patch of pixels that its windows see,
//
//   V = Bt d B          the patch d [points_y][points_x] of every input channel       transform_input
//   U = G g Gt          the filter g [taps_y][taps_x] of every pair of channels       winograd_f32_filter, once
//   M[p] = V[p] x U[p]  for every point p: a product [tiles, c] x [c, k]              a GEMM kernel's
//   Y = At M A          the output pixels, plus bias, within [lo, hi]                 transform_output
//
// so that a tile takes `points()` multiplications for each pair of channels instead of outputs * taps. Along an axis of one tap
// nothing is transformed. The matrices are those of Cook and Toom's algorithm for the points 0, +-1 and infinity (four), 0, +-5/8,
// +-3/2 and infinity (six) or 0, +-1/2, +-1, +-2 and infinity (eight): their products are floats without rounding, and they are so
// close to 1 that results are about twice as far from the exact ones as those of a plain sum.
// Sources: Winograd 1980, Arithmetic Complexity of Computations; Lavin, Gray 2016 (arXiv:1509.09308), sections 4.1 and 5;
// Barabasz et al. 2020 (arXiv:1803.10986) on the choice of points.
//
// All kernels give the bits of the scalar one. NaN and infinity reach all pixels of a tile.
#ifndef OCTET_KERNELS_WINOGRAD_F32_WINOGRAD_F32_H_
#define OCTET_KERNELS_WINOGRAD_F32_WINOGRAD_F32_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"
#include "kernels/winograd_form.h"

namespace octet {

// 3 x 3 (4 x 4 outputs from 36 points, 2 x 2 from 16: more multiplications, fewer weights), 5 x 5 (2 x 2 from 36), 1 x 3 and 3 x 1
// (4 from 6), 1 x 7 and 7 x 1 (2 from 8).
std::span<const WinogradForm> winograd_f32_forms();

// Point `point` (y * points_x + x) of the filters [k, taps_y, taps_x, c]: dst[k, c].
void winograd_f32_filter(const WinogradForm& form, std::size_t point, const float* filters, std::size_t k, std::size_t c, float* dst);

struct WinogradF32InputArgs {
  const WinogradForm* form;
  std::size_t c;           // a multiple of kWinogradChannels
  const float* src;        // the patch: pixel (y, x) at src + y * row_stride + x * c
  std::size_t row_stride;  // elements
  float* dst;              // point p at dst + p * point_stride; must not overlap src
  std::size_t point_stride;
};

struct WinogradF32OutputArgs {
  const WinogradForm* form;
  std::size_t k;     // a multiple of kWinogradChannels
  const float* src;  // point p at src + p * point_stride
  std::size_t point_stride;
  const float* bias;  // [k], or null: zeros
  float lo;           // fused activation; -infinity and infinity: none
  float hi;
  std::size_t rows, columns;  // of the tile that are in the image, >= 1
  float* dst;                 // pixel (y, x) at dst + y * row_stride + x * pixel_stride; must not overlap src
  std::size_t row_stride, pixel_stride;
};

struct WinogradF32Kernel {
  const char* name;
  Isa isa;
  void (*transform_input)(const WinogradF32InputArgs& args);
  void (*transform_output)(const WinogradF32OutputArgs& args);
};

std::span<const WinogradF32Kernel* const> winograd_f32_kernels();  // best first, scalar last
const WinogradF32Kernel& choose_winograd_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_F32_WINOGRAD_F32_H_
