// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "importers/onnx/handlers.h"

namespace octet {
namespace {

// The index of `text` in `names`.
template <typename E, std::size_t N>
Result<E> read_enum(const OnnxNode& node, std::string_view attribute, std::string_view text,
                    const std::array<std::string_view, N>& names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<E>(found - names.begin());
  return node.error(ErrorCode::kUnsupported, "{} = '{}' is not supported; Octet has {}", attribute, text,
                    fmt::join(names, ", "));
}

// Attributes that must have the one value we compute.
Result<void> require(const OnnxNode& node, std::string_view attribute, std::int64_t only) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t value, node.get_int(attribute, only));
  if (value == only) return {};
  return node.error(ErrorCode::kUnsupported, "{} = {} is not supported, only {}", attribute, value, only);
}

// The modes of opset 11 and later. Before, and in Upsample, pixels lie at multiples of the scale and nearest rounds down.
Result<ResizeAttrs> read_modes(const OnnxNode& node) {
  ResizeAttrs attrs;
  attrs.layout = Layout::kNchw;
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", "nearest"));
  OCTET_ASSIGN_OR_RETURN(attrs.mode, read_enum<ResizeMode>(node, "mode", mode == "bilinear" ? "linear" : mode, kResizeModeNames));
  if (node.opset() < 11) {
    attrs.coordinate_mode = CoordinateMode::kAsymmetric;
    attrs.nearest_mode = NearestMode::kFloor;
    return attrs;
  }
  OCTET_ASSIGN_OR_RETURN(const std::string coordinates, node.get_string("coordinate_transformation_mode", "half_pixel"));
  OCTET_ASSIGN_OR_RETURN(attrs.coordinate_mode, read_enum<CoordinateMode>(node, "coordinate_transformation_mode", coordinates,
                                                                          kCoordinateModeNames));
  OCTET_ASSIGN_OR_RETURN(const std::string nearest, node.get_string("nearest_mode", "round_prefer_floor"));
  OCTET_ASSIGN_OR_RETURN(attrs.nearest_mode, read_enum<NearestMode>(node, "nearest_mode", nearest, kNearestModeNames));
  OCTET_ASSIGN_OR_RETURN(attrs.cubic_coefficient, node.get_float("cubic_coeff_a", -0.75f));
  OCTET_RETURN_IF_ERROR(require(node, "exclude_outside", 0));
  OCTET_RETURN_IF_ERROR(require(node, "antialias", 0));
  node.ignore("extrapolation_value");  // only of tf_crop_and_resize, which read_enum refuses
  OCTET_ASSIGN_OR_RETURN(const std::string policy, node.get_string("keep_aspect_ratio_policy", "stretch"));
  if (policy != "stretch")
    return node.error(ErrorCode::kUnsupported, "keep_aspect_ratio_policy = '{}' is not supported, only stretch", policy);
  return attrs;
}

// The four dimensions' entries of a list that `axes` (empty: all) says the dimensions of; others stay `fallback`.
template <typename T>
Result<std::vector<T>> of_all_axes(const OnnxNode& node, std::string_view what, const std::vector<T>& values,
                                   const std::vector<std::int64_t>& axes, std::vector<T> fallback) {
  const std::size_t expected = axes.empty() ? fallback.size() : axes.size();
  if (values.size() != expected)
    return node.error(ErrorCode::kInvalidModel, "has {} {}, expected {}", values.size(), what, expected);
  for (std::size_t i = 0; i < values.size(); ++i) fallback[axes.empty() ? i : static_cast<std::size_t>(axes[i])] = values[i];
  return fallback;
}

Result<void> set_scales(const OnnxNode& node, ResizeAttrs& attrs, const std::vector<float>& scales,
                        const std::vector<std::int64_t>& axes) {
  OCTET_ASSIGN_OR_RETURN(const auto all, of_all_axes(node, "scales", scales, axes, std::vector<float>(4, 1.0f)));
  for (const float scale : all) {
    // Images are below 2^15 pixels wide, so that a scale beyond 2^15 is no sensible one.
    if (!std::isfinite(scale) || scale <= 0.0f || scale > 32768.0f)
      return node.error(ErrorCode::kInvalidModel, "scales are [{}], expected numbers in (0, 32768]", fmt::join(all, ", "));
  }
  if (all[0] != 1.0f || all[1] != 1.0f)
    return node.error(ErrorCode::kUnsupported, "scales are [{}]; Octet resizes height and width only", fmt::join(all, ", "));
  attrs.scales = {all[2], all[3]};
  return {};
}

