// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include <numeric>

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {

namespace {

// Calls add_inner with operators on two tensors.
struct Arithmetic {
  const OnnxNode& node;
  OnnxGraph& graph;
  Result<TensorId> operator()(std::string_view suffix, const Op& op, TensorId a, TensorId b) const {
    return graph.add_inner(node, suffix, op, BinaryAttrs{}, {a, b});
  }
};

// 1 / sqrt is left to the division by it: sqrt(variance + epsilon).
Result<TensorId> deviation(const OnnxNode& node, OnnxGraph& graph, TensorId variance, float epsilon) {
  const TensorId epsilon_id = graph.inner_scalar(node, "epsilon", epsilon);
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted, graph.add_inner(node, "shifted", kAdd, BinaryAttrs{}, {variance, epsilon_id}));
  return graph.add_inner(node, "deviation", kSqrt, NoAttrs{}, {shifted});
}

// d / sqrt(mean(d * d) + epsilon) with d = src - mean(src), means over `axes`.
Result<TensorId> normalized(const OnnxNode& node, OnnxGraph& graph, TensorId src, std::vector<std::int64_t> axes, float epsilon) {
  const ReduceAttrs over{.axes = std::move(axes), .keep_dims = true};
  const Arithmetic arithmetic{node, graph};
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.add_inner(node, "mean", kReduceMean, over, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId centred, arithmetic("centred", kSub, src, mean));
  OCTET_ASSIGN_OR_RETURN(const TensorId squares, arithmetic("squares", kMul, centred, centred));
  OCTET_ASSIGN_OR_RETURN(const TensorId variance, graph.add_inner(node, "variance", kReduceMean, over, {squares}));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, deviation(node, graph, variance, epsilon));
  return arithmetic("normal", kDiv, centred, root);
}

// The vector of input i, one number for each of `channels`, as [C, 1, ...] that broadcasts to `rank` dimensions [N, C, ...].
Result<TensorId> per_channel(const OnnxNode& node, OnnxGraph& graph, std::size_t i, std::string_view what, std::size_t rank,
                             std::int64_t channels) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  if (graph.is_constant(id)) {  // numbers, no NaN
    OCTET_RETURN_IF_ERROR(graph.weights(node, i, what));
  }
  const Shape& shape = graph.shape(id);
  if (shape.size() != 1 || !same_dimension(shape[0], channels)) {
    return node.error(ErrorCode::kInvalidModel, "{} has shape [{}], expected one number for each of {} channels", what,
                      fmt::join(shape, ", "), channels);
  }
  std::vector<std::int64_t> target(rank - 1, 1);
  target[0] = -1;
  return graph.add_inner(node, what, kReshape, ReshapeAttrs{.shape = std::move(target)}, {id});
}

// normal * scale + bias of inputs 1 and 2, per channel: the node's output.
Result<void> add_affine(const OnnxNode& node, OnnxGraph& graph, TensorId normal, std::string_view bias_name) {
  const Shape shape = graph.shape(normal);
  OCTET_ASSIGN_OR_RETURN(const TensorId gamma, per_channel(node, graph, 1, "scale", shape.size(), shape[1]));
  OCTET_ASSIGN_OR_RETURN(const TensorId beta, per_channel(node, graph, 2, bias_name, shape.size(), shape[1]));
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, graph.add_inner(node, "scaled", kMul, BinaryAttrs{}, {normal, gamma}));
  return graph.add(node, kAdd, BinaryAttrs{}, {scaled, beta});
}

// Parameters that are computed: the formula, written out.
Result<void> write_out_batch_norm(const OnnxNode& node, OnnxGraph& graph, TensorId src, float epsilon) {
  const Shape shape = graph.shape(src);
  if (shape.size() < 2) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 2", shape.size());
  const Arithmetic arithmetic{node, graph};
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, per_channel(node, graph, 3, "input_mean", shape.size(), shape[1]));
  OCTET_ASSIGN_OR_RETURN(const TensorId variance, per_channel(node, graph, 4, "input_var", shape.size(), shape[1]));
  OCTET_ASSIGN_OR_RETURN(const TensorId centred, arithmetic("centred", kSub, src, mean));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, deviation(node, graph, variance, epsilon));
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, arithmetic("normal", kDiv, centred, root));
  return add_affine(node, graph, normal, "B");
}

}  // namespace

