// SPDX-License-Identifier: Apache-2.0
// How much a node multiplies.
#ifndef OCTET_API_NODE_MACS_H_
#define OCTET_API_NODE_MACS_H_

#include <cstdint>

#include "ir/graph.h"

namespace octet {

// Multiply-accumulates of a convolution, fully connected layer or product of matrices; 0 for others and dynamic shapes.
std::uint64_t node_macs(const Graph& graph, const Node& node);

}  // namespace octet

#endif  // OCTET_API_NODE_MACS_H_
