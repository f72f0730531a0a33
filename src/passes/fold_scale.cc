// SPDX-License-Identifier: Apache-2.0
// Folds scale, and multiplication or addition of a constant per channel, into the layer with weights that feeds it, and one
// scale into another.
//
//   x -> Conv(W, b) -> Scale(s, t) -> y     becomes     x -> Conv(W', b') -> y
//   x -> Scale(s, t) -> Scale(u, v) -> y    becomes     x -> Scale(s * u, t * u + v) -> y
//
//   W'[k, ...] = W[k, ...] * s[k];  b'[k] = b[k] * s[k] + t[k]
//
// Numeric effect: float32 rounding only. Must run before calibration.
#include "ops/binary.h"
#include "ops/normalization.h"
#include "passes/channel_affine.h"
#include "passes/passes.h"

namespace octet {
namespace {

struct ScaleMatch {
  ChannelAffine affine;
  TensorId src;
  std::int64_t axis;
};

bool is_float_constant(const Graph& graph, TensorId id) {
  return id != kNoTensor && graph.tensor(id).is_constant && graph.tensor(id).type == DataType::kFloat32;
}

std::optional<ScaleMatch> match_scale(const Graph& graph, const Node& node) {
  if (!node.is(kScale) || node.as<ScaleAttrs>().activation != Activation::kNone) return std::nullopt;
  if (!is_float_constant(graph, node.inputs[1])) return std::nullopt;
  const auto axis = normalize_axis(node.as<ScaleAttrs>().axis, graph.tensor(node.inputs[0]).shape.size());
  ScaleMatch match{{}, node.inputs[0], static_cast<std::int64_t>(axis.value_or(0))};
  const auto scale = graph.tensor(node.inputs[1]).values<float>();
  match.affine.multiply.assign(scale.begin(), scale.end());
  match.affine.add.assign(scale.size(), 0.0f);
  if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor) {
    if (!is_float_constant(graph, node.inputs[2])) return std::nullopt;
    const auto bias = graph.tensor(node.inputs[2]).values<float>();
    match.affine.add.assign(bias.begin(), bias.end());
  }
  return match;
}

// The dimension of `dst` that the constant's only dimension above 1 broadcasts along.
std::optional<std::int64_t> channel_axis(const Shape& constant, const Shape& dst) {
  std::optional<std::int64_t> axis;
  for (std::size_t d = 0; d < constant.size(); ++d) {
    if (constant[d] == 1) continue;
    if (axis) return std::nullopt;
    axis = static_cast<std::int64_t>(d + dst.size() - constant.size());
  }
  return axis;
}

// mul, add and sub with a constant that has one value per channel.
std::optional<ScaleMatch> match_binary(const Graph& graph, const Node& node) {
  if ((!node.is(kMul) && !node.is(kAdd) && !node.is(kSub)) || node.as<BinaryAttrs>().activation != Activation::kNone)
    return std::nullopt;
  const std::size_t which = is_float_constant(graph, node.inputs[1]) ? 1 : 0;
  if (!is_float_constant(graph, node.inputs[which]) || (node.is(kSub) && which == 0)) return std::nullopt;
  const Tensor& constant = graph.tensor(node.inputs[which]);
  if (constant.shape.size() > graph.tensor(node.inputs[1 - which]).shape.size()) return std::nullopt;  // dst has a new dimension
  const auto axis = channel_axis(constant.shape, graph.tensor(node.outputs[0]).shape);
  if (!axis) return std::nullopt;
  ScaleMatch match{{}, node.inputs[1 - which], *axis};
  for (const float value : constant.values<float>()) {
    match.affine.multiply.push_back(node.is(kMul) ? value : 1.0f);
    match.affine.add.push_back(node.is(kMul) ? 0.0f : node.is(kSub) ? -value : value);
  }
  return match;
}

// Merges the affine into the scale at `index`, if that is one with the same axis that only this node reads.
bool merge_into_scale(Graph& graph, const Uses& uses, std::int32_t index, const ScaleMatch& match, const Node& following) {
  if (index < 0) return false;
  const auto first = match_scale(graph, graph.nodes[static_cast<std::size_t>(index)]);
  if (!first || first->axis != match.axis || first->affine.multiply.size() != match.affine.multiply.size()) return false;
  if (uses.single_consumer(graph.nodes[static_cast<std::size_t>(index)].outputs[0]) < 0) return false;
  ChannelAffine merged = first->affine;
  for (std::size_t k = 0; k < merged.multiply.size(); ++k) {
    merged.multiply[k] *= match.affine.multiply[k];
    merged.add[k] = merged.add[k] * match.affine.multiply[k] + match.affine.add[k];
  }
  const auto channels = static_cast<std::int64_t>(merged.multiply.size());
  const TensorId scale = graph.add_tensor(make_constant(following.name + "_scale", Shape{channels}, merged.multiply));
  const TensorId bias = graph.add_tensor(make_constant(following.name + "_bias", Shape{channels}, merged.add));
  Node& node = graph.nodes[static_cast<std::size_t>(index)];
  node.inputs = {node.inputs[0], scale, bias};
  node.outputs[0] = following.outputs[0];
  node.absorbed.push_back(following.name);
  node.absorbed.insert(node.absorbed.end(), following.absorbed.begin(), following.absorbed.end());
  return true;
}

}  // namespace

Result<PassStats> fold_scale(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  std::vector<std::int32_t> producer = uses.producer;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node node = graph.nodes[i];
    auto match = match_scale(graph, node);
    if (!match) match = match_binary(graph, node);
    if (!match) continue;
    const std::int32_t layer = producer[static_cast<std::size_t>(match->src)];
    if (can_absorb_affine(graph, uses, layer, match->affine.multiply.size(), match->axis)) {
      absorb_affine(graph, uses, layer, match->affine, node);
    } else if (!merge_into_scale(graph, uses, layer, *match, node)) {
      ++stats.skipped;
      continue;
    }
    producer[static_cast<std::size_t>(node.outputs[0])] = layer;
    dead[i] = true;
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