// ONNX BatchNormalization in inference: dst = (src - mean) / sqrt(variance + epsilon) * scale + B, per channel (axis 1).
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
Result<void> import_batch_normalization(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("momentum");
  OCTET_ASSIGN_OR_RETURN(const bool training, node.get_bool("training_mode", false));
  OCTET_ASSIGN_OR_RETURN(const bool spatial, node.get_bool("spatial", true));  // an attribute until opset 8
  if (training) return node.error(ErrorCode::kUnsupported, "training_mode = 1; export the model for inference");
  if (!spatial) return node.error(ErrorCode::kUnsupported, "spatial = 0 is not supported");
  OCTET_ASSIGN_OR_RETURN(const float epsilon, node.get_float("epsilon", 1e-5f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  constexpr std::string_view kNames[] = {"scale", "B", "input_mean", "input_var"};
  std::vector<TensorId> inputs = {src};
  for (std::size_t i = 1; i <= 4; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, kNames[i - 1]));
    if (!graph.is_constant(id)) return write_out_batch_norm(node, graph, src, epsilon);
    OCTET_ASSIGN_OR_RETURN(inputs.emplace_back(), graph.weights(node, i, kNames[i - 1]));
  }
  return graph.add(node, kBatchNorm, BatchNormAttrs{.epsilon = epsilon, .axis = 1}, inputs);
}

// ONNX InstanceNormalization: each channel of each image by its own mean and variance, written out:
//   d = src - mean(src);  dst = d / sqrt(mean(d * d) + epsilon) * scale + B
// https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html
Result<void> import_instance_normalization(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const float epsilon, node.get_float("epsilon", 1e-5f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const std::size_t rank = graph.shape(src).size();
  if (rank < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", rank);
  std::vector<std::int64_t> spatial(rank - 2);
  std::iota(spatial.begin(), spatial.end(), 2);
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, normalized(node, graph, src, std::move(spatial), epsilon));
  return add_affine(node, graph, normal, "B");
}

// ONNX GroupNormalization: the channels of each group of each image by their own mean and variance. scale and bias are per
// group in opsets 18 to 20, per channel from 21 on. https://onnx.ai/onnx/operators/onnx__GroupNormalization.html
Result<void> import_group_normalization(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("stash_type");
  OCTET_ASSIGN_OR_RETURN(const float epsilon, node.get_float("epsilon", 1e-5f));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t groups, node.get_int("num_groups", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  const Shape shape = graph.shape(src);
  if (shape.size() < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", shape.size());
  if (groups < 1 || is_symbolic(shape[1]) || shape[1] < 1 || shape[1] % groups != 0)
    return node.error(ErrorCode::kInvalidModel, "num_groups = {} does not divide {} channels", groups, shape[1]);
  OCTET_ASSIGN_OR_RETURN(const TensorId rows, graph.add_inner(node, "groups", kReshape, ReshapeAttrs{.shape = {0, groups, -1}}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, normalized(node, graph, rows, {2}, epsilon));
  OCTET_ASSIGN_OR_RETURN(auto target, graph.reshape_target(node, graph.shape(normal), shape));
  const ReshapeAttrs back{.shape = std::move(target)};
  if (node.opset() >= 21) {
    OCTET_ASSIGN_OR_RETURN(const TensorId image, graph.add_inner(node, "image", kReshape, back, {normal}));
    return add_affine(node, graph, image, "bias");
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId gamma, per_channel(node, graph, 1, "scale", 3, groups));
  OCTET_ASSIGN_OR_RETURN(const TensorId beta, per_channel(node, graph, 2, "bias", 3, groups));
  const Arithmetic arithmetic{node, graph};
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, arithmetic("scaled", kMul, normal, gamma));
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted, arithmetic("biased", kAdd, scaled, beta));
  return graph.add(node, kReshape, back, {shifted});
}

namespace {

// Scale or bias of a LayerNormalization, which may be broadcast in the file, in the shape of the normalized dimensions.
Result<TensorId> layer_norm_weights(const OnnxNode& node, OnnxGraph& graph, std::size_t i, std::string_view what,
                                    const Shape& normalized) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  if (graph.is_constant(id)) {  // numbers, no NaN
    OCTET_RETURN_IF_ERROR(graph.weights(node, i, what));
  }
  if (graph.shape(id) == normalized) return id;
  const auto shape = broadcast_shapes(graph.shape(id), normalized);
  if (!shape || *shape != normalized || !is_fixed(normalized)) {
    return node.error(ErrorCode::kInvalidModel, "{} has shape [{}], the normalized dimensions are [{}]", what,
                      fmt::join(graph.shape(id), ", "), fmt::join(normalized, ", "));
  }
  return graph.add_inner(node, what, kExpand, ExpandAttrs{normalized}, {id});
}

}  // namespace

namespace {

// mean of the values' squares over the dimensions from `axis` on, plus epsilon, as a square root.
Result<TensorId> root_mean_square(const OnnxNode& node, OnnxGraph& graph, TensorId values, std::int64_t axis, float epsilon) {
  ReduceAttrs over;
  for (std::int64_t d = axis; d < static_cast<std::int64_t>(graph.shape(values).size()); ++d) over.axes.push_back(d);
  OCTET_ASSIGN_OR_RETURN(const TensorId squares, graph.add_inner(node, "squares", kMul, BinaryAttrs{}, {values, values}));
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.add_inner(node, "mean_square", kReduceMean, over, {squares}));
  const TensorId epsilon_id = graph.inner_scalar(node, "epsilon", epsilon);
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted, graph.add_inner(node, "shifted", kAdd, BinaryAttrs{}, {mean, epsilon_id}));
  return graph.add_inner(node, "root", kSqrt, NoAttrs{}, {shifted});
}

