// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/dynamic.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {

namespace {

// A reduction over no axis: the function of one element.
Result<void> import_reduction_of_each(const OnnxNode& node, OnnxGraph& graph, const Op& op, TensorId src) {
  if (&op == &kReduceSumSquare) return graph.add(node, kMul, BinaryAttrs{}, {src, src});
  if (&op == &kReduceL1 || &op == &kReduceL2) return graph.add(node, kAbs, NoAttrs{}, {src});
  if (&op == &kReduceLogSum) return graph.add(node, kLog, NoAttrs{}, {src});
  return graph.add(node, kIdentity, NoAttrs{}, {src});
}

}  // namespace

// ONNX ReduceMean and its family. The axes are an attribute before opset 18 (ReduceSum: 13), an optional input from then on;
// without axes all dimensions are reduced, or with noop_with_empty_axes = 1 none.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
Result<void> import_reduce(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  ReduceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.keep_dims, node.get_bool("keepdims", true));
  OCTET_ASSIGN_OR_RETURN(const bool nothing_without_axes, node.get_bool("noop_with_empty_axes", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const std::int64_t axes_are_input_since = &op == &kReduceSum ? 13 : 18;
  const TensorId axes_id = node.opset() >= axes_are_input_since ? node.optional_input(1) : kNoTensor;
  if (axes_id != kNoTensor && !graph.is_constant(axes_id)) {
    const bool is_empty = num_elements(graph.shape(axes_id)) == 0;
    if (!is_empty) return graph.add(node, dynamic_reduction(op), attrs, {src, axes_id});
    if (nothing_without_axes) return import_reduction_of_each(node, graph, op, src);
  } else {
    OCTET_ASSIGN_OR_RETURN(auto axes, graph.integers_of_attribute_or_input(node, "axes", axes_are_input_since, 1));
    if (axes && !axes->empty()) {
      OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.axes(node, std::move(*axes), graph.shape(src).size()));
    } else if (nothing_without_axes) {
      return import_reduction_of_each(node, graph, op, src);
    }
  }
  if (graph.shape(src).empty()) return import_reduction_of_each(node, graph, op, src);
  return graph.add(node, op, attrs, {src});
}

// ONNX ArgMax and ArgMin. https://onnx.ai/onnx/operators/onnx__ArgMax.html
Result<void> import_arg_extreme(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  ArgMaxAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.keep_dims, node.get_bool("keepdims", true));
  OCTET_ASSIGN_OR_RETURN(attrs.select_last, node.get_bool("select_last_index", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.axis(node, attrs.axis, graph.shape(src).size()));
  return graph.add(node, op, attrs, {src});
}

// ONNX MeanVarianceNormalization: (x - mean) / (sqrt(mean of x^2 - mean^2) + 1e-9).
// https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html
Result<void> import_mean_variance_normalization(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  ReduceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> axes, node.get_ints("axes"));
  if (axes.empty()) axes = {0, 2, 3};
  OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.axes(node, std::move(axes), graph.shape(src).size()));
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.add_inner(node, "mean", kReduceMean, attrs, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId centered, graph.add_inner(node, "centered", kSub, BinaryAttrs{}, {src, mean}));
  OCTET_ASSIGN_OR_RETURN(const TensorId squares, graph.add_inner(node, "squares", kMul, BinaryAttrs{}, {centered, centered}));
  OCTET_ASSIGN_OR_RETURN(const TensorId variance, graph.add_inner(node, "variance", kReduceMean, attrs, {squares}));
  OCTET_ASSIGN_OR_RETURN(const TensorId deviation, graph.add_inner(node, "deviation", kSqrt, NoAttrs{}, {variance}));
  const TensorId epsilon = graph.inner_scalar(node, "epsilon", 1e-9f);
  OCTET_ASSIGN_OR_RETURN(const TensorId divisor, graph.add_inner(node, "divisor", kAdd, BinaryAttrs{}, {deviation, epsilon}));
  return graph.add(node, kDiv, BinaryAttrs{}, {centered, divisor});
}

}  // namespace octet
