// SPDX-License-Identifier: Apache-2.0
// Running nodes by their references, one element after the other: constant folding and the truth for tests.
#ifndef OCTET_OPS_EVALUATE_H_
#define OCTET_OPS_EVALUATE_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

// All inputs of the node are constants (or absent), and its reference can run on them. shape_of needs no constant, only
// fixed dimensions. Arithmetic on quantized constants is left alone, quantize and dequantize too: folding them would lose
// that a weight is stored in int8.
bool can_fold(const Graph& graph, const Node& node);

// The node's outputs as constants, named as its output tensors. Inputs must be constant.
// Error: kInvalidModel or kUnsupported from the reference.
Result<std::vector<Tensor>> evaluate_node(const Graph& graph, const Node& node);

// Runs a whole graph with fixed shapes on `inputs` (constants, in graph-input order). Returns the outputs in order.
// Float graphs only, unless every quantized node has a reference for its types.
// Error: kInvalidArgument if a shape is not fixed; kInvalidData if an input is missing or has another type or shape.
Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, std::vector<Tensor> inputs);

}  // namespace octet

#endif  // OCTET_OPS_EVALUATE_H_
