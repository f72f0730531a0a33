// SPDX-License-Identifier: Apache-2.0
// Layers that compute in float32 on weights that stay integers in memory.
#ifndef OCTET_RUNTIME_OPERATORS_INTEGER_WEIGHTS_H_
#define OCTET_RUNTIME_OPERATORS_INTEGER_WEIGHTS_H_

#include "ir/graph.h"

namespace octet {

// Whether the node has an operator here that takes input `i`, constant `weights` of integers, as they are.
bool takes_integer_weights(const Graph& graph, const Node& node, std::size_t i, const Tensor& weights);

// Prepares a graph for the makers: layers that can read integer weights that are dequantized while running do, all other
// weights become float constants. The number of weights that had to, although they were to stay integers, is logged.
Result<void> resolve_stored_weights(Graph& graph);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_INTEGER_WEIGHTS_H_
