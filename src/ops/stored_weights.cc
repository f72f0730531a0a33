// SPDX-License-Identifier: Apache-2.0
#include "ops/stored_weights.h"

#include "ops/evaluate.h"
#include "ops/quantize.h"

namespace octet {

bool dequantizes_weights(const Graph& graph, const Node& node) {
  return node.is(kDequantize) && graph.tensor(node.inputs[0]).is_constant;
}

bool dequantizes_at_load(const Node& node) { return node.as<DequantizeAttrs>().at_load; }

Result<std::size_t> dequantize_weights(Graph& graph, const NodeFilter& which) {
  std::vector<bool> dead(graph.nodes.size(), false);
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!dequantizes_weights(graph, node) || !which(node)) continue;
    OCTET_ASSIGN_OR_RETURN(auto values, evaluate_node(graph, node));
    Tensor& weights = graph.tensor(node.outputs[0]);
    weights.data = std::move(values[0].data);
    weights.is_constant = true;
    dead[i] = true;
    ++count;
  }
  if (count == 0) return count;
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return count;
}

void expose_integer_weights(Graph& graph, const NodeFilter& which) {
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!dequantizes_weights(graph, node) || !which(node)) continue;
    replace_uses(graph, node.outputs[0], node.inputs[0]);
    dead[i] = true;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
}

}  // namespace octet
