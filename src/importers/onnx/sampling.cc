// SPDX-License-Identifier: Apache-2.0
// Operators that read images between their pixels, at computed places.
#include "ops/sampling.h"

#include <algorithm>

#include "importers/onnx/enum_names.h"
#include "importers/onnx/handlers.h"
#include "importers/onnx/window.h"

namespace octet {

// Modes are bilinear and bicubic in opsets 16 to 19. https://onnx.ai/onnx/operators/onnx__GridSample.html
Result<void> import_grid_sample(const OnnxNode& node, OnnxGraph& graph) {
  GridSampleAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(std::string mode, node.get_string("mode", "linear"));
  if (mode == "bilinear" || mode == "bicubic") mode.erase(0, 2);
  OCTET_ASSIGN_OR_RETURN(attrs.mode, read_enum<SampleMode>(node, "mode", mode, kSampleModeNames));
  OCTET_ASSIGN_OR_RETURN(const std::string padding, node.get_string("padding_mode", "zeros"));
  OCTET_ASSIGN_OR_RETURN(attrs.padding, read_enum<SamplePadding>(node, "padding_mode", padding, kSamplePaddingNames));
  OCTET_ASSIGN_OR_RETURN(attrs.align_corners, node.get_bool("align_corners", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId grid, node.input(1, "grid"));
  return graph.add(node, kGridSample, attrs, {src, grid});
}

// https://onnx.ai/onnx/operators/onnx__AffineGrid.html
Result<void> import_affine_grid(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool align_corners, node.get_bool("align_corners", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId theta, node.input(0, "theta"));
  OCTET_ASSIGN_OR_RETURN(const TensorId size, node.input(1, "size"));
  return graph.add(node, kAffineGrid, AffineGridAttrs{align_corners}, {theta, size});
}

// Before opset 16 pixels lie at whole numbers. https://onnx.ai/onnx/operators/onnx__RoiAlign.html
Result<void> import_roi_align(const OnnxNode& node, OnnxGraph& graph) {
  constexpr std::array<std::string_view, 2> kModes = {"avg", "max"};
  constexpr std::array<std::string_view, 2> kCoordinates = {"output_half_pixel", "half_pixel"};
  RoiAlignAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.height, node.get_int("output_height", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.width, node.get_int("output_width", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.points, node.get_int("sampling_ratio", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.scale, node.get_float("spatial_scale", 1.0f));
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", "avg"));
  OCTET_ASSIGN_OR_RETURN(const int mode_index, read_enum<int>(node, "mode", mode, kModes));
  attrs.max = mode_index == 1;
  attrs.half_pixel = false;
  if (node.opset() >= 16) {
    OCTET_ASSIGN_OR_RETURN(const std::string coordinates,
                           node.get_string("coordinate_transformation_mode", "half_pixel"));
    OCTET_ASSIGN_OR_RETURN(const int index,
                           read_enum<int>(node, "coordinate_transformation_mode", coordinates, kCoordinates));
    attrs.half_pixel = index == 1;
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId boxes, node.input(1, "rois"));
  OCTET_ASSIGN_OR_RETURN(const TensorId images, node.input(2, "batch_indices"));
  return graph.add(node, kRoiAlign, attrs, {src, boxes, images});
}

// https://onnx.ai/onnx/operators/onnx__DeformConv.html
Result<void> import_deform_conv(const OnnxNode& node, OnnxGraph& graph) {
  DeformConvAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.group, node.get_int("group", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.offset_group, node.get_int("offset_group", 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, node.input(1, "W"));
  OCTET_ASSIGN_OR_RETURN(const TensorId offsets, node.input(2, "offset"));
  const Shape& shape = graph.shape(weights);
  if (shape.size() != 4 || !is_fixed(shape))
    return node.error(ErrorCode::kUnsupported,
                      "weights have shape [{}]; Octet has deformable convolutions over 2 dimensions of a fixed kernel",
                      fmt::join(shape, ", "));
  OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists window, read_window_lists(node, 2, {shape.begin() + 2, shape.end()}));
  attrs.strides = window.strides;
  attrs.dilations = window.dilations;
  attrs.pads = window.pads;
  return graph.add(node, kDeformConv, attrs, {src, weights, offsets, node.optional_input(3), node.optional_input(4)});
}

}  // namespace octet
