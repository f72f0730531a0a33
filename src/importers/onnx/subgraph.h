// SPDX-License-Identifier: Apache-2.0
// Graphs inside nodes: the branches of If, the bodies of Loop and Scan.
#ifndef OCTET_IMPORTERS_ONNX_SUBGRAPH_H_
#define OCTET_IMPORTERS_ONNX_SUBGRAPH_H_

#include <memory>

#include "importers/onnx/onnx_graph.h"

namespace octet {

struct ImportedSubgraph {
  std::shared_ptr<const Graph> graph;
  std::vector<TensorId> captured;  // tensors of the outer graph that are inputs of the inner one, behind its own
};

// A graph of its own, whose inputs are of the given types. Constants from outside are copied into it.
Result<ImportedSubgraph> import_subgraph(const OnnxNode& node, const onnx::GraphProto& proto, const std::vector<TensorType>& inputs,
                                         OnnxGraph& outer);

// Adds the nodes of a graph without inputs to `graph`, and gives its outputs the names of the node's.
Result<void> inline_subgraph(const OnnxNode& node, const onnx::GraphProto& proto, OnnxGraph& graph);

// A symbol of one graph means nothing in another: unknown dimensions in place of symbols.
Shape without_symbols(Shape shape);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_SUBGRAPH_H_
