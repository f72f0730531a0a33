// SPDX-License-Identifier: Apache-2.0
// Moves relu and relu6 into the operator that feeds them.
//
//   x -> Op -> Relu -> y     becomes     x -> Op(activation=relu) -> y
//
// For every float operator with an `activation` attribute that has none yet, and whose result nobody else reads. (In int8
// it would move a rounding.)
// Numeric effect: none.
#include "ops/binary.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/unary.h"
#include "passes/passes.h"

namespace octet {
namespace {

template <typename A>
Activation* activation_of(Node& node) {
  return &node.as<A>().activation;
}

struct Fusable {
  const Op* op;
  Activation* (*activation)(Node& node);
};

constexpr Fusable kFusable[] = {
    {&kConv2d, activation_of<Conv2dAttrs>},
    {&kFullyConnected, activation_of<FullyConnectedAttrs>},
    {&kMatmul, activation_of<MatmulAttrs>},
    {&kAdd, activation_of<BinaryAttrs>},
    {&kSub, activation_of<BinaryAttrs>},
    {&kMul, activation_of<BinaryAttrs>},
    {&kDiv, activation_of<BinaryAttrs>},
    {&kAvgPool2d, activation_of<Pool2dAttrs>},
    {&kMaxPool2d, activation_of<Pool2dAttrs>},
    {&kScale, activation_of<ScaleAttrs>},
};

Activation* fusable_activation(Node& node) {
  for (const Fusable& fusable : kFusable)
    if (node.is(*fusable.op)) return fusable.activation(node);
  return nullptr;
}

}  // namespace

Result<PassStats> fuse_activation(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!node.is(kRelu) && !node.is(kRelu6)) continue;
    if (graph.tensor(node.outputs[0]).type != DataType::kFloat32) continue;
    const std::int32_t index = uses.producer[static_cast<std::size_t>(node.inputs[0])];
    if (index < 0 || uses.single_consumer(node.inputs[0]) < 0) continue;
    Node& producer = graph.nodes[static_cast<std::size_t>(index)];
    Activation* activation = fusable_activation(producer);
    if (activation == nullptr || *activation != Activation::kNone) {
      ++stats.skipped;
      continue;
    }
    *activation = node.is(kRelu) ? Activation::kRelu : Activation::kRelu6;
    producer.outputs[0] = node.outputs[0];
    producer.absorbed.push_back(node.name);
    dead[i] = true;
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