// Outputs 1 and 2, where they are asked for: mean, and 1 / sqrt(variance + epsilon).
Result<void> add_layer_norm_statistics(const OnnxNode& node, OnnxGraph& graph, TensorId src, std::int64_t axis, float epsilon) {
  const auto wants = [&](std::size_t i) { return i < node.num_outputs() && !node.output_name(i).empty(); };
  if (!wants(1) && !wants(2)) return {};
  ReduceAttrs over;
  for (std::int64_t d = axis; d < static_cast<std::int64_t>(graph.shape(src).size()); ++d) over.axes.push_back(d);
  OCTET_ASSIGN_OR_RETURN(const TensorId mean, graph.add_inner(node, "mean", kReduceMean, over, {src}));
  if (wants(1)) graph.builder().bind(node.output_name(1), mean);
  if (!wants(2)) return {};
  OCTET_ASSIGN_OR_RETURN(const TensorId centered, graph.add_inner(node, "centered", kSub, BinaryAttrs{}, {src, mean}));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, root_mean_square(node, graph, centered, axis, epsilon));
  OCTET_ASSIGN_OR_RETURN(const TensorId inverse, graph.add_inner(node, "inverse", kReciprocal, NoAttrs{}, {root}));
  graph.builder().bind(node.output_name(2), inverse);
  return {};
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__RMSNormalization.html. stash_type only says in which precision to compute.
Result<void> import_rms_normalization(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("stash_type");
  OCTET_ASSIGN_OR_RETURN(const float epsilon, node.get_float("epsilon", 1e-5f));
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId scale, node.input(1, "scale"));
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, graph.shape(src).size()));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, root_mean_square(node, graph, src, axis, epsilon));
  OCTET_ASSIGN_OR_RETURN(const TensorId normal, graph.add_inner(node, "normal", kDiv, BinaryAttrs{}, {src, root}));
  return graph.add(node, kMul, BinaryAttrs{}, {normal, scale});
}

// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html. stash_type only says in which precision to compute.
Result<void> import_layer_normalization(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("stash_type");
  OCTET_ASSIGN_OR_RETURN(const float epsilon, node.get_float("epsilon", 1e-5f));
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  const Shape shape = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, shape.size()));
  const Shape normalized(shape.begin() + axis, shape.end());
  std::vector<TensorId> inputs = {src};
  OCTET_ASSIGN_OR_RETURN(const TensorId gamma, layer_norm_weights(node, graph, 1, "Scale", normalized));
  inputs.push_back(gamma);
  if (node.optional_input(2) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId beta, layer_norm_weights(node, graph, 2, "B", normalized));
    inputs.push_back(beta);
  }
  OCTET_RETURN_IF_ERROR(add_layer_norm_statistics(node, graph, src, axis, epsilon));
  return graph.add(node, kLayerNorm, LayerNormAttrs{.axis = axis, .epsilon = epsilon}, inputs);
}

// https://onnx.ai/onnx/operators/onnx__LRN.html
Result<void> import_lrn(const OnnxNode& node, OnnxGraph& graph) {
  LrnAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.size, node.get_int("size", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.alpha, node.get_float("alpha", 1e-4f));
  OCTET_ASSIGN_OR_RETURN(attrs.beta, node.get_float("beta", 0.75f));
  OCTET_ASSIGN_OR_RETURN(attrs.bias, node.get_float("bias", 1.0f));
  if (attrs.size < 1) return node.error(ErrorCode::kInvalidModel, "size is {}, expected a number >= 1", attrs.size);
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kLrn, attrs, {src});
}

}  // namespace octet
