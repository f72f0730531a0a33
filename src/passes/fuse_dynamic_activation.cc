// SPDX-License-Identifier: Apache-2.0
// Moves GELU and ReLU into the dynamically quantized layer that feeds them.
//
//   x -> DynamicFullyConnected -> Gelu -> y     becomes     x -> DynamicFullyConnected(activation=gelu) -> y
//
// Numeric effect: none. For running alone: file formats have no such activation.
#include "ops/dynamic_quantize.h"
#include "ops/unary.h"
#include "passes/passes.h"

namespace octet {
namespace {

DynamicActivation activation_of(const Node& node) {
  if (node.is(kRelu)) return DynamicActivation::kRelu;
  if (node.is(kRelu6)) return DynamicActivation::kRelu6;
  if (node.is(kGelu)) return node.as<GeluAttrs>().approximate ? DynamicActivation::kGeluApproximate : DynamicActivation::kGelu;
  return DynamicActivation::kNone;
}

}  // namespace

Result<PassStats> fuse_dynamic_activation(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (activation_of(node) == DynamicActivation::kNone || uses.single_consumer(node.inputs[0]) < 0) continue;
    const std::int32_t index = uses.producer[static_cast<std::size_t>(node.inputs[0])];
    if (index < 0) continue;
    Node& layer = graph.nodes[static_cast<std::size_t>(index)];
    if (!layer.is(kDynamicFullyConnected) || layer.as<DynamicFullyConnectedAttrs>().activation != DynamicActivation::kNone) continue;
    layer.as<DynamicFullyConnectedAttrs>().activation = activation_of(node);
    layer.outputs[0] = node.outputs[0];
    layer.absorbed.push_back(node.name);
    dead[i] = true;
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
