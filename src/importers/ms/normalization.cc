// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include <cmath>
#include <numeric>

#include "importers/ms/handlers.h"
#include "ops/binary.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

Result<void> expect_numbers(const MsNode& node, std::initializer_list<float> values) {
  for (const float value : values)
    if (!std::isfinite(value))
      return node.error(ErrorCode::kInvalidModel, "an attribute is {}, expected a finite number", value);
  return {};
}

// A constant of `size` equal floats.
Result<TensorId> filled(const MsNode& node, MsGraph& graph, std::string_view suffix, std::int64_t size, float value) {
  constexpr std::int64_t kMaxChannels = 1 << 24;
  if (size < 0 || size > kMaxChannels)
    return node.error(ErrorCode::kUnsupported, "has {} channels, expected 0 to {}", size, kMaxChannels);
  return graph.inner_constant(
      node, suffix, make_constant("", Shape{size}, std::vector<float>(static_cast<std::size_t>(size), value)));
}

Result<std::int64_t> last_axis(const MsNode& node, const MsGraph& graph, TensorId src) {
  const std::size_t rank = graph.shape(src).size();
  if (rank == 0) return node.error(ErrorCode::kInvalidModel, "its input is a scalar");
  return static_cast<std::int64_t>(rank) - 1;
}

}  // namespace

// inputs: src, mean, variance. Channels are the last dimension.
Result<void> import_ms_batch_norm(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::BatchNorm>();
  OCTET_RETURN_IF_ERROR(expect_numbers(node, {table.epsilon()}));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.input(node, 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId variance, graph.input(node, 2));
  BatchNormAttrs attrs{.epsilon = table.epsilon()};
  OCTET_ASSIGN_OR_RETURN(attrs.axis, last_axis(node, graph, src));
  const std::int64_t channels = num_elements(graph.shape(mean)).value_or(-1);
  OCTET_ASSIGN_OR_RETURN(const TensorId gamma, filled(node, graph, "gamma", channels, 1.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId beta, filled(node, graph, "beta", channels, 0.0f));
  return graph.add(node, kBatchNorm, attrs, {src, gamma, beta, mean, variance});
}

// inputs: src, gamma, beta, mean, variance.
Result<void> import_ms_fused_batch_norm(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::FusedBatchNorm>();
  OCTET_RETURN_IF_ERROR(expect_numbers(node, {table.epsilon()}));
  std::vector<TensorId> inputs;
  for (std::size_t i = 0; i < 5; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, graph.input(node, i));
    inputs.push_back(id);
  }
  BatchNormAttrs attrs{.epsilon = table.epsilon()};
  OCTET_ASSIGN_OR_RETURN(attrs.axis, last_axis(node, graph, inputs[0]));
  return graph.add(node, kBatchNorm, attrs, inputs);
}

// Each channel of each image by its own mean and variance, in NCHW, written out:
//   d = src - mean(src);  dst = d / sqrt(mean(d * d) + epsilon) * gamma + beta
Result<void> import_ms_instance_norm(const MsNode& node, MsGraph& graph) {
  const float epsilon = node.table<msl2::InstanceNorm>().epsilon();
  OCTET_RETURN_IF_ERROR(expect_numbers(node, {epsilon}));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(TensorId gamma, graph.input(node, 1));
  OCTET_ASSIGN_OR_RETURN(TensorId beta, graph.input(node, 2));
  const std::size_t rank = graph.shape(src).size();
  if (rank < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", rank);
  ReduceAttrs over_image;
  for (std::size_t d = 2; d < rank; ++d) over_image.axes.push_back(static_cast<std::int64_t>(d));
  ReshapeAttrs to_channels;  // [C, 1, ...]
  to_channels.shape.assign(rank - 1, 1);
  to_channels.shape[0] = -1;
  const BinaryAttrs plain;

  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.add_inner(node, "mean", kReduceMean, over_image, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId centred, graph.add_inner(node, "centred", kSub, plain, {src, mean}));
  OCTET_ASSIGN_OR_RETURN(const TensorId squares, graph.add_inner(node, "squares", kMul, plain, {centred, centred}));
  OCTET_ASSIGN_OR_RETURN(const TensorId variance,
                         graph.add_inner(node, "variance", kReduceMean, over_image, {squares}));
  const TensorId epsilon_id = graph.inner_scalar(node, "epsilon", epsilon);
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted, graph.add_inner(node, "shifted", kAdd, plain, {variance, epsilon_id}));
  OCTET_ASSIGN_OR_RETURN(const TensorId deviation, graph.add_inner(node, "deviation", kSqrt, NoAttrs{}, {shifted}));
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, graph.add_inner(node, "normal", kDiv, plain, {centred, deviation}));
  OCTET_ASSIGN_OR_RETURN(gamma, graph.add_inner(node, "gamma", kReshape, to_channels, {gamma}));
  OCTET_ASSIGN_OR_RETURN(beta, graph.add_inner(node, "beta", kReshape, to_channels, {beta}));
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, graph.add_inner(node, "scaled", kMul, plain, {normal, gamma}));
  return graph.add(node, kAdd, plain, {scaled, beta});
}

