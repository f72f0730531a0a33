// SPDX-License-Identifier: Apache-2.0
// Operators that read images [N, C, ...] between their pixels, at places that are computed. All f32.
//
// grid_sample: inputs src [N, C, ...], grid [N, out ..., n] of n = 2 or 3 coordinates, the image's last dimension
// first: -1 is the
//   beginning and 1 the end of a dimension (with align_corners the middle of its first and last pixel). dst [N, C, out
//   ...]
// affine_grid: inputs theta [N, n, n + 1], size (i32 or i64, [n + 2]): the grid of an affine map of an image of that
// size roi_align: inputs src [N, C, H, W], boxes [R, 4] (x1, y1, x2, y2), images [R] (i32 or i64: which of N). dst [R,
// C, height, width]:
//   each box cut into bins, of which some points are averaged or compared (their weighted pixels, as in ONNX).
// deform_conv: inputs src [N, C, H, W], weights [K, C/group, kh, kw], offsets [N, G * taps * 2, OH, OW] (y and x of
// each tap, for G
//   groups of channels), bias [K] (optional), mask [N, G * taps, OH, OW] (optional: 1s): a convolution whose taps are
//   moved by the offsets and multiplied with the mask. Outside the image are zeros. Source: Zhu et al. 2018
//   (arXiv:1811.11168)
#ifndef OCTET_OPS_SAMPLING_H_
#define OCTET_OPS_SAMPLING_H_

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

enum class SampleMode : int { kNearest, kLinear, kCubic };
inline constexpr std::array<std::string_view, 3> kSampleModeNames = {"nearest", "linear", "cubic"};
enum class SamplePadding : int { kZeros, kBorder, kReflection };
inline constexpr std::array<std::string_view, 3> kSamplePaddingNames = {"zeros", "border", "reflection"};

struct GridSampleAttrs {
  SampleMode mode = SampleMode::kLinear;
  SamplePadding padding = SamplePadding::kZeros;
  bool align_corners = false;
  void visit(AttrVisitor& v) {
    v.visit("mode", mode, kSampleModeNames);
    v.visit("padding", padding, kSamplePaddingNames);
    v.visit("align_corners", align_corners);
  }
};

struct AffineGridAttrs {
  bool align_corners = false;
  void visit(AttrVisitor& v) { v.visit("align_corners", align_corners); }
};

struct RoiAlignAttrs {
  std::int64_t height = 1, width = 1;
  std::int64_t points = 0;  // per bin and dimension; 0: as many as the bin has pixels, rounded up
  float scale = 1.0f;       // from a box's coordinates to the image's
  bool max = false;         // else the average
  bool half_pixel = true;   // pixels' middles lie at halves; else at whole numbers, and boxes have at least one pixel
  void visit(AttrVisitor& v) {
    v.visit("height", height);
    v.visit("width", width);
    v.visit("points", points);
    v.visit("scale", scale);
    v.visit("max", max);
    v.visit("half_pixel", half_pixel);
  }
};

struct DeformConvAttrs {
  std::vector<std::int64_t> strides, dilations, pads;  // as of conv
  std::int64_t group = 1;
  std::int64_t offset_group = 1;
  void visit(AttrVisitor& v) {
    v.visit("strides", strides);
    v.visit("dilations", dilations);
    v.visit("pads", pads);
    v.visit("group", group);
    v.visit("offset_group", offset_group);
  }
};

extern const Op kGridSample, kAffineGrid, kRoiAlign, kDeformConv;

}  // namespace octet

#endif  // OCTET_OPS_SAMPLING_H_
