// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions of images as convolutions, which have int8 forms and places in file formats. For converting
// alone: running, a product and a sum (conv_transpose) are less work.
//
//   Windows that touch (strides equal the kernel, no padding): each pixel becomes a block, by a convolution of one
//   pixel.
//     x [N, C, H, W] -> conv2d [N, K * s * t, H, W] -> [N, K, s, t, H, W] -> [N, K, H, s, W, t] -> y [N, K, H * s, W *
//     t]
//   Others: a convolution of stride 1, with turned weights, of the image with zeros between its pixels.
//     x -> [N, C, H, 1, W, 1] -> pad -> [N, C, H * s, W * t] -> cut off what is too much -> conv2d
//
// Leaves alone (PassStats::skipped): other than two dimensions, weights that are computed, images whose size is not
// known, padding of more than the kernel reaches. Numeric effect: float32 rounding only.
#include <algorithm>

#include "ops/conv.h"
#include "ops/conv2d.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/passes.h"

namespace octet {
namespace {

// The node in numbers. Arrays are of height and width.
struct Layer {
  std::array<std::int64_t, 2> size, kernel, strides, dilations, before, out;  // before: padding of the convolution
  std::int64_t c, k, group;
  bool touches = true;

  // Zeros behind the spread image, or pixels of it to cut off if negative.
  std::int64_t behind(std::size_t d) const {
    return out[d] + (kernel[d] - 1) * dilations[d] - before[d] - size[d] * strides[d];
  }
};

std::optional<Layer> read_layer(const Graph& graph, const Node& node) {
  const auto& attrs = node.as<ConvTransposeAttrs>();
  const Tensor &src = graph.tensor(node.inputs[0]), &weights = graph.tensor(node.inputs[1]);
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
  if (src.shape.size() != 4 || !weights.is_constant || (has_bias && !graph.tensor(node.inputs[2]).is_constant) ||
      !is_fixed({src.shape[1], src.shape[2], src.shape[3]}))
    return std::nullopt;
  const std::vector<Window1d> windows = conv_transpose_windows(attrs, src.shape, weights.shape);
  Layer layer{};
  layer.c = weights.shape[0];
  layer.k = weights.shape[1] * attrs.group;
  layer.group = attrs.group;
  for (std::size_t d = 0; d < 2; ++d) {
    const Window1d& window = windows[d];
    layer.size[d] = src.shape[2 + d];
    layer.kernel[d] = window.kernel;
    layer.strides[d] = window.stride;
    layer.dilations[d] = window.dilation;
    layer.before[d] = (window.kernel - 1) * window.dilation - window.pad_begin;
    layer.out[d] = window.size;
    layer.touches = layer.touches && window.kernel == window.stride && window.dilation == 1 && window.pad_begin == 0 &&
                    window.size == layer.size[d] * window.stride;
    if (layer.before[d] < 0 || layer.behind(d) <= -window.stride * layer.size[d]) return std::nullopt;
  }
  return layer;
}

// Weight [c, k, i, j] of src [C, K / group, kh, kw], c counted in all groups.
struct Weights {
  const Layer& layer;
  std::span<const float> values;
  float at(std::int64_t c, std::int64_t k, std::int64_t i, std::int64_t j) const {
    return values[static_cast<std::size_t>(((c * (layer.k / layer.group) + k) * layer.kernel[0] + i) * layer.kernel[1] +
                                           j)];
  }
};

// [K * s * t, C / group, 1, 1]
std::vector<float> block_weights(const Layer& z, const Weights& weights) {
  std::vector<float> result;
  const std::int64_t c_per_group = z.c / z.group, k_per_group = z.k / z.group;
  for (std::int64_t k = 0; k < z.k; ++k)
    for (std::int64_t i = 0; i < z.kernel[0]; ++i)
      for (std::int64_t j = 0; j < z.kernel[1]; ++j)
        for (std::int64_t c = 0; c < c_per_group; ++c)
          result.push_back(weights.at(k / k_per_group * c_per_group + c, k % k_per_group, i, j));
  return result;
}

// [K, C / group, kh, kw], turned by 180 degrees
std::vector<float> turned_weights(const Layer& z, const Weights& weights) {
  std::vector<float> result;
  const std::int64_t c_per_group = z.c / z.group, k_per_group = z.k / z.group;
  for (std::int64_t k = 0; k < z.k; ++k)
    for (std::int64_t c = 0; c < c_per_group; ++c)
      for (std::int64_t i = z.kernel[0]; i-- > 0;)
        for (std::int64_t j = z.kernel[1]; j-- > 0;)
          result.push_back(weights.at(k / k_per_group * c_per_group + c, k % k_per_group, i, j));
  return result;
}

// Builds what stands in a node's place: each step reads what the one before it made, and is named after the node.
class Replacement {
 public:
  Replacement(Graph& graph, const Node& node) : graph_(graph), node_(node), value_(node.inputs[0]) {}

