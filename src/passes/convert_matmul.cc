// SPDX-License-Identifier: Apache-2.0
// A matrix product with a constant matrix is a fully connected layer, and a constant added to it is its bias.
//
//   x -> MatMul(B [K, N]) -> Add(b [N]) -> y     becomes     x -> FullyConnected(weights = B^T [N, K], b) -> y
//
// Numeric effect: none but the order of the addition.
#include "ops/binary.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/permuted_constant.h"
#include "passes/passes.h"

namespace octet {
namespace {

bool is_convertible(const Graph& graph, const Node& node) {
  if (!node.is(kMatmul) || node.as<MatmulAttrs>().transpose_a) return false;
  const Tensor& a = graph.tensor(node.inputs[0]);
  const Tensor& b = graph.tensor(node.inputs[1]);
  return !a.is_constant && a.shape.size() >= 2 && b.is_constant && b.type == DataType::kFloat32 && b.shape.size() == 2;
}

// Takes in an addition of a constant [N] behind the layer at `index`.
bool absorb_bias(Graph& graph, const Uses& uses, std::size_t index, std::vector<bool>& dead) {
  Node& layer = graph.nodes[index];
  const std::int32_t reader = uses.single_consumer(layer.outputs[0]);
  if (reader < 0 || (layer.inputs.size() > 2 && layer.inputs[2] != kNoTensor)) return false;
  const Node& add = graph.nodes[static_cast<std::size_t>(reader)];
  if (!add.is(kAdd) || add.as<BinaryAttrs>().activation != Activation::kNone) return false;
  const TensorId bias = add.inputs[0] == layer.outputs[0] ? add.inputs[1] : add.inputs[0];
  const Tensor& tensor = graph.tensor(bias);
  const std::int64_t n = graph.tensor(layer.inputs[1]).shape[0];
  if (!tensor.is_constant || tensor.shape != Shape{n}) return false;
  layer.inputs.resize(3, kNoTensor);
  layer.inputs[2] = bias;
  layer.outputs[0] = add.outputs[0];
  layer.absorbed.push_back(add.name);
  dead[static_cast<std::size_t>(reader)] = true;
  return true;
}

}  // namespace

Result<PassStats> convert_matmul(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (dead[i] || !is_convertible(graph, graph.nodes[i])) continue;
    const MatmulAttrs attrs = graph.nodes[i].as<MatmulAttrs>();
    if (!attrs.transpose_b) {
      const TensorId b = graph.nodes[i].inputs[1];
      graph.nodes[i].inputs[1] = replace_constant(graph, uses, b, permuted_constant(graph.tensor(b), {1, 0}));
    }
    graph.nodes[i].op = &kFullyConnected;
    graph.nodes[i].attrs = FullyConnectedAttrs{attrs.activation};
    if (attrs.activation == Activation::kNone) absorb_bias(graph, uses, i, dead);
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
