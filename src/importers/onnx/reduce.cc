// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include "importers/onnx/handlers.h"
#include "ops/reshape.h"

namespace octet {

// ONNX ReduceMean and its family. The axes are an attribute before opset 18 (ReduceSum: 13), an optional input from then on;
// without axes all dimensions are reduced, or with noop_with_empty_axes = 1 none.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
Result<void> import_reduce(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  ReduceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.keep_dims, node.get_bool("keepdims", true));
  OCTET_ASSIGN_OR_RETURN(const bool nothing_without_axes, node.get_bool("noop_with_empty_axes", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const std::int64_t axes_are_input_since = op.name == kReduceSum.name ? 13 : 18;
  OCTET_ASSIGN_OR_RETURN(auto axes, graph.integers_of_attribute_or_input(node, "axes", axes_are_input_since, 1));
  if (axes && !axes->empty()) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.axes(node, std::move(*axes), graph.shape(src).size()));
  } else if (nothing_without_axes) {
    if (op.name == kReduceSumSquare.name || op.name == kReduceL2.name)
      return node.error(ErrorCode::kUnsupported, "noop_with_empty_axes = 1 without axes is not supported");
    return graph.add(node, kIdentity, NoAttrs{}, {src});
  }
  if (graph.shape(src).empty()) return graph.add(node, kIdentity, NoAttrs{}, {src});
  return graph.add(node, op, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__ArgMax.html
Result<void> import_arg_max(const OnnxNode& node, OnnxGraph& graph) {
  ArgMaxAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.keep_dims, node.get_bool("keepdims", true));
  OCTET_ASSIGN_OR_RETURN(const bool last, node.get_bool("select_last_index", false));
  if (last) return node.error(ErrorCode::kUnsupported, "select_last_index = 1 is not supported; Octet takes the first maximum");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.axis(node, attrs.axis, graph.shape(src).size()));
  return graph.add(node, kArgMax, attrs, {src});
}

}  // namespace octet