  void step(std::string_view suffix, const Op& op, std::any attrs, std::vector<TensorId> parameters = {}) {
    Node node;
    node.name = fmt::format("{}_{}", node_.name, suffix);
    node.op = &op;
    node.attrs = std::move(attrs);
    node.inputs = {value_};
    node.inputs.insert(node.inputs.end(), parameters.begin(), parameters.end());
    Tensor made;
    made.name = fmt::format("{}_{}", graph_.tensor(node_.outputs[0]).name, suffix);
    value_ = graph_.add_tensor(std::move(made));
    node.outputs = {value_};
    nodes_.push_back(std::move(node));
  }
  TensorId constant(std::string_view suffix, Shape shape, const std::vector<float>& values) {
    return graph_.add_tensor(
        make_constant(fmt::format("{}_{}", graph_.tensor(node_.outputs[0]).name, suffix), std::move(shape), values));
  }
  // Puts the steps before node i of the graph, which becomes the last of them. Returns where that is then.
  std::size_t finish(std::size_t i) {
    for (std::size_t step = 0; step + 1 < nodes_.size(); ++step) graph_.insert_node(i++, std::move(nodes_[step]));
    graph_.nodes[i].op = nodes_.back().op;
    graph_.nodes[i].attrs = std::move(nodes_.back().attrs);
    graph_.nodes[i].inputs = std::move(nodes_.back().inputs);
    return i;
  }

 private:
  Graph& graph_;
  const Node& node_;
  TensorId value_;
  std::vector<Node> nodes_;
};

void add_blocks(const Layer& z, const Weights& weights, std::span<const float> bias, Replacement& to) {
  const std::int64_t taps = z.kernel[0] * z.kernel[1];
  std::vector<TensorId> parameters = {
      to.constant("blocks", {z.k * taps, z.c / z.group, 1, 1}, block_weights(z, weights))};
  if (!bias.empty()) {
    std::vector<float> repeated;
    for (const float value : bias) repeated.insert(repeated.end(), static_cast<std::size_t>(taps), value);
    parameters.push_back(to.constant("bias", {z.k * taps}, repeated));
  }
  to.step("pixels", kConv2d, Conv2dAttrs{.group = z.group, .layout = Layout::kNchw}, parameters);
  to.step("split", kReshape, ReshapeAttrs{.shape = {0, z.k, z.kernel[0], z.kernel[1], z.size[0], z.size[1]}});
  to.step("moved", kTranspose, TransposeAttrs{{0, 1, 4, 2, 5, 3}});
  to.step("joined", kReshape, ReshapeAttrs{.shape = {0, z.k, z.out[0], z.out[1]}});
}

void add_spread(const Layer& z, const Weights& weights, TensorId bias, Replacement& to) {
  if (z.strides[0] > 1 || z.strides[1] > 1) {
    PadAttrs zeros;
    zeros.pads = {0, 0, 0, 0, 0, 0, 0, 0, 0, z.strides[0] - 1, 0, z.strides[1] - 1};
    to.step("pixels", kReshape, ReshapeAttrs{.shape = {0, z.c, z.size[0], 1, z.size[1], 1}});
    to.step("padded", kPad, zeros);
    to.step("spread", kReshape, ReshapeAttrs{.shape = {0, z.c, z.size[0] * z.strides[0], z.size[1] * z.strides[1]}});
  }
  SliceAttrs cut;
  Conv2dAttrs attrs{.dilations = z.dilations, .group = z.group, .layout = Layout::kNchw};
  for (std::size_t d = 0; d < 2; ++d) {
    attrs.pads[2 * d] = z.before[d];
    attrs.pads[2 * d + 1] = std::max<std::int64_t>(0, z.behind(d));
    if (z.behind(d) >= 0) continue;
    cut.axes.push_back(static_cast<std::int64_t>(d) + 2);
    cut.starts.push_back(0);
    cut.ends.push_back(z.size[d] * z.strides[d] + z.behind(d));
    cut.steps.push_back(1);
  }
  if (!cut.axes.empty()) to.step("cut", kSlice, cut);
  std::vector<TensorId> parameters = {
      to.constant("turned", {z.k, z.c / z.group, z.kernel[0], z.kernel[1]}, turned_weights(z, weights))};
  if (bias != kNoTensor) parameters.push_back(bias);
  to.step("conv", kConv2d, attrs, parameters);
}

}  // namespace

Result<PassStats> convert_conv_transpose(Graph& graph) {
  PassStats stats;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kConvTranspose)) continue;
    const Node node = graph.nodes[i];
    const auto layer = read_layer(graph, node);
    if (!layer) {
      ++stats.skipped;
      continue;
    }
    ++stats.changed;
    const ConstantData data = graph.tensor(node.inputs[1]).data;  // tensors move when others are added
    const Weights weights{*layer,
                          {reinterpret_cast<const float*>(data.bytes().data()), data.size_bytes() / sizeof(float)}};
    const TensorId bias = node.inputs.size() > 2 ? node.inputs[2] : kNoTensor;
    Replacement to(graph, node);
    if (layer->touches) {
      const ConstantData values = bias == kNoTensor ? ConstantData() : graph.tensor(bias).data;
      add_blocks(*layer, weights,
                 {reinterpret_cast<const float*>(values.bytes().data()), values.size_bytes() / sizeof(float)}, to);
    } else {
      add_spread(*layer, weights, bias, to);
    }
    i = to.finish(i);
  }
  remove_dead_code(graph);
  OCTET_RETURN_IF_ERROR(infer_shapes(graph));
  return stats;
}

}  // namespace octet
