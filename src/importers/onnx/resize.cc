// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "importers/onnx/enum_names.h"
#include "importers/onnx/handlers.h"
#include "ops/resize_nd.h"

namespace octet {
namespace {

// The modes of opset 11 and later. Before, and in Upsample, pixels lie at multiples of the scale and nearest rounds down.
Result<ResizeNdAttrs> read_modes(const OnnxNode& node) {
  ResizeNdAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", "nearest"));
  OCTET_ASSIGN_OR_RETURN(attrs.mode, read_enum<ResizeMode>(node, "mode", mode == "bilinear" ? "linear" : mode, kResizeModeNames));
  if (node.opset() < 11) {
    attrs.coordinate_mode = CoordinateModeNd::kAsymmetric;
    attrs.nearest_mode = NearestMode::kFloor;
    return attrs;
  }
  OCTET_ASSIGN_OR_RETURN(const std::string coordinates, node.get_string("coordinate_transformation_mode", "half_pixel"));
  OCTET_ASSIGN_OR_RETURN(attrs.coordinate_mode,
                         read_enum<CoordinateModeNd>(node, "coordinate_transformation_mode",
                                                     coordinates == "tf_crop_and_resize" ? "crop" : coordinates, kCoordinateModeNdNames));
  OCTET_ASSIGN_OR_RETURN(const std::string nearest, node.get_string("nearest_mode", "round_prefer_floor"));
  OCTET_ASSIGN_OR_RETURN(attrs.nearest_mode, read_enum<NearestMode>(node, "nearest_mode", nearest, kNearestModeNames));
  OCTET_ASSIGN_OR_RETURN(attrs.cubic_coefficient, node.get_float("cubic_coeff_a", -0.75f));
  OCTET_ASSIGN_OR_RETURN(attrs.exclude_outside, node.get_bool("exclude_outside", false));
  OCTET_ASSIGN_OR_RETURN(attrs.antialias, node.get_bool("antialias", false));
  OCTET_ASSIGN_OR_RETURN(attrs.extrapolation, node.get_float("extrapolation_value", 0.0f));
  OCTET_ASSIGN_OR_RETURN(const std::string policy, node.get_string("keep_aspect_ratio_policy", "stretch"));
  OCTET_ASSIGN_OR_RETURN(attrs.policy, read_enum<AspectPolicy>(node, "keep_aspect_ratio_policy", policy, kAspectPolicyNames));
  return attrs;
}

// The entries of all dimensions of a list that `axes` (empty: all) says the dimensions of; others stay `fallback`.
template <typename T>
Result<std::vector<T>> of_all_axes(const OnnxNode& node, std::string_view what, const std::vector<T>& values,
                                   const std::vector<std::int64_t>& axes, std::vector<T> fallback) {
  const std::size_t expected = axes.empty() ? fallback.size() : axes.size();
  if (values.size() != expected)
    return node.error(ErrorCode::kInvalidModel, "has {} {}, expected {}", values.size(), what, expected);
  for (std::size_t i = 0; i < values.size(); ++i) fallback[axes.empty() ? i : static_cast<std::size_t>(axes[i])] = values[i];
  return fallback;
}

// Whether the scales are those of `resize`: of height and width alone.
Result<bool> set_scales(const OnnxNode& node, ResizeAttrs& attrs, const std::vector<float>& scales,
                        const std::vector<std::int64_t>& axes, std::size_t rank) {
  OCTET_ASSIGN_OR_RETURN(const auto all, of_all_axes(node, "scales", scales, axes, std::vector<float>(rank, 1.0f)));
  for (const float scale : all) {
    // Images are below 2^15 pixels wide, so that a scale beyond 2^15 is no sensible one.
    if (!std::isfinite(scale) || scale <= 0.0f || scale > 32768.0f)
      return node.error(ErrorCode::kInvalidModel, "scales are [{}], expected numbers in (0, 32768]", fmt::join(all, ", "));
  }
  if (rank != 4 || all[0] != 1.0f || all[1] != 1.0f) return false;
  attrs.scales = {all[2], all[3]};
  return true;
}

// Whether the sizes are those of `resize`: height and width alone change, to what is known.
Result<bool> set_sizes(const OnnxNode& node, ResizeAttrs& attrs, const Shape& src, const std::vector<DimensionValue>& sizes,
                       const std::vector<std::int64_t>& axes) {
  std::vector<DimensionValue> own;
  for (const std::int64_t dimension : src) own.push_back({dimension, is_symbolic(dimension)});
  OCTET_ASSIGN_OR_RETURN(const auto all, of_all_axes(node, "sizes", sizes, axes, own));
  for (const DimensionValue& size : all)
    if (!size.is_symbol && size.value < 1) return node.error(ErrorCode::kInvalidModel, "output size is {}, expected 1 or more", size.value);
  if (src.size() != 4 || all[0] != own[0] || all[1] != own[1] || all[2].is_symbol || all[3].is_symbol) return false;
  attrs.size = {all[2].value, all[3].value};
  return true;
}

Result<std::vector<float>> constant_floats(const OnnxNode& node, const OnnxGraph& graph, TensorId id) {
  if (graph.tensor(id).type != DataType::kFloat32)
    return node.error(ErrorCode::kInvalidModel, "scales are {}, expected f32", data_type_name(graph.tensor(id).type));
  const auto values = graph.tensor(id).values<float>();
  return std::vector<float>(values.begin(), values.end());
}

// Input i; kNoTensor if it is absent, or the empty constant by which exporters say so.
TensorId given_input(const OnnxNode& node, const OnnxGraph& graph, std::size_t i) {
  const TensorId id = node.optional_input(i);
  return id != kNoTensor && num_elements(graph.shape(id)) != 0 ? id : kNoTensor;
}

struct ResizeInputs {
  TensorId src = kNoTensor, roi = kNoTensor, scales = kNoTensor, sizes = kNoTensor;
};

// As resize where that can say it, else as resize_nd.
Result<void> add_resize(const OnnxNode& node, OnnxGraph& graph, ResizeNdAttrs attrs, const ResizeInputs& inputs) {
  const Shape shape = graph.shape(inputs.src);
  if (auto image = image_resize(attrs)) {
    image->layout = Layout::kNchw;
    bool fits = false;
    if (graph.is_constant(inputs.scales)) {
      OCTET_ASSIGN_OR_RETURN(const auto scales, constant_floats(node, graph, inputs.scales));
      OCTET_ASSIGN_OR_RETURN(fits, set_scales(node, *image, scales, attrs.axes, shape.size()));
    } else if (inputs.sizes != kNoTensor && graph.knows_dimensions(inputs.sizes)) {
      OCTET_ASSIGN_OR_RETURN(const auto sizes, graph.dimensions(node, 3, "sizes"));
      OCTET_ASSIGN_OR_RETURN(fits, set_sizes(node, *image, shape, sizes, attrs.axes));
    }
    if (fits) return graph.add(node, kResize, *image, {inputs.src});
  }
  return graph.add(node, kResizeNd, attrs, {inputs.src, inputs.roi, inputs.scales, inputs.sizes});
}

}  // namespace

// ONNX Resize: X, then scales (opset 10), or roi, scales, sizes (from 11; one of scales and sizes is empty).
// https://onnx.ai/onnx/operators/onnx__Resize.html
Result<void> import_resize(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(ResizeNdAttrs attrs, read_modes(node));
  ResizeInputs inputs;
  OCTET_ASSIGN_OR_RETURN(inputs.src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(attrs.axes, node.get_ints("axes"));
  OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.axes(node, std::move(attrs.axes), graph.shape(inputs.src).size()));
  const bool has_roi = node.opset() >= 11;
  inputs.scales = given_input(node, graph, has_roi ? 2 : 1);
  if (has_roi && inputs.scales == kNoTensor) inputs.sizes = given_input(node, graph, 3);
  if (inputs.scales == kNoTensor && inputs.sizes == kNoTensor) return node.error(ErrorCode::kInvalidModel, "has neither scales nor sizes");
  if (has_roi && attrs.coordinate_mode == CoordinateModeNd::kCrop) {
    OCTET_ASSIGN_OR_RETURN(inputs.roi, node.input(1, "roi"));
  }
  return add_resize(node, graph, attrs, inputs);
}

// ONNX Upsample: scales are an attribute in opsets 7 and 8, input 1 in 9. https://onnx.ai/onnx/operators/onnx__Upsample.html
Result<void> import_upsample(const OnnxNode& node, OnnxGraph& graph) {
  if (node.opset() >= 10) return node.error(ErrorCode::kInvalidModel, "does not exist in opset {}", node.opset());
  OCTET_ASSIGN_OR_RETURN(const ResizeNdAttrs attrs, read_modes(node));
  ResizeInputs inputs;
  OCTET_ASSIGN_OR_RETURN(inputs.src, node.input(0, "X"));
  if (node.opset() < 9) {
    OCTET_ASSIGN_OR_RETURN(const auto scales, node.get_floats("scales"));
    inputs.scales = graph.inner_constant(node, "scales", make_constant("", {static_cast<std::int64_t>(scales.size())}, scales));
  } else {
    OCTET_ASSIGN_OR_RETURN(inputs.scales, node.input(1, "scales"));
  }
  return add_resize(node, graph, attrs, inputs);
}

}  // namespace octet
