// SPDX-License-Identifier: Apache-2.0
// Resamples the two spatial dimensions of an image. Source: ONNX Resize, https://onnx.ai/onnx/operators/onnx__Resize.html
#ifndef OCTET_OPS_RESIZE_H_
#define OCTET_OPS_RESIZE_H_

#include <array>

#include "ops/define.h"

namespace octet {

enum class ResizeMode : int { kNearest, kLinear, kCubic };
inline constexpr std::array<std::string_view, 3> kResizeModeNames = {"nearest", "linear", "cubic"};
// Where output pixel o lies in the image of `in` pixels, with s = out / in (or the given scale):
enum class CoordinateMode : int { kHalfPixel, kPytorchHalfPixel, kAsymmetric, kAlignCorners };
inline constexpr std::array<std::string_view, 4> kCoordinateModeNames = {"half_pixel", "pytorch_half_pixel", "asymmetric",
                                                                         "align_corners"};
enum class NearestMode : int { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };
inline constexpr std::array<std::string_view, 4> kNearestModeNames = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

struct ResizeAttrs {
  std::array<std::int64_t, 2> size = {0, 0};  // output h, w; 0: from the scales
  std::vector<float> scales;                  // h, w; empty: out / in
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateMode coordinate_mode = CoordinateMode::kHalfPixel;
  NearestMode nearest_mode = NearestMode::kRoundPreferFloor;
  float cubic_coefficient = -0.75f;
  Layout layout = Layout::kNhwc;
  void visit(AttrVisitor& v) {
    v.visit("size", std::span<std::int64_t>(size));
    v.visit("scales", scales);
    v.visit("mode", mode, kResizeModeNames);
    v.visit("coordinate_mode", coordinate_mode, kCoordinateModeNames);
    v.visit("nearest_mode", nearest_mode, kNearestModeNames);
    v.visit("cubic_coefficient", cubic_coefficient);
    v.visit("layout", layout, kLayoutNames);
  }
};

extern const Op kResize;

// The input pixels and their weights that make each output pixel of one dimension.
struct ResizeTaps {
  int num_taps;                     // per output: 1, 2 or 4
  std::vector<std::int64_t> index;  // [out * num_taps], in [0, in)
  std::vector<float> weight;        // [out * num_taps]
};
ResizeTaps resize_taps(const ResizeAttrs& attrs, int dimension, std::int64_t in, std::int64_t out);

}  // namespace octet

#endif  // OCTET_OPS_RESIZE_H_