// inputs: src, gamma, beta, of the shape of the normalized dimensions; without elementwise_affine src alone.
Result<void> import_ms_layer_norm(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::LayerNormFusion>();
  OCTET_RETURN_IF_ERROR(expect_numbers(node, {table.epsilon()}));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  const Shape shape = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, table.begin_norm_axis(), shape.size()));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t params_axis, graph.axis(node, table.begin_params_axis(), shape.size()));
  if (table.elementwise_affine() && axis != params_axis)
    return node.error(ErrorCode::kUnsupported, "begin_params_axis {} differs from begin_norm_axis {}", params_axis,
                      axis);
  const LayerNormAttrs attrs{.axis = table.begin_norm_axis(), .epsilon = table.epsilon()};
  if (!table.elementwise_affine()) {
    const Shape normalized(shape.begin() + axis, shape.end());
    OCTET_ASSIGN_OR_RETURN(TensorId gamma, filled(node, graph, "ones", num_elements(normalized).value_or(-1), 1.0f));
    OCTET_ASSIGN_OR_RETURN(gamma, graph.add_inner(node, "gamma", kReshape,
                                                  ReshapeAttrs{.shape = normalized, .allow_zero = true}, {gamma}));
    return graph.add(node, kLayerNorm, attrs, {src, gamma});
  }
  std::vector<TensorId> inputs = {src};
  for (std::size_t i = 1; i < std::min<std::size_t>(node.num_inputs(), 3); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, graph.input(node, i));
    inputs.push_back(id);
  }
  return graph.add(node, kLayerNorm, attrs, inputs);
}

// The format's alpha is per neighbour, ours for the whole neighbourhood. Channels are the last dimension.
Result<void> import_ms_lrn(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::LRN>();
  OCTET_RETURN_IF_ERROR(expect_numbers(node, {table.bias(), table.alpha(), table.beta()}));
  constexpr std::int64_t kMaxRadius = 1 << 20;
  if (table.depth_radius() < 0 || table.depth_radius() > kMaxRadius)
    return node.error(ErrorCode::kInvalidModel, "depth_radius is {}, expected 0 to {}", table.depth_radius(),
                      kMaxRadius);
  if (table.norm_region() != nullptr && table.norm_region()->size() > 0 &&
      table.norm_region()->string_view() != "ACROSS_CHANNELS")
    return node.error(ErrorCode::kUnsupported, "normalizes over another region than ACROSS_CHANNELS");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  LrnAttrs attrs{.size = 2 * table.depth_radius() + 1, .beta = table.beta(), .bias = table.bias()};
  attrs.alpha = table.alpha() * static_cast<float>(attrs.size);
  OCTET_ASSIGN_OR_RETURN(attrs.axis, last_axis(node, graph, src));
  return graph.add(node, kLrn, attrs, {src});
}

// inputs: src, scale, offset (optional).
Result<void> import_ms_scale(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ScaleFusion>();
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add_activated(node, kScale, ScaleAttrs{.axis = table.axis()}, inputs, table.activation_type());
}

Result<void> import_ms_softmax(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const auto axes, node.list(node.table<msl2::Softmax>().axis(), "axis", 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kSoftmax, SoftmaxAttrs{axes.empty() ? -1 : axes[0]}, {src});
}

Result<void> import_ms_log_softmax(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kLogSoftmax, SoftmaxAttrs{node.table<msl2::LogSoftmax>().axis()}, {src});
}

}  // namespace octet
