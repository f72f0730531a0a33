// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include <cmath>

#include "importers/ms/handlers.h"

namespace octet {
namespace {

// Entries of h and w in a list of [h, w] or [N, h, w, C].
Result<std::size_t> first_of_hw(const MsNode& node, std::size_t count) {
  if (count == 2) return 0;
  if (count == 4) return 1;
  return node.error(ErrorCode::kInvalidModel, "its size has {} entries, expected 2 or 4", count);
}

// Input 1, of integers: the size; of floats: the scales.
Result<void> read_size_input(const MsNode& node, MsGraph& graph, ResizeAttrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, graph.input(node, 1));
  const Tensor& tensor = graph.tensor(id);
  if (tensor.type == DataType::kFloat32 && tensor.is_constant) {
    const auto scales = tensor.values<float>();
    OCTET_ASSIGN_OR_RETURN(const std::size_t first, first_of_hw(node, scales.size()));
    for (std::size_t i = first; i < first + 2; ++i)
      if (!std::isfinite(scales[i]) || !(scales[i] > 0.0f))
        return node.error(ErrorCode::kInvalidModel, "scale {} is not positive", scales[i]);
    attrs.scales = {scales[first], scales[first + 1]};
    return {};
  }
  OCTET_ASSIGN_OR_RETURN(const auto size, graph.integers(node, 1, "size", 4));
  OCTET_ASSIGN_OR_RETURN(const std::size_t first, first_of_hw(node, size.size()));
  attrs.size = {size[first], size[first + 1]};
  return {};
}

Result<ResizeMode> resize_mode(const MsNode& node, msl2::ResizeMethod method) {
  switch (method) {
    case msl2::ResizeMethod::LINEAR:
      return ResizeMode::kLinear;
    case msl2::ResizeMethod::NEAREST:
      return ResizeMode::kNearest;
    case msl2::ResizeMethod::CUBIC:
      return ResizeMode::kCubic;
    default:
      return node.error(ErrorCode::kUnsupported, "method {} is not supported", static_cast<int>(method));
  }
}

Result<CoordinateMode> coordinate_mode(const MsNode& node, msl2::CoordinateTransformMode mode) {
  switch (mode) {
    case msl2::CoordinateTransformMode::ASYMMETRIC:
      return CoordinateMode::kAsymmetric;
    case msl2::CoordinateTransformMode::ALIGN_CORNERS:
      return CoordinateMode::kAlignCorners;
    case msl2::CoordinateTransformMode::HALF_PIXEL:
      return CoordinateMode::kHalfPixel;
    default:
      return node.error(ErrorCode::kInvalidModel, "coordinate_transform_mode is {}, expected 0 to 2",
                        static_cast<int>(mode));
  }
}

// NORMAL is what MindSpore Lite's kernel does without being told: rounding between aligned corners, else cutting off.
Result<NearestMode> nearest_mode(const MsNode& node, msl2::NearestMode mode, CoordinateMode coordinates) {
  switch (mode) {
    case msl2::NearestMode::NORMAL:
      return coordinates == CoordinateMode::kAlignCorners ? NearestMode::kRoundPreferCeil : NearestMode::kFloor;
    case msl2::NearestMode::ROUND_HALF_DOWN:
      return NearestMode::kRoundPreferFloor;
    case msl2::NearestMode::ROUND_HALF_UP:
      return NearestMode::kRoundPreferCeil;
    case msl2::NearestMode::FLOOR:
      return NearestMode::kFloor;
    case msl2::NearestMode::CEIL:
      return NearestMode::kCeil;
    default:
      return node.error(ErrorCode::kInvalidModel, "nearest_mode is {}, expected 0 to 4", static_cast<int>(mode));
  }
}

}  // namespace

// The size is input 1, else new_height and new_width.
Result<void> import_ms_resize(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::Resize>();
  if (table.format() != msl2::Format::NHWC || table.exclude_outside() != 0 || table.preserve_aspect_ratio())
    return node.error(ErrorCode::kUnsupported,
                      "format {}, exclude_outside {} or preserve_aspect_ratio is not supported",
                      static_cast<int>(table.format()), table.exclude_outside());
  ResizeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.mode, resize_mode(node, table.method()));
  OCTET_ASSIGN_OR_RETURN(attrs.coordinate_mode, coordinate_mode(node, table.coordinate_transform_mode()));
  if (attrs.mode == ResizeMode::kNearest) {
    OCTET_ASSIGN_OR_RETURN(attrs.nearest_mode, nearest_mode(node, table.nearest_mode(), attrs.coordinate_mode));
  }
  if (attrs.mode == ResizeMode::kCubic) attrs.cubic_coefficient = table.cubic_coeff();
  if (!std::isfinite(attrs.cubic_coefficient))
    return node.error(ErrorCode::kInvalidModel, "cubic_coeff is not a number");
  if (node.num_inputs() > 1) {
    OCTET_RETURN_IF_ERROR(read_size_input(node, graph, attrs));
  } else {
    attrs.size = {table.new_height(), table.new_width()};
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kResize, attrs, {src});
}

}  // namespace octet
