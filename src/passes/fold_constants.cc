// SPDX-License-Identifier: Apache-2.0
// Computes nodes all of whose inputs are constants.
//
//   const -> Op -> y     becomes     y = const
//
// Numeric effect: none; the reference computes what the runtime would, in float64 where it sums.
#include "ops/evaluate.h"
#include "passes/passes.h"

namespace octet {

Result<PassStats> fold_constants(Graph& graph) {
  PassStats stats;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!can_fold(graph, node)) continue;
    auto values = evaluate_node(graph, node);
    if (!values) return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(values).error());
    for (std::size_t j = 0; j < node.outputs.size(); ++j) {
      Tensor& output = graph.tensor(node.outputs[j]);
      output.shape = (*values)[j].shape;
      output.data = std::move((*values)[j].data);
      output.is_constant = true;
    }
    dead[i] = true;
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  if (stats.changed > 0) OCTET_RETURN_IF_ERROR(infer_shapes(graph));  // sizes may depend on what is a constant now
  return stats;
}

}  // namespace octet
