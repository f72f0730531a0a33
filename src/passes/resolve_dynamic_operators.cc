// SPDX-License-Identifier: Apache-2.0
// Gives operators their numbers as attributes where those are constants, after folding.
//
//   x, const [2, -1] -> dynamic_reshape -> y     becomes     x -> reshape {shape=[2,-1]} -> y
//
// Numeric effect: none. Must run behind fold_constants, and before all that looks for the plain operators.
#include "ops/dynamic.h"
#include "passes/passes.h"

namespace octet {

Result<PassStats> resolve_dynamic_operators(Graph& graph) {
  PassStats stats;
  for (Node& node : graph.nodes) {
    auto plain = resolve_dynamic(node, input_tensors(graph, node));
    if (!plain) return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(plain).error());
    if (!*plain) continue;
    node = std::move(**plain);
    ++stats.changed;
  }
  if (stats.changed > 0) OCTET_RETURN_IF_ERROR(infer_shapes(graph));
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
