// SPDX-License-Identifier: Apache-2.0
#include "ops/conv2d.h"

#include <algorithm>

#include "importers/onnx/handlers.h"
#include "importers/onnx/window.h"
#include "ops/conv.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// Error unless src [N, C, ...] and weights [K, C/group, ...] fit together.
Result<void> check_shapes(const OnnxNode& node, const Shape& src, const Shape& weights, std::int64_t group) {
  if (src.size() < 3) {
    return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", src.size());
  }
  if (weights.size() != src.size()) {
    return node.error(ErrorCode::kInvalidModel, "weights have shape [{}], expected {} dimensions as in the input",
                      fmt::join(weights, ", "), src.size());
  }
  if (!is_fixed(weights)) {
    return node.error(ErrorCode::kUnsupported, "weights have shape [{}] (negative: dynamic), expected a fixed one", fmt::join(weights, ", "));
  }
  if (group < 1 || weights[0] % group != 0)
    return node.error(ErrorCode::kInvalidModel, "group = {} does not divide the {} output channels", group, weights[0]);
  const std::int64_t c = src[1];
  if (!is_symbolic(c) && (c % group != 0 || c / group != weights[1])) {
    return node.error(ErrorCode::kInvalidModel, "input has {} channels, weights [{}] with group = {} need {} * {}", c,
                      fmt::join(weights, ", "), group, group, weights[1]);
  }
  return {};
}

// Weights or bias: as they are if they are computed; constants must be finite numbers.
Result<TensorId> parameter(const OnnxNode& node, const OnnxGraph& graph, std::size_t i, std::string_view what) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  return graph.is_constant(id) ? graph.weights(node, i, what) : id;
}

struct Parameters {
  TensorId src, weights, bias;  // bias: maybe kNoTensor
};
Result<Parameters> read_parameters(const OnnxNode& node, const OnnxGraph& graph) {
  Parameters parameters{kNoTensor, kNoTensor, kNoTensor};
  OCTET_ASSIGN_OR_RETURN(parameters.src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(parameters.weights, parameter(node, graph, 1, "weights"));
  if (node.optional_input(2) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(parameters.bias, parameter(node, graph, 2, "bias"));
  }
  return parameters;
}

// [.., L] -> [.., 1, L], so that a convolution over one dimension is one over two.
Result<TensorId> add_height(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id) {
  return graph.add_inner(node, suffix, kUnsqueeze, SqueezeAttrs{{2}}, {id});
}

}  // namespace

// ONNX Conv: src [N, C, ...], weights [K, C/group, ...], optional bias [K]. Over one or two dimensions with constant parameters it
// is a conv2d. https://onnx.ai/onnx/operators/onnx__Conv.html
Result<void> import_conv(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(auto parameters, read_parameters(node, graph));
  auto [src, weights, bias] = parameters;
  OCTET_ASSIGN_OR_RETURN(const std::int64_t group, node.get_int("group", 1));
  const Shape weights_shape = graph.shape(weights);
  OCTET_RETURN_IF_ERROR(check_shapes(node, graph.shape(src), weights_shape, group));
  const std::size_t rank = weights_shape.size() - 2;
  const std::vector<std::int64_t> kernel(weights_shape.begin() + 2, weights_shape.end());
  if (rank > 2 || !graph.is_constant(weights) || (bias != kNoTensor && !graph.is_constant(bias))) {
    OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists window, read_window_lists(node, rank, kernel));
    const ConvAttrs attrs{window.strides, window.dilations, window.pads, window.pad_mode, group};
    return graph.add(node, kConv, attrs, {src, weights, bias});
  }
  OCTET_ASSIGN_OR_RETURN(const OnnxWindow window, read_window(node, rank, kernel));
  const Conv2dAttrs attrs{.strides = window.strides, .dilations = window.dilations, .pads = window.pads,
                          .pad_mode = window.pad_mode, .group = group, .layout = Layout::kNchw};
  if (rank == 2) return graph.add(node, kConv2d, attrs, {src, weights, bias});
  OCTET_ASSIGN_OR_RETURN(src, add_height(node, graph, "src", src));
  OCTET_ASSIGN_OR_RETURN(weights, add_height(node, graph, "weights", weights));
  OCTET_ASSIGN_OR_RETURN(const TensorId dst, graph.add_inner(node, "conv2d", kConv2d, attrs, {src, weights, bias}));
  return graph.add(node, kSqueeze, SqueezeAttrs{{2}}, {dst});
}

