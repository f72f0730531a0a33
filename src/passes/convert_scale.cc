// SPDX-License-Identifier: Apache-2.0
// A scale along the channels of an NHWC image that could not be folded is a depthwise convolution with a window of one
// pixel, for which there are fast kernels in float and in int8.
#include "ops/conv2d.h"
#include "ops/normalization.h"
#include "passes/passes.h"

namespace octet {

Result<PassStats> convert_scale(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kScale)) continue;
    const ScaleAttrs scale = graph.nodes[i].as<ScaleAttrs>();
    const Tensor& src = graph.tensor(graph.nodes[i].inputs[0]);
    const Tensor weights = graph.tensor(graph.nodes[i].inputs[1]);
    const bool on_channels = src.shape.size() == 4 && normalize_axis(scale.axis, 4) == std::size_t{3};
    if (!on_channels || !weights.is_constant || weights.type != DataType::kFloat32) {
      ++stats.skipped;
      continue;
    }
    const Shape shape = {weights.shape[0], 1, 1, 1};
    const TensorId reshaped = replace_constant(graph, uses, graph.nodes[i].inputs[1], make_constant(weights.name, shape, weights.values<float>()));
    Node& node = graph.nodes[i];
    node.op = &kConv2d;
    Conv2dAttrs attrs;
    attrs.group = weights.shape[0];
    attrs.activation = scale.activation;
    node.attrs = attrs;
    node.inputs[1] = reshaped;
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
