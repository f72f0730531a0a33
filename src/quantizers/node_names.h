// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_NODE_NAMES_H_
#define OCTET_QUANTIZERS_NODE_NAMES_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

// Checks that every name is a node of the graph, or of the source model and absorbed into one.
// Error: kNotFound naming each unknown one with the nearest names that exist.
Result<void> check_node_names(const Graph& graph, const std::vector<std::string>& names);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_NODE_NAMES_H_
