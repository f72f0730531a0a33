// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/weight_tensors.h"

#include <algorithm>
#include <map>

#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/matmul.h"

namespace octet {
namespace {

int first_axis(const Node&, const Shape&) { return 0; }

int matmul_axis(const Node& node, const Shape& shape) {
  return static_cast<int>(shape.size()) - (node.as<MatmulAttrs>().transpose_b ? 2 : 1);
}

int gather_axis(const Node& node, const Shape& shape) {
  return static_cast<int>(normalize_axis(node.as<GatherAttrs>().axis, shape.size()).value_or(0));
}

// Operators with weights: which input they are, and where their channels lie.
struct Rule {
  const Op* op;
  std::size_t input;
  int (*axis)(const Node& node, const Shape& weights);
};
constexpr Rule kRules[] = {
    {&kConv2d, 1, first_axis},
    {&kFullyConnected, 1, first_axis},
    {&kMatmul, 1, matmul_axis},
    {&kGather, 0, gather_axis},
};

const Rule* find_rule(const Op& op) {
  for (const Rule& rule : kRules)
    if (rule.op == &op) return &rule;
  return nullptr;
}

bool is_weights(const Tensor& tensor) {
  return tensor.is_constant && tensor.type == DataType::kFloat32 && tensor.shape.size() >= 2 && !tensor.data.empty();
}

}  // namespace

bool takes_weights(const Op& op) { return find_rule(op) != nullptr; }

std::vector<WeightTensor> find_weight_tensors(const Graph& graph) {
  std::vector<WeightTensor> weights;
  std::map<TensorId, std::size_t> places;  // in `weights`
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const Rule* rule = find_rule(*node.op);
    if (rule == nullptr || rule->input >= node.inputs.size()) continue;
    const TensorId id = node.inputs[rule->input];
    if (id == kNoTensor || !is_weights(graph.tensor(id))) continue;
    const int axis = rule->axis(node, graph.tensor(id).shape);
    const auto [place, is_new] = places.try_emplace(id, weights.size());
    if (is_new) weights.push_back({id, {}, axis});
    weights[place->second].nodes.push_back(i);
    if (weights[place->second].axis != axis) weights[place->second].axes_differ = true;
  }
  return weights;
}

ChannelLayout channel_layout(const Shape& shape, int axis) {
  ChannelLayout layout{1, static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]), 1};
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (static_cast<int>(d) < axis) layout.outer *= static_cast<std::size_t>(shape[d]);
    if (static_cast<int>(d) > axis) layout.inner *= static_cast<std::size_t>(shape[d]);
  }
  return layout;
}

ChannelLayout single_channel(const Shape& shape) { return {1, 1, static_cast<std::size_t>(*num_elements(shape))}; }

}  // namespace octet
