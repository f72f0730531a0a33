// SPDX-License-Identifier: Apache-2.0
// Operators that pick and put elements at computed positions.
#include "ops/index.h"

#include "importers/onnx/handlers.h"

namespace octet {
namespace {

Result<ScatterReduction> read_reduction(const OnnxNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::string reduction, node.get_string("reduction", "none"));
  for (std::size_t i = 0; i < kScatterReductionNames.size(); ++i)
    if (kScatterReductionNames[i] == reduction) return static_cast<ScatterReduction>(i);
  return node.error(ErrorCode::kInvalidModel, "reduction is '{}', expected one of {}", reduction, fmt::join(kScatterReductionNames, ", "));
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__GatherElements.html
Result<void> import_gather_elements(const OnnxNode& node, OnnxGraph& graph) {
  GatherElementsAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1, "indices"));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.axis(node, attrs.axis, graph.shape(src).size()));
  return graph.add(node, kGatherElements, attrs, {src, indices});
}

// https://onnx.ai/onnx/operators/onnx__GatherND.html
Result<void> import_gather_nd(const OnnxNode& node, OnnxGraph& graph) {
  GatherNdAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.batch_dims, node.get_int("batch_dims", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1, "indices"));
  return graph.add(node, kGatherNd, attrs, {src, indices});
}

// ONNX ScatterElements, and Scatter, as it was called before opset 11.
// https://onnx.ai/onnx/operators/onnx__ScatterElements.html
Result<void> import_scatter_elements(const OnnxNode& node, OnnxGraph& graph) {
  ScatterElementsAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.reduction, read_reduction(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1, "indices"));
  OCTET_ASSIGN_OR_RETURN(const TensorId updates, node.input(2, "updates"));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.axis(node, attrs.axis, graph.shape(src).size()));
  return graph.add(node, kScatterElements, attrs, {src, indices, updates});
}

// https://onnx.ai/onnx/operators/onnx__ScatterND.html
Result<void> import_scatter_nd(const OnnxNode& node, OnnxGraph& graph) {
  ScatterNdAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.reduction, read_reduction(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1, "indices"));
  OCTET_ASSIGN_OR_RETURN(const TensorId updates, node.input(2, "updates"));
  return graph.add(node, kScatterNd, attrs, {src, indices, updates});
}

}  // namespace octet
