// SPDX-License-Identifier: Apache-2.0
// Folds batch norm into the convolution or fully connected layer that feeds it; elsewhere it becomes a scale.
//
//   x -> Conv(W, b) -> BatchNorm(gamma, beta, mean, var, eps) -> y     becomes     x -> Conv(W', b') -> y
//
//   g[k] = gamma[k] / sqrt(var[k] + eps);  W'[k, ...] = W[k, ...] * g[k];  b'[k] = (b[k] - mean[k]) * g[k] + beta[k]
//
// Source: Jacob et al. 2018 (arXiv:1712.05877), section 3.2. Numeric effect: float32 rounding only. Must run before
// calibration, which has to see the folded weights. Leaves a batch norm alone (PassStats::skipped) whose parameters are
// not constant float32.
#include <cmath>

#include "ops/normalization.h"
#include "passes/channel_affine.h"
#include "passes/passes.h"

namespace octet {
namespace {

bool has_constant_parameters(const Graph& graph, const Node& node) {
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const Tensor& tensor = graph.tensor(node.inputs[i]);
    if (!tensor.is_constant || tensor.type != DataType::kFloat32) return false;
  }
  return true;
}

ChannelAffine affine_of(const Graph& graph, const Node& node) {
  const auto gamma = graph.tensor(node.inputs[1]).values<float>(), beta = graph.tensor(node.inputs[2]).values<float>();
  const auto mean = graph.tensor(node.inputs[3]).values<float>(), variance = graph.tensor(node.inputs[4]).values<float>();
  const double epsilon = node.as<BatchNormAttrs>().epsilon;
  ChannelAffine affine;
  for (std::size_t k = 0; k < gamma.size(); ++k) {
    const double g = gamma[k] / std::sqrt(variance[k] + epsilon);
    affine.multiply.push_back(static_cast<float>(g));
    affine.add.push_back(static_cast<float>(beta[k] - mean[k] * g));
  }
  return affine;
}

// The same as a scale operator, for a batch norm that follows no layer with weights.
void become_scale(Graph& graph, std::size_t index, const ChannelAffine& affine) {
  const auto channels = static_cast<std::int64_t>(affine.multiply.size());
  const std::string name = graph.nodes[index].name;
  const TensorId scale = graph.add_tensor(make_constant(name + "_scale", Shape{channels}, affine.multiply));
  const TensorId bias = graph.add_tensor(make_constant(name + "_bias", Shape{channels}, affine.add));
  Node& node = graph.nodes[index];
  ScaleAttrs attrs;
  attrs.axis = node.as<BatchNormAttrs>().axis;
  node.op = &kScale;
  node.attrs = attrs;
  node.inputs = {node.inputs[0], scale, bias};
}

}  // namespace

Result<PassStats> fold_batch_norm(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  std::vector<std::int32_t> producer = uses.producer;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kBatchNorm)) continue;
    const Node node = graph.nodes[i];
    if (!has_constant_parameters(graph, node)) {
      ++stats.skipped;
      continue;
    }
    const ChannelAffine affine = affine_of(graph, node);
    const std::int32_t layer = producer[static_cast<std::size_t>(node.inputs[0])];
    const std::size_t rank = graph.tensor(node.inputs[0]).shape.size();
    const auto axis = static_cast<std::int64_t>(normalize_axis(node.as<BatchNormAttrs>().axis, rank).value_or(0));
    if (can_absorb_affine(graph, uses, layer, affine.multiply.size(), axis)) {
      absorb_affine(graph, uses, layer, affine, node);
      producer[static_cast<std::size_t>(node.outputs[0])] = layer;
      dead[i] = true;
    } else {
      become_scale(graph, i, affine);
    }
    ++stats.changed;
  }
  erase_nodes(graph, dead);
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
