// SPDX-License-Identifier: Apache-2.0
#include "passes/channel_affine.h"

#include "ops/conv.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"

namespace octet {
namespace {

// The dimension of the result that holds the channels.
std::int64_t channel_axis(const Graph& graph, const Node& node) {
  const auto rank = static_cast<std::int64_t>(graph.tensor(node.outputs[0]).shape.size());
  if (node.is(kConv) || node.is(kConvTranspose)) return 1;
  return node.is(kConv2d) && node.as<Conv2dAttrs>().layout == Layout::kNchw ? 1 : rank - 1;
}

bool is_layer(const Node& node) { return node.is(kConv2d) || node.is(kFullyConnected) || node.is(kConv) || node.is(kConvTranspose); }

bool has_no_activation(const Node& node) {
  if (node.is(kConv2d)) return node.as<Conv2dAttrs>().activation == Activation::kNone;
  return !node.is(kFullyConnected) || node.as<FullyConnectedAttrs>().activation == Activation::kNone;
}

// Weights are [K, ...], those of a transposed convolution [C, K / group, ...].
std::size_t num_channels(const Node& node, const Shape& weights) {
  return static_cast<std::size_t>(node.is(kConvTranspose) ? weights[1] * node.as<ConvTransposeAttrs>().group : weights[0]);
}

// The output channel that weight i is of.
std::size_t channel_of(const Node& node, const Shape& shape, std::size_t num_weights, std::size_t i) {
  if (!node.is(kConvTranspose)) return i / (num_weights / static_cast<std::size_t>(shape[0]));
  const auto c = static_cast<std::size_t>(shape[0]), k_per_group = static_cast<std::size_t>(shape[1]);
  const std::size_t taps = num_weights / (c * k_per_group);
  const std::size_t c_per_group = c / static_cast<std::size_t>(node.as<ConvTransposeAttrs>().group);
  return i / (taps * k_per_group) / c_per_group * k_per_group + i / taps % k_per_group;
}

}  // namespace

bool can_absorb_affine(const Graph& graph, const Uses& uses, std::int32_t index, std::size_t channels, std::int64_t axis) {
  if (index < 0) return false;
  const Node& node = graph.nodes[static_cast<std::size_t>(index)];
  if (!is_layer(node)) return false;
  const Tensor& weights = graph.tensor(node.inputs[1]);
  if (!weights.is_constant || weights.type != DataType::kFloat32) return false;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor && !graph.tensor(node.inputs[2]).is_constant) return false;
  return has_no_activation(node) && uses.single_consumer(node.outputs[0]) >= 0 && channel_axis(graph, node) == axis &&
         num_channels(node, weights.shape) == channels;
}

void absorb_affine(Graph& graph, const Uses& uses, std::int32_t index, const ChannelAffine& affine, const Node& following) {
  const TensorId weights_id = graph.nodes[static_cast<std::size_t>(index)].inputs[1];
  const Tensor weights = graph.tensor(weights_id);
  const std::size_t channels = affine.multiply.size();
  std::vector<float> values(weights.values<float>().begin(), weights.values<float>().end());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] *= affine.multiply[channel_of(graph.nodes[static_cast<std::size_t>(index)], weights.shape, values.size(), i)];

  const std::vector<TensorId> inputs = graph.nodes[static_cast<std::size_t>(index)].inputs;
  std::vector<float> bias(channels, 0.0f);
  std::string bias_name = graph.nodes[static_cast<std::size_t>(index)].name + "_bias";
  if (inputs.size() > 2 && inputs[2] != kNoTensor) {
    const auto old = graph.tensor(inputs[2]).values<float>();
    bias.assign(old.begin(), old.end());
    bias_name = graph.tensor(inputs[2]).name;
  }
  for (std::size_t k = 0; k < channels; ++k) bias[k] = bias[k] * affine.multiply[k] + affine.add[k];

  const TensorId new_weights = replace_constant(graph, uses, weights_id, make_constant(weights.name, weights.shape, values));
  Tensor bias_tensor = make_constant(bias_name, Shape{static_cast<std::int64_t>(channels)}, bias);
  const bool has_bias = inputs.size() > 2 && inputs[2] != kNoTensor;
  const TensorId new_bias = has_bias ? replace_constant(graph, uses, inputs[2], std::move(bias_tensor)) : graph.add_tensor(std::move(bias_tensor));
  Node& node = graph.nodes[static_cast<std::size_t>(index)];
  node.inputs.resize(3, kNoTensor);
  node.inputs[1] = new_weights;
  node.inputs[2] = new_bias;
  node.outputs[0] = following.outputs[0];
  node.absorbed.push_back(following.name);
  node.absorbed.insert(node.absorbed.end(), following.absorbed.begin(), following.absorbed.end());
}

}  // namespace octet
