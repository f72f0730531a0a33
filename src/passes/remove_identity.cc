// SPDX-License-Identifier: Apache-2.0
// Removes identity and dropout (which does nothing at inference).
//
//   x -> Identity -> y -> Op     becomes     x -> Op
//
// A graph output keeps its name: y takes x's place as the result of x's producer. Where x is a graph input, a constant or a
// graph output itself, the node stays (PassStats::skipped).
#include "ops/reshape.h"
#include "passes/passes.h"

namespace octet {
namespace {

// Makes the producer of `x` produce `y` instead, so that y's name survives.
void rename_result(Graph& graph, std::int32_t producer, TensorId x, TensorId y) {
  for (TensorId& output : graph.nodes[static_cast<std::size_t>(producer)].outputs)
    if (output == x) output = y;
  replace_uses(graph, x, y);
}

}  // namespace

Result<PassStats> remove_identity(Graph& graph) {
  PassStats stats;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!node.is(kIdentity) && !node.is(kDropout)) continue;
    const TensorId x = node.inputs[0], y = node.outputs[0];
    const Uses uses = find_uses(graph);
    const auto sx = static_cast<std::size_t>(x), sy = static_cast<std::size_t>(y);
    if (!uses.is_output[sy]) {
      replace_uses(graph, y, x);
    } else if (uses.producer[sx] >= 0 && !uses.is_output[sx]) {
      graph.nodes[i].inputs[0] = kNoTensor;  // the node goes: it must not be renamed too
      rename_result(graph, uses.producer[sx], x, y);
    } else {
      ++stats.skipped;
      continue;
    }
    dead[i] = true;
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
