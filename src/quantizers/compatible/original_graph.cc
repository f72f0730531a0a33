// SPDX-License-Identifier: Apache-2.0
// The shape in which MindSpore Lite holds a graph: names, transposes before flatten, order of nodes.
#include <functional>
#include <set>

#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "ops/unary.h"
#include "quantizers/compatible/original_graph.h"

namespace octet {
namespace {

// x [N, 1, 1, C] -> Reshape [N, C]   becomes   x -> Transpose(0, 3, 1, 2) named <maker of x>_post -> Flatten
void restore_flatten_transposes(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kReshape) && !graph.nodes[i].is(kFlatten)) continue;
    const Shape src = graph.tensor(graph.nodes[i].inputs[0]).shape, dst = graph.tensor(graph.nodes[i].outputs[0]).shape;
    if (src.size() != 4 || src[1] != 1 || src[2] != 1 || dst != Shape{src[0], src[3]}) continue;
    const Uses uses = find_uses(graph);
    const std::int32_t maker = uses.producer[static_cast<std::size_t>(graph.nodes[i].inputs[0])];
    if (maker < 0) continue;
    Node transpose;
    transpose.name = graph.nodes[static_cast<std::size_t>(maker)].name + "_post";
    transpose.op = &kTranspose;
    transpose.attrs = TransposeAttrs{{0, 3, 1, 2}};
    transpose.inputs = {graph.nodes[i].inputs[0]};
    Tensor moved;
    moved.name = transpose.name;
    moved.shape = {src[0], src[3], 1, 1};
    transpose.outputs = {graph.add_tensor(std::move(moved))};
    graph.nodes[i].inputs[0] = transpose.outputs[0];
    graph.nodes[i].op = &kFlatten;
    graph.nodes[i].attrs = kFlatten.default_attrs();
    graph.insert_node(i, std::move(transpose));
    ++i;
  }
}

// Fusions of what was written out are named after the last node of it, and what they are.
void name_fusions(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (node.absorbed.empty() || (!node.is(kLayerNorm) && !node.is(kGelu))) continue;
    const std::string name = node.is(kLayerNorm) ? "layer_norm_" + node.name : node.name + "_gelu";
    if (find_node(graph, name) >= 0) continue;
    node.absorbed.push_back(node.name);
    node.name = name;
  }
}

// A tensor made by a node takes its name; graph inputs and outputs keep theirs.
void name_tensors_like_nodes(Graph& graph) {
  std::set<TensorId> kept(graph.inputs.begin(), graph.inputs.end());
  kept.insert(graph.outputs.begin(), graph.outputs.end());
  std::set<std::string> taken;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t)
    if (graph.tensors[t].is_constant || kept.count(static_cast<TensorId>(t)) > 0) taken.insert(graph.tensors[t].name);
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (kept.count(node.outputs[i]) > 0) continue;
      std::string name = i == 0 ? node.name : fmt::format("{}_o:{}", node.name, i);
      while (!taken.insert(name).second) name += "_1";
      graph.tensor(node.outputs[i]).name = name;
    }
  }
}

}  // namespace

void sort_as_original(Graph& graph) {
  const Uses uses = find_uses(graph);
  std::vector<int> state(graph.nodes.size(), 0);  // 1: its inputs are being placed, 2: placed
  std::vector<std::size_t> order, stack;
  // The makers of a node's inputs come before it, the last input's first.
  const auto place = [&](TensorId tensor) {
    const std::int32_t root = uses.producer[static_cast<std::size_t>(tensor)];
    if (root >= 0) stack.push_back(static_cast<std::size_t>(root));
    while (!stack.empty()) {
      const std::size_t i = stack.back();
      if (state[i] != 0) {
        stack.pop_back();
        if (state[i] == 1) order.push_back(i);
        state[i] = 2;
        continue;
      }
      state[i] = 1;
      for (const TensorId id : graph.nodes[i].inputs) {  // pushed first is placed last
        if (id == kNoTensor) continue;
        const std::int32_t maker = uses.producer[static_cast<std::size_t>(id)];
        if (maker >= 0 && state[static_cast<std::size_t>(maker)] == 0) stack.push_back(static_cast<std::size_t>(maker));
      }
    }
  };
  for (std::size_t i = graph.outputs.size(); i-- > 0;) place(graph.outputs[i]);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (state[i] == 0) place(graph.nodes[i].outputs[0]);
  std::vector<Node> nodes;
  for (const std::size_t i : order) nodes.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(nodes);
}

Graph as_original(const Graph& graph) {
  Graph result = graph;
  restore_flatten_transposes(result);
  name_fusions(result);
  name_tensors_like_nodes(result);
  sort_as_original(result);
  return result;
}

}  // namespace octet