Result<void> set_sizes(const OnnxNode& node, const OnnxGraph& graph, ResizeAttrs& attrs, const Shape& src,
                       const std::vector<DimensionValue>& sizes, const std::vector<std::int64_t>& axes) {
  std::vector<DimensionValue> own;
  for (const std::int64_t dimension : src) own.push_back({dimension, is_symbolic(dimension)});
  OCTET_ASSIGN_OR_RETURN(const auto all, of_all_axes(node, "sizes", sizes, axes, own));
  for (const std::size_t i : {0u, 1u}) {
    if (all[i] == own[i]) continue;
    return node.error(ErrorCode::kUnsupported, "changes dimension {} from {} to {}; Octet resizes height and width only", i,
                      own[i].value, all[i].value);
  }
  for (const std::size_t i : {2u, 3u}) {
    if (all[i].is_symbol) return graph.dynamic_error(node, "the output size is not known");
    if (all[i].value < 1) return node.error(ErrorCode::kInvalidModel, "output size is {}, expected 1 or more", all[i].value);
    attrs.size[i - 2] = all[i].value;
  }
  return {};
}

Result<std::vector<float>> constant_floats(const OnnxNode& node, const OnnxGraph& graph, std::size_t i) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, "scales"));
  if (!graph.is_constant(id)) return graph.dynamic_error(node, "scales are not constant");
  if (graph.tensor(id).type != DataType::kFloat32)
    return node.error(ErrorCode::kInvalidModel, "scales are {}, expected f32", data_type_name(graph.tensor(id).type));
  const auto values = graph.tensor(id).values<float>();
  return std::vector<float>(values.begin(), values.end());
}

// Input i is there, and not the empty constant by which exporters say that it is not.
bool has_values(const OnnxNode& node, const OnnxGraph& graph, std::size_t i) {
  const TensorId id = node.optional_input(i);
  return id != kNoTensor && num_elements(graph.shape(id)) != 0;
}

Result<Shape> image_shape(const OnnxNode& node, const OnnxGraph& graph, TensorId src) {
  const Shape& shape = graph.shape(src);
  if (shape.size() == 4) return shape;
  return node.error(ErrorCode::kUnsupported, "its input has {} dimensions; Octet resizes images [N, C, H, W]", shape.size());
}

}  // namespace

// ONNX Resize: X, then scales (opset 10), or roi, scales, sizes (from 11; one of scales and sizes is empty).
// https://onnx.ai/onnx/operators/onnx__Resize.html
Result<void> import_resize(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(ResizeAttrs attrs, read_modes(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, image_shape(node, graph, src));
  OCTET_ASSIGN_OR_RETURN(auto axes, node.get_ints("axes"));
  OCTET_ASSIGN_OR_RETURN(axes, graph.axes(node, std::move(axes), shape.size()));
  const std::size_t scales_input = node.opset() < 11 ? 1 : 2;
  if (has_values(node, graph, scales_input)) {
    OCTET_ASSIGN_OR_RETURN(const auto scales, constant_floats(node, graph, scales_input));
    OCTET_RETURN_IF_ERROR(set_scales(node, attrs, scales, axes));
  } else {
    OCTET_ASSIGN_OR_RETURN(const auto sizes, graph.dimensions(node, 3, "sizes"));
    OCTET_RETURN_IF_ERROR(set_sizes(node, graph, attrs, shape, sizes, axes));
  }
  return graph.add(node, kResize, attrs, {src});
}

// ONNX Upsample: scales are an attribute in opsets 7 and 8, input 1 in 9. https://onnx.ai/onnx/operators/onnx__Upsample.html
Result<void> import_upsample(const OnnxNode& node, OnnxGraph& graph) {
  if (node.opset() >= 10) return node.error(ErrorCode::kInvalidModel, "does not exist in opset {}", node.opset());
  OCTET_ASSIGN_OR_RETURN(ResizeAttrs attrs, read_modes(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_RETURN_IF_ERROR(image_shape(node, graph, src));
  OCTET_ASSIGN_OR_RETURN(const auto scales, node.opset() < 9 ? node.get_floats("scales") : constant_floats(node, graph, 1));
  OCTET_RETURN_IF_ERROR(set_scales(node, attrs, scales, {}));
  return graph.add(node, kResize, attrs, {src});
}

}  // namespace octet
