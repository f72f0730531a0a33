// SPDX-License-Identifier: Apache-2.0
#include "octet/inspect.h"

#include "api/model_impl.h"
#include "api/node_macs.h"
#include "ir/text.h"
#include "passes/pass.h"

namespace octet {
Result<ModelSummary> inspect(const Model& model, const InspectOptions& options) {
  Graph graph = model.impl().graph;
  if (options.prepared) {
    PassOptions passes;
    passes.for_running = true;
    OCTET_RETURN_IF_ERROR(run_passes(graph, passes));
  }
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
