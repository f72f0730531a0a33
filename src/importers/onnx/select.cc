// SPDX-License-Identifier: Apache-2.0
// Operators that choose elements by their values, and others whose sizes are tensors.
#include "ops/select.h"

#include "importers/onnx/handlers.h"
#include "ops/col2im.h"
#include "ops/lines.h"

namespace octet {

// ONNX TopK: k is an attribute before opset 10, input 1 from then on. The result is sorted in any case.
// https://onnx.ai/onnx/operators/onnx__TopK.html
Result<void> import_top_k(const OnnxNode& node, OnnxGraph& graph) {
  TopKAttrs attrs;
  node.ignore("sorted");
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", -1));
  OCTET_ASSIGN_OR_RETURN(attrs.largest, node.get_bool("largest", true));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.axis(node, attrs.axis, graph.shape(src).size()));
  TensorId k = kNoTensor;
  if (node.opset() >= 10) {
    OCTET_ASSIGN_OR_RETURN(k, node.input(1, "K"));
  } else {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t value, node.get_int("k", 0));
    k = graph.inner_constant(node, "k", make_constant("", {}, std::vector<std::int64_t>{value}));
  }
  return graph.add_multi(node, kTopK, attrs, {src, k});
}

Result<void> import_non_zero(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kNonZero, NoAttrs{}, {src});
}

// ONNX Compress: without an axis the input counts as a vector. https://onnx.ai/onnx/operators/onnx__Compress.html
Result<void> import_compress(const OnnxNode& node, OnnxGraph& graph) {
  CompressAttrs attrs;
  attrs.flat = !node.has_attribute("axis");
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId condition, node.input(1, "condition"));
  return graph.add(node, kCompress, attrs, {src, condition});
}

// https://onnx.ai/onnx/operators/onnx__Unique.html
Result<void> import_unique(const OnnxNode& node, OnnxGraph& graph) {
  UniqueAttrs attrs;
  attrs.flat = !node.has_attribute("axis");
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.sorted, node.get_bool("sorted", true));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add_multi(node, kUnique, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html
Result<void> import_non_max_suppression(const OnnxNode& node, OnnxGraph& graph) {
  NonMaxSuppressionAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.centered, node.get_bool("center_point_box", false));
  OCTET_RETURN_IF_ERROR(node.input(0, "boxes"));
  OCTET_RETURN_IF_ERROR(node.input(1, "scores"));
  return graph.add(node, kNonMaxSuppression, attrs, node.inputs());
}

// https://onnx.ai/onnx/operators/onnx__CumSum.html
Result<void> import_cum_sum(const OnnxNode& node, OnnxGraph& graph) {
  CumSumAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.exclusive, node.get_bool("exclusive", false));
  OCTET_ASSIGN_OR_RETURN(attrs.reverse, node.get_bool("reverse", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "x"));
  OCTET_ASSIGN_OR_RETURN(const TensorId axis, node.input(1, "axis"));
  return graph.add(node, kCumSum, attrs, {src, axis});
}

// https://onnx.ai/onnx/operators/onnx__ReverseSequence.html
Result<void> import_reverse_sequence(const OnnxNode& node, OnnxGraph& graph) {
  ReverseSequenceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.batch_axis, node.get_int("batch_axis", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.time_axis, node.get_int("time_axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId lengths, node.input(1, "sequence_lens"));
  return graph.add(node, kReverseSequence, attrs, {src, lengths});
}

// https://onnx.ai/onnx/operators/onnx__IsInf.html
Result<void> import_is_inf(const OnnxNode& node, OnnxGraph& graph) {
  IsInfAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.negative, node.get_bool("detect_negative", true));
  OCTET_ASSIGN_OR_RETURN(attrs.positive, node.get_bool("detect_positive", true));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kIsInf, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__Col2Im.html
Result<void> import_col2im(const OnnxNode& node, OnnxGraph& graph) {
  Col2imAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.strides, node.get_ints("strides"));
  OCTET_ASSIGN_OR_RETURN(attrs.dilations, node.get_ints("dilations"));
  OCTET_ASSIGN_OR_RETURN(attrs.pads, node.get_ints("pads"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId image, node.input(1, "image_shape"));
  OCTET_ASSIGN_OR_RETURN(const TensorId block, node.input(2, "block_shape"));
  return graph.add(node, kCol2im, attrs, {src, image, block});
}

}  // namespace octet
