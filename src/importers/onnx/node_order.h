// SPDX-License-Identifier: Apache-2.0
// Checks on all nodes of a file before the first one is imported.
#ifndef OCTET_IMPORTERS_ONNX_NODE_ORDER_H_
#define OCTET_IMPORTERS_ONNX_NODE_ORDER_H_

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "importers/onnx/onnx.pb.h"

namespace octet {

// Calls visit for each tensor that the node reads, by itself or in a graph inside it. Names that such a graph makes itself may
// be among them.
void for_each_read_name(const onnx::NodeProto& node, const std::function<void(const std::string&)>& visit);

// Indices of the nodes in an order in which each tensor is made before it is read; the file's own order if it is one.
// `is_outer` says which names come from outside the graph.
// Error: kInvalidModel if a tensor is made twice or never, or nodes form a cycle.
Result<std::vector<int>> node_order(const onnx::GraphProto& graph, const std::function<bool(const std::string&)>& is_outer);

// Graphs inside nodes are looked through, too.
// Error: kUnsupported with every operator that we cannot import, the number of its nodes and the first names.
Result<void> check_operators(const onnx::GraphProto& graph, std::int64_t opset);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_NODE_ORDER_H_
