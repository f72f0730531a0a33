// SPDX-License-Identifier: Apache-2.0
// Resamples any dimensions of a tensor, to sizes that may be computed: what `resize`, which has kernels for images,
// cannot say. inputs: src, roi (f32, optional: begin and end of each axis), scales (f32, optional), sizes (i32 or i64,
// optional): one of the last two, with one entry per axis. As long as scales or sizes are not constants the dimensions
// of the axes are unknown. Source: ONNX Resize, https://onnx.ai/onnx/operators/onnx__Resize.html
#ifndef OCTET_OPS_RESIZE_ND_H_
#define OCTET_OPS_RESIZE_ND_H_

#include "ops/resize.h"

namespace octet {

// CoordinateMode, and two more. half_pixel_symmetric keeps the image's middle where a scale does not divide; crop is
// tf_crop_and_resize: the box of the roi is stretched, and outside the image is the extrapolation value.
enum class CoordinateModeNd : int {
  kHalfPixel,
  kPytorchHalfPixel,
  kAsymmetric,
  kAlignCorners,
  kHalfPixelSymmetric,
  kCrop
};
inline constexpr std::array<std::string_view, 6> kCoordinateModeNdNames = {
    "half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric", "crop"};
// What sizes are: the result's, or a box that it lies in or covers with its proportions kept.
enum class AspectPolicy : int { kStretch, kNotLarger, kNotSmaller };
inline constexpr std::array<std::string_view, 3> kAspectPolicyNames = {"stretch", "not_larger", "not_smaller"};

struct ResizeNdAttrs {
  std::vector<std::int64_t> axes;  // which scales, sizes and roi are of; empty: all
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateModeNd coordinate_mode = CoordinateModeNd::kHalfPixel;
  NearestMode nearest_mode = NearestMode::kRoundPreferFloor;
  AspectPolicy policy = AspectPolicy::kStretch;
  float cubic_coefficient = -0.75f;
  float extrapolation = 0.0f;
  bool exclude_outside = false;  // pixels outside have no weight; else they are those of the border
  bool antialias = false;        // a smaller image sees all pixels: linear and cubic
  void visit(AttrVisitor& v) {
    v.visit("axes", axes);
    v.visit("mode", mode, kResizeModeNames);
    v.visit("coordinate_mode", coordinate_mode, kCoordinateModeNdNames);
    v.visit("nearest_mode", nearest_mode, kNearestModeNames);
    v.visit("policy", policy, kAspectPolicyNames);
    v.visit("cubic_coefficient", cubic_coefficient);
    v.visit("extrapolation", extrapolation);
    v.visit("exclude_outside", exclude_outside);
    v.visit("antialias", antialias);
  }
};

// The modes as `resize` has them, size, scales and layout left open; nothing if it has not.
std::optional<ResizeAttrs> image_resize(const ResizeNdAttrs& attrs);

extern const Op kResizeNd;  // f32

}  // namespace octet

#endif  // OCTET_OPS_RESIZE_ND_H_
