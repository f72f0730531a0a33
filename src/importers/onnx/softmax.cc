// SPDX-License-Identifier: Apache-2.0
#include "ops/softmax.h"

#include <algorithm>

#include "importers/onnx/handlers.h"
#include "ops/reshape.h"

namespace octet {

// ONNX Softmax and LogSoftmax. From opset 13 along one axis (default -1). Before, the input counts as a matrix of the
// dimensions before `axis` (default 1) by those from it on, and each row is normalized.
// https://onnx.ai/onnx/operators/onnx__Softmax.html
Result<void> import_softmax(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", node.opset() >= 13 ? -1 : 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const Shape shape = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, shape.size()));
  const bool one_axis = std::all_of(shape.begin() + axis + 1, shape.end(), [](std::int64_t d) { return d == 1; });
  if (node.opset() >= 13 || one_axis) return graph.add(node, op, SoftmaxAttrs{axis}, {src});

  OCTET_ASSIGN_OR_RETURN(const TensorId matrix, graph.add_inner(node, "rows", kFlatten, FlattenAttrs{axis}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, graph.add_inner(node, "softmax", op, SoftmaxAttrs{1}, {matrix}));
  OCTET_ASSIGN_OR_RETURN(auto target, graph.reshape_target(node, graph.shape(normal), shape));
  return graph.add(node, kReshape, ReshapeAttrs{.shape = std::move(target)}, {normal});
}

}  // namespace octet
