// SPDX-License-Identifier: Apache-2.0
// Weights that are stored as integers, in a graph that computes in float:
//
//   constant (i8 or i16) -> dequantize -> the nodes that read the float weights
#ifndef OCTET_OPS_STORED_WEIGHTS_H_
#define OCTET_OPS_STORED_WEIGHTS_H_

#include <functional>

#include "ir/graph.h"

namespace octet {

// The node dequantizes a constant.
bool dequantizes_weights(const Graph& graph, const Node& node);

using NodeFilter = std::function<bool(const Node&)>;

// Nodes that dequantize weights at load, as their attribute says.
bool dequantizes_at_load(const Node& node);

// Computes the float weights of those nodes for which `which` is true: the node goes, and its output is a constant.
// Returns how many.
Result<std::size_t> dequantize_weights(Graph& graph, const NodeFilter& which);

// Makes the readers of those nodes' outputs read the integers themselves, which is how a `.ms` file holds them and how a
// layer takes them that dequantizes inside. The graph is then beyond what shape inference knows.
void expose_integer_weights(Graph& graph, const NodeFilter& which);

}  // namespace octet

#endif  // OCTET_OPS_STORED_WEIGHTS_H_