namespace {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 30;

// Chooses the padding of one dimension so that the output has `size` pixels: what is more than the image that the windows
// cover is cut off both sides (an odd pixel at the end, or with `begin_first` at the beginning); what is less is added behind.
void pad_to_size(ConvTransposeAttrs& attrs, std::size_t d, std::int64_t covered, std::int64_t size, bool begin_first) {
  const std::int64_t total = std::max<std::int64_t>(0, covered + attrs.output_padding[d] - size);
  attrs.output_padding[d] = size + total - covered;
  attrs.pads[2 * d] = begin_first ? total - total / 2 : total / 2;
  attrs.pads[2 * d + 1] = total - attrs.pads[2 * d];
}

// Sizes of the output, one per spatial dimension: the attribute output_shape (with or without [N, C]), or stride times the
// input's for auto_pad SAME. Empty: pads decide.
Result<std::vector<std::int64_t>> wanted_sizes(const OnnxNode& node, const OnnxGraph& graph, const Shape& src, const OnnxWindowLists& window) {
  const std::size_t rank = src.size() - 2;
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> sizes, node.get_ints("output_shape"));
  if (sizes.size() == rank + 2) sizes.erase(sizes.begin(), sizes.begin() + 2);
  if (!sizes.empty() && sizes.size() != rank)
    return node.error(ErrorCode::kInvalidModel, "output_shape is [{}], expected {} numbers", fmt::join(sizes, ", "), rank);
  if (sizes.empty() && window.pad_mode == PadMode::kExplicit) return sizes;
  const bool from_input = sizes.empty();
  sizes.resize(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    if (is_symbolic(src[2 + d])) return graph.dynamic_error(node, "the size of its image is not known");
    if (from_input) sizes[d] = src[2 + d] <= kMaxSize / window.strides[d] ? src[2 + d] * window.strides[d] : 0;
    if (sizes[d] < 1 || sizes[d] > kMaxSize || src[2 + d] > kMaxSize)
      return node.error(ErrorCode::kInvalidModel, "an output of {} pixels is none of 1 to {}", sizes[d], kMaxSize);
  }
  return sizes;
}

}  // namespace

// ONNX ConvTranspose: src [N, C, ...], weights [C, K/group, ...], optional bias [K].
// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
Result<void> import_conv_transpose(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const Parameters parameters, read_parameters(node, graph));
  const Shape src = graph.shape(parameters.src), weights = graph.shape(parameters.weights);
  if (src.size() < 3 || weights.size() != src.size() || !is_fixed(weights)) {
    return node.error(ErrorCode::kInvalidModel, "its input has shape [{}] and its weights [{}], expected [N, C, ...] and [C, K/group, ...]",
                      fmt::join(src, ", "), fmt::join(weights, ", "));
  }
  const std::size_t rank = src.size() - 2;
  OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists window, read_window_lists(node, rank, {weights.begin() + 2, weights.end()}));
  ConvTransposeAttrs attrs{window.strides, window.dilations, window.pads, {}, 1};
  OCTET_ASSIGN_OR_RETURN(attrs.group, node.get_int("group", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.output_padding, node.get_ints("output_padding"));
  if (attrs.output_padding.empty()) attrs.output_padding.assign(rank, 0);
  if (attrs.output_padding.size() != rank ||
      std::any_of(attrs.output_padding.begin(), attrs.output_padding.end(), [](std::int64_t p) { return p < 0 || p > kMaxSize; }))
    return node.error(ErrorCode::kInvalidModel, "output_padding is [{}], expected {} numbers from 0 on", fmt::join(attrs.output_padding, ", "), rank);
  OCTET_ASSIGN_OR_RETURN(const auto sizes, wanted_sizes(node, graph, src, window));
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const std::int64_t covered = (src[2 + d] - 1) * window.strides[d] + (window.kernel[d] - 1) * window.dilations[d] + 1;
    pad_to_size(attrs, d, covered, sizes[d], window.pad_mode == PadMode::kSameLower);
  }
  return graph.add(node, kConvTranspose, attrs, {parameters.src, parameters.weights, parameters.bias});
}

}  // namespace octet
