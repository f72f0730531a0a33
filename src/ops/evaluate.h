// SPDX-License-Identifier: Apache-2.0
// Running nodes by their references, one element after the other: constant folding and the truth for tests.
#ifndef OCTET_OPS_EVALUATE_H_
#define OCTET_OPS_EVALUATE_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

// All inputs of the node are constants (or absent), and its reference can run on them. Operators whose result has a size that
// only their values tell must be small; control flow is left alone, since nothing says how long a loop runs, and so are layers such as conv. shape_of needs no constant, only
// fixed dimensions. Arithmetic on quantized constants is left alone, quantize and dequantize too: folding them would lose
// that a weight is stored in int8.
bool can_fold(const Graph& graph, const Node& node);

// The node's outputs as constants, named as its output tensors. Inputs must be constant.
// Error: kInvalidModel or kUnsupported from the reference.
Result<std::vector<Tensor>> evaluate_node(const Graph& graph, const Node& node);

// The node's outputs without names, from constants (null where absent) in place of its inputs.
// Error: kInvalidModel or kUnsupported from the reference.
Result<std::vector<Tensor>> evaluate_values(const Node& node, std::span<const Tensor* const> inputs);

// Runs a whole graph with fixed shapes on `inputs` (constants, in graph-input order). Returns the outputs in order.
// Float graphs only, unless every quantized node has a reference for its types.
// Error: kInvalidArgument if a shape is not fixed; kInvalidData if an input is missing or has another type or shape.
Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, std::vector<Tensor> inputs);

// The same for a graph whose inputs may be of any size: only ranks and types have to fit.
Result<std::vector<Tensor>> evaluate_dynamic_graph(const Graph& graph, std::vector<Tensor> inputs);

}  // namespace octet

#endif  // OCTET_OPS_EVALUATE_H_
