// SPDX-License-Identifier: Apache-2.0
// A resize of any dimensions that changes one of them, or two neighbours, is one of images:
//
//   x [N, D, H, W, C] -> resize_nd(scales [1, 1, 2, 2, 1]) -> y [N, D, 2 H, 2 W, C]
//   becomes     x -> reshape [N * D, H, W, C] -> resize -> reshape [N, D, 2 H, 2 W, C] -> y
//
// which has kernels and a place in file formats. What stands before the dimensions is the batch, what stands behind
// them are the channels. Lines are unsqueezed as convolutions over one dimension are, so that they stay images between
// these (sink_squeezes):
//
//   x [N, C, L] -> resize_nd(scales [1, 1, 2]) -> y
//   becomes     x -> unsqueeze [N, C, 1, L] -> resize (nchw) -> squeeze -> y
//
// Leaves alone (PassStats::skipped): sizes that are computed or not fixed, dimensions apart from each other, and modes
// that images do not have. Numeric effect: places of given scales are computed in float32, not in double.
#include <algorithm>

#include "ops/reshape.h"
#include "ops/resize_nd.h"
#include "passes/passes.h"

namespace octet {
namespace {

std::int64_t product(const Shape& shape, std::size_t begin, std::size_t end) {
  std::int64_t result = 1;
  for (std::size_t d = begin; d < end; ++d) result *= shape[d];
  return result;
}

// A resize as one of an image, and how that is made of src, and dst of the result.
struct Image {
  Shape src, dst;  // of the image
  ResizeAttrs attrs;
  const Op *to_image, *from_image;
  std::any to_image_attrs, from_image_attrs;
};

// The scale of each dimension; empty if sizes are given.
std::vector<float> scales_of(const Graph& graph, const Node& node, std::size_t rank) {
  if (node.inputs.size() <= 2 || node.inputs[2] == kNoTensor || graph.tensor(node.inputs[2]).shape == Shape{0})
    return {};
  const auto& axes = node.as<ResizeNdAttrs>().axes;
  const auto given = graph.tensor(node.inputs[2]).values<float>();
  std::vector<float> scales(rank, 1.0f);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::int64_t axis = axes.empty() ? static_cast<std::int64_t>(i) : axes[i];
    scales[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis)] = given[i];
  }
  return scales;
}

bool is_constant_or_absent(const Graph& graph, const Node& node, std::size_t input) {
  return node.inputs.size() <= input || node.inputs[input] == kNoTensor || graph.tensor(node.inputs[input]).is_constant;
}

std::optional<Image> read_image(const Graph& graph, const Node& node) {
  const Shape &src = graph.tensor(node.inputs[0]).shape, &dst = graph.tensor(node.outputs[0]).shape;
  auto attrs = image_resize(node.as<ResizeNdAttrs>());
  if (!attrs || !is_fixed(src) || !is_fixed(dst) || !is_constant_or_absent(graph, node, 2) ||
      !is_constant_or_absent(graph, node, 3))
    return std::nullopt;
  const std::vector<float> scales = scales_of(graph, node, src.size());
  std::vector<std::size_t> changed;
  for (std::size_t d = 0; d < src.size(); ++d)
    if (src[d] != dst[d] || (!scales.empty() && scales[d] != 1.0f)) changed.push_back(d);
  if (changed.empty() || changed.size() > 2 || changed.back() - changed.front() + 1 != changed.size())
    return std::nullopt;
  const std::size_t begin = changed.front(), end = changed.back() + 1, width = end - 1;
  const bool is_line = changed.size() == 1;
  attrs->size = {is_line ? 1 : dst[begin], dst[width]};
  if (!scales.empty()) attrs->scales = {is_line ? 1.0f : scales[begin], scales[width]};
  if (src.size() == 3 && begin == 2) {
    attrs->layout = Layout::kNchw;
    const SqueezeAttrs height{{2}};
    return Image{{src[0], src[1], 1, src[2]},
                 {dst[0], dst[1], 1, dst[2]},
                 std::move(*attrs),
                 &kUnsqueeze,
                 &kSqueeze,
                 height,
                 height};
  }
  attrs->layout = Layout::kNhwc;
  Image image{{product(src, 0, begin), is_line ? 1 : src[begin], src[width], product(src, end, src.size())},
              {},
              std::move(*attrs),
              &kReshape,
              &kReshape,
              {},
              {}};
  image.dst = {image.src[0], image.attrs.size[0], image.attrs.size[1], image.src[3]};
  image.to_image_attrs = ReshapeAttrs{.shape = {image.src.begin(), image.src.end()}};
  image.from_image_attrs = ReshapeAttrs{.shape = {dst.begin(), dst.end()}};
  return image;
}

Node make_node(std::string name, const Op& op, std::any attrs, TensorId src, TensorId dst) {
  Node node;
  node.name = std::move(name);
  node.op = &op;
  node.attrs = std::move(attrs);
  node.inputs = {src};
  node.outputs = {dst};
  return node;
}

TensorId add_tensor(Graph& graph, const std::string& name, Shape shape) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = std::move(shape);
  return graph.add_tensor(std::move(tensor));
}

}  // namespace

Result<PassStats> convert_resize_nd(Graph& graph) {
  PassStats stats;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kResizeNd)) continue;
    const auto image = read_image(graph, graph.nodes[i]);
    if (!image) {
      ++stats.skipped;
      continue;
    }
    const Node node = graph.nodes[i];
    const TensorId src = add_tensor(graph, node.name + "_image", image->src),
                   made = add_tensor(graph, node.name + "_resized", image->dst);
    graph.nodes[i].op = &kResize;
    graph.nodes[i].attrs = image->attrs;
    graph.nodes[i].inputs = {src};
    graph.nodes[i].outputs = {made};
    graph.insert_node(
        i + 1, make_node(node.name + "_back", *image->from_image, image->from_image_attrs, made, node.outputs[0]));
    graph.insert_node(i,
                      make_node(node.name + "_to_image", *image->to_image, image->to_image_attrs, node.inputs[0], src));
    i += 2;
    ++stats.changed;
  }
  if (stats.changed > 0) remove_dead_code(graph);
  return stats;
}

}  // namespace octet
