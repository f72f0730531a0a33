// SPDX-License-Identifier: Apache-2.0
#include "api/prepare.h"

#include <algorithm>

#include "ops/transpose.h"
#include "passes/layout_rules.h"

namespace octet {
namespace {

std::vector<std::int64_t> permutation(Layout from) {
  const auto& perm = from == Layout::kNchw ? kNchwToNhwc : kNhwcToNchw;
  return {perm.begin(), perm.end()};
}

Shape permuted(const Shape& shape, const std::vector<std::int64_t>& perm) {
  Shape result;
  for (const std::int64_t d : perm) result.push_back(shape[static_cast<std::size_t>(d)]);
  return result;
}

bool needs_change(const Tensor& tensor, Layout layout) {
  return tensor.shape.size() == 4 && tensor.layout != Layout::kNone && tensor.layout != layout && !tensor.is_constant;
}

Node transpose_node(const std::string& name, TensorId src, TensorId dst, std::vector<std::int64_t> perm) {
  Node node;
  node.name = name;
  node.op = &kTranspose;
  node.attrs = TransposeAttrs{std::move(perm)};
  node.inputs = {src};
  node.outputs = {dst};
  return node;
}

// A tensor like `id` in the other layout that takes over its name; `id` itself is renamed.
TensorId add_twin(Graph& graph, TensorId id, Layout layout) {
  Tensor twin = graph.tensor(id);
  twin.shape = permuted(twin.shape, permutation(twin.layout));
  twin.layout = layout;
  twin.name += layout == Layout::kNhwc ? "_nchw" : "_nhwc";  // the name that `id` gets
  const TensorId made = graph.add_tensor(std::move(twin));
  std::swap(graph.tensor(made).name, graph.tensor(id).name);
  graph.tensor(id).layout = Layout::kNone;
  return made;
}

}  // namespace

void set_input_layout(Graph& graph, Layout layout) {
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const TensorId old = graph.inputs[i];
    if (!needs_change(graph.tensor(old), layout)) continue;
    const TensorId made = add_twin(graph, old, layout);
    graph.inputs[i] = made;
    std::replace(graph.outputs.begin(), graph.outputs.end(), old, made);  // an input that is an output stays that
    graph.insert_node(0, transpose_node(graph.tensor(made).name + "_transpose", made, old, permutation(layout)));
  }
}

void set_output_layout(Graph& graph, Layout layout) {
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const TensorId old = graph.outputs[i];
    const bool is_input = std::find(graph.inputs.begin(), graph.inputs.end(), old) != graph.inputs.end();
    if (is_input || !needs_change(graph.tensor(old), layout)) continue;
    const Layout from = graph.tensor(old).layout;
    const TensorId made = add_twin(graph, old, layout);
    std::replace(graph.outputs.begin(), graph.outputs.end(), old, made);
    graph.add_node(transpose_node(graph.tensor(made).name + "_transpose", old, made, permutation(from)));
  }
}

}  // namespace octet
