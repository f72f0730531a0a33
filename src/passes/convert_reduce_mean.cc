// SPDX-License-Identifier: Apache-2.0
// The mean over both spatial dimensions of an NHWC image is a global average pool, for which there are fast kernels.
//
//   x [N, H, W, C] -> ReduceMean(axes 1, 2) -> y     becomes     x -> AvgPool2d(global) (-> Reshape [N, C]) -> y
#include <algorithm>

#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "passes/passes.h"

namespace octet {
namespace {

bool is_spatial_mean(const Graph& graph, const Node& node) {
  if (!node.is(kReduceMean) || graph.tensor(node.inputs[0]).shape.size() != 4) return false;
  if (graph.tensor(node.inputs[0]).type != DataType::kFloat32 && graph.tensor(node.inputs[0]).type != DataType::kInt8) return false;
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : node.as<ReduceAttrs>().axes) axes.push_back(normalize_axis(axis, 4).value_or(0));
  std::sort(axes.begin(), axes.end());
  return axes == std::vector<std::size_t>{1, 2};
}

}  // namespace

Result<PassStats> convert_reduce_mean(Graph& graph) {
  PassStats stats;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!is_spatial_mean(graph, graph.nodes[i])) continue;
    const bool keep_dims = graph.nodes[i].as<ReduceAttrs>().keep_dims;
    Pool2dAttrs attrs;
    attrs.global = true;
    graph.nodes[i].op = &kAvgPool2d;
    graph.nodes[i].attrs = attrs;
    ++stats.changed;
    if (keep_dims) continue;
    const Shape& src = graph.tensor(graph.nodes[i].inputs[0]).shape;
    Tensor pooled;
    pooled.name = graph.nodes[i].name + "_pooled";
    pooled.shape = {src[0], 1, 1, src[3]};
    pooled.type = graph.tensor(graph.nodes[i].outputs[0]).type;
    pooled.quant = graph.tensor(graph.nodes[i].outputs[0]).quant;
    Node squeeze;
    squeeze.name = graph.nodes[i].name + "_squeeze";
    squeeze.op = &kSqueeze;
    squeeze.attrs = SqueezeAttrs{{1, 2}};
    const TensorId pooled_id = graph.add_tensor(std::move(pooled));
    squeeze.inputs = {pooled_id};
    squeeze.outputs = {graph.nodes[i].outputs[0]};
    graph.nodes[i].outputs[0] = pooled_id;
    graph.insert_node(i + 1, std::move(squeeze));
  }
  return stats;
}

}  // namespace octet
