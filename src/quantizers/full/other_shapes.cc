// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/other_shapes.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"

namespace octet {
namespace {

using NodesByName = std::unordered_map<std::string_view, const Node*>;

NodesByName nodes_by_name(const Graph& graph) {
  NodesByName nodes;
  for (const Node& node : graph.nodes) nodes.emplace(node.name, &node);
  return nodes;
}

bool same_names(const Graph& a, const std::vector<TensorId>& ids_a, const Graph& b,
                const std::vector<TensorId>& ids_b) {
  return std::equal(ids_a.begin(), ids_a.end(), ids_b.begin(), ids_b.end(), [&](TensorId x, TensorId y) {
    return (x == kNoTensor) == (y == kNoTensor) &&
           (x == kNoTensor ||
            (a.tensor(x).name == b.tensor(y).name && a.tensor(x).is_constant == b.tensor(y).is_constant));
  });
}

// Whether the graphs are the same but for shapes, attributes and values of constants.
Result<void> check_alike(const Graph& base, const Graph& other) {
  const NodesByName others = nodes_by_name(other);
  for (const Node& node : base.nodes) {
    const auto found = others.find(node.name);
    if (found != others.end() && found->second->op == node.op &&
        same_names(base, node.inputs, other, found->second->inputs) &&
        same_names(base, node.outputs, other, found->second->outputs))
      continue;
    return make_error(ErrorCode::kUnsupported, "node '{}' ({}) has another form at these shapes", node.name,
                      node.op->name);
  }
  if (base.nodes.size() != other.nodes.size())
    return make_error(ErrorCode::kUnsupported, "at these shapes there are {} nodes, not {}", other.nodes.size(),
                      base.nodes.size());
  return {};
}

}  // namespace

Result<Graph> at_shapes_of(const Graph& changed, const Graph& base, const Graph& other) {
  OCTET_RETURN_IF_ERROR(check_alike(base, other));
  const auto base_tensors = tensors_by_name(base), other_tensors = tensors_by_name(other);
  const NodesByName others = nodes_by_name(other);
  Graph graph = changed;
  for (Tensor& tensor : graph.tensors) {
    const auto found = other_tensors.find(tensor.name);
    const auto original = base_tensors.find(tensor.name);
    if (found == other_tensors.end() || original == base_tensors.end()) continue;
    const Tensor& source = other.tensor(found->second);
    if (!tensor.is_constant) {
      tensor.shape = source.shape;
    } else if (source.is_constant && equal_constants(tensor, base.tensor(original->second))) {
      tensor = source;
    }
  }
  for (Node& node : graph.nodes)
    if (const auto found = others.find(node.name); found != others.end()) node.attrs = found->second->attrs;
  OCTET_RETURN_IF_ERROR(infer_shapes(graph));
  return graph;
}

}  // namespace octet
