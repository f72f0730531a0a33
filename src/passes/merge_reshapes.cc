// SPDX-License-Identifier: Apache-2.0
// Of several operators in a row that only change the shape, the last is enough.
//
//   x -> Reshape -> Flatten -> y     becomes     x -> Reshape(shape of y) -> y
//
// One that changes nothing goes, too, unless it makes a graph output from a graph input or another output.
// Numeric effect: none. Left alone (PassStats::skipped): shapes with dynamic dimensions.
#include "ops/reshape.h"
#include "passes/passes.h"

namespace octet {

Result<PassStats> merge_reshapes(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  for (Node& node : graph.nodes) {
    if (!keeps_elements(*node.op)) continue;
    const std::int32_t before = uses.producer[static_cast<std::size_t>(node.inputs[0])];
    if (before < 0 || !keeps_elements(*graph.nodes[static_cast<std::size_t>(before)].op)) continue;
    const Shape& dst = graph.tensor(node.outputs[0]).shape;
    if (!is_fixed(dst)) {
      ++stats.skipped;
      continue;
    }
    node.inputs[0] = graph.nodes[static_cast<std::size_t>(before)].inputs[0];
    node.op = &kReshape;
    node.attrs = ReshapeAttrs{dst, false};
    ++stats.changed;
  }
  for (Node& node : graph.nodes) {
    if (!node.is(kReshape) || graph.tensor(node.inputs[0]).shape != graph.tensor(node.outputs[0]).shape) continue;
    node.op = &kIdentity;
    node.attrs = kIdentity.default_attrs();
  }
  OCTET_ASSIGN_OR_RETURN(const PassStats removed, remove_identity(graph));
  stats.changed += removed.changed;
  return stats;
}

}  // namespace octet
