// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/weight_tensors.h"

#include <algorithm>
#include <map>

#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/recurrent.h"

namespace octet {
namespace {

int first_axis(const Node&, const Shape&, WeightRules) { return 0; }

int recurrent_axis(const Node&, const Shape&, WeightRules rules) { return rules == WeightRules::kOctet ? 1 : 0; }

int matmul_axis(const Node& node, const Shape& shape, WeightRules) {
  return static_cast<int>(shape.size()) - (node.as<MatmulAttrs>().transpose_b ? 2 : 1);
}

int gather_axis(const Node& node, const Shape& shape, WeightRules) {
  return static_cast<int>(normalize_axis(node.as<GatherAttrs>().axis, shape.size()).value_or(0));
}

// Operators with weights: which input they are, and where their channels lie.
struct Rule {
  const Op* op;
  std::size_t input;
  int (*axis)(const Node& node, const Shape& weights, WeightRules rules);
  bool original_only = false;
};
constexpr Rule kRules[] = {
    {&kConv2d, 1, first_axis},
    {&kFullyConnected, 1, first_axis},
    {&kMatmul, 1, matmul_axis},
    {&kGather, 0, gather_axis},
    {&kLstm, 1, recurrent_axis},
    {&kLstm, 2, recurrent_axis},
    {&kLstm, 3, recurrent_axis, /*original_only=*/true},
    {&kGru, 1, recurrent_axis},
    {&kGru, 2, recurrent_axis},
    {&kRnn, 1, recurrent_axis},
    {&kRnn, 2, recurrent_axis},
};

bool is_weights(const Tensor& tensor) {
  return tensor.is_constant && tensor.type == DataType::kFloat32 && tensor.shape.size() >= 2 && !tensor.data.empty();
}

}  // namespace

bool takes_weights(const Op& op) {
  return std::any_of(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.op == &op; });
}

std::vector<WeightTensor> find_weight_tensors(const Graph& graph, WeightRules rules) {
  std::vector<WeightTensor> weights;
  std::map<TensorId, std::size_t> places;  // in `weights`
  const auto add = [&](std::size_t i, const Rule& rule) {
    const Node& node = graph.nodes[i];
    if (rule.op != node.op || rule.input >= node.inputs.size()) return;
    if (rule.original_only && rules != WeightRules::kOriginal) return;
    const TensorId id = node.inputs[rule.input];
    if (id == kNoTensor || !is_weights(graph.tensor(id))) return;
    const int axis = rule.axis(node, graph.tensor(id).shape, rules);
    const auto [place, is_new] = places.try_emplace(id, weights.size());
    if (is_new) weights.push_back({id, {}, axis});
    WeightTensor& weight = weights[place->second];
    if (weight.nodes.empty() || weight.nodes.back() != i) weight.nodes.push_back(i);
    if (weight.axis != axis) weight.axes_differ = true;
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const Rule& rule : kRules) add(i, rule);
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
