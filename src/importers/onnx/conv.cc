// SPDX-License-Identifier: Apache-2.0
#include "ops/conv2d.h"

#include "importers/onnx/handlers.h"
#include "importers/onnx/window.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// Error unless src [N, C, ...], weights [K, C/group, ...] and bias [K] fit together.
Result<void> check_shapes(const OnnxNode& node, const Shape& src, const Shape& weights, std::int64_t group) {
  if (src.size() != 3 && src.size() != 4) {
    return node.error(ErrorCode::kUnsupported, "its input has {} dimensions; Octet has convolutions over 1 or 2 dimensions",
                      src.size());
  }
  if (weights.size() != src.size()) {
    return node.error(ErrorCode::kInvalidModel, "weights have shape [{}], expected {} dimensions as in the input",
                      fmt::join(weights, ", "), src.size());
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

// [.., L] -> [.., 1, L], so that a convolution over one dimension is one over two.
Result<TensorId> add_height(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id) {
  return graph.add_inner(node, suffix, kUnsqueeze, SqueezeAttrs{{2}}, {id});
}

}  // namespace

// ONNX Conv: src [N, C, (H,) W], weights [K, C/group, (kh,) kw], optional bias [K].
// https://onnx.ai/onnx/operators/onnx__Conv.html
Result<void> import_conv(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(TensorId weights, graph.weights(node, 1, "weights"));
  TensorId bias = kNoTensor;
  if (node.optional_input(2) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(bias, graph.weights(node, 2, "bias"));
  }
  OCTET_ASSIGN_OR_RETURN(const std::int64_t group, node.get_int("group", 1));
  const Shape weights_shape = graph.shape(weights);
  OCTET_RETURN_IF_ERROR(check_shapes(node, graph.shape(src), weights_shape, group));
  const std::size_t rank = weights_shape.size() - 2;
  OCTET_ASSIGN_OR_RETURN(const OnnxWindow window,
                         read_window(node, rank, {weights_shape.begin() + 2, weights_shape.end()}));

  const Conv2dAttrs attrs{.strides = window.strides, .dilations = window.dilations, .pads = window.pads,
                          .pad_mode = window.pad_mode, .group = group, .layout = Layout::kNchw};
  if (rank == 2) return graph.add(node, kConv2d, attrs, {src, weights, bias});
  OCTET_ASSIGN_OR_RETURN(src, add_height(node, graph, "src", src));
  OCTET_ASSIGN_OR_RETURN(weights, add_height(node, graph, "weights", weights));
  OCTET_ASSIGN_OR_RETURN(const TensorId dst, graph.add_inner(node, "conv2d", kConv2d, attrs, {src, weights, bias}));
  return graph.add(node, kSqueeze, SqueezeAttrs{{2}}, {dst});
}

}  // namespace octet
