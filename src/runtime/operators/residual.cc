// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/residual.h"

#include "ops/binary.h"

namespace octet {

bool adds_alike(const Graph& graph, const Node& node) {
  if (!node.is(kAdd)) return false;
  const Tensor& sum = graph.tensor(node.outputs[0]);
  // Where nothing is repeated, shapes differ in leading dimensions of 1 at most.
  for (const TensorId id : node.inputs)
    if (graph.tensor(id).type != sum.type || element_count(graph.tensor(id)) != element_count(sum)) return false;
  return true;
}

std::optional<std::size_t> residual_input(const OperatorContext& add, const Node& layer) {
  if (!adds_alike(add.graph, add.node)) return std::nullopt;
  return add.node.inputs[0] == layer.outputs[0] ? 1 : 0;
}

}  // namespace octet
