// SPDX-License-Identifier: Apache-2.0
#include "octet/inspect.h"

#include "api/model_impl.h"
#include "ir/text.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "passes/pass.h"

namespace octet {
namespace {

// Every output element of a layer is a sum over one filter.
std::uint64_t node_macs(const Graph& graph, const Node& node) {
  if (!node.is(kConv2d) && !node.is(kFullyConnected)) return 0;
  const auto outputs = num_elements(graph.tensor(node.outputs[0]).shape);
  const auto weights = num_elements(graph.tensor(node.inputs[1]).shape);
  const std::int64_t filters = graph.tensor(node.inputs[1]).shape[0];
  if (!outputs || !weights || filters <= 0) return 0;
  return static_cast<std::uint64_t>(*outputs) * static_cast<std::uint64_t>(*weights / filters);
}

}  // namespace

Result<ModelSummary> inspect(const Model& model, const InspectOptions& options) {
  Graph graph = model.impl().graph;
  if (options.prepared) OCTET_RETURN_IF_ERROR(run_passes(graph));
  ModelSummary summary;
  summary.text = print_graph(graph);
  summary.num_nodes = graph.nodes.size();
  summary.num_tensors = graph.tensors.size();
  for (const Tensor& tensor : graph.tensors) summary.constant_bytes += tensor.data.size_bytes();
  for (const Node& node : graph.nodes) {
    ++summary.operators[std::string(node.op->name)];
    summary.macs += node_macs(graph, node);
  }
  return summary;
}

}  // namespace octet
