// SPDX-License-Identifier: Apache-2.0
// A layer and behind it the addition of a tensor of the same shape, which residual networks are made of.
#ifndef OCTET_RUNTIME_OPERATORS_RESIDUAL_H_
#define OCTET_RUNTIME_OPERATORS_RESIDUAL_H_

#include <optional>

#include "runtime/operator.h"

namespace octet {

// Whether the node adds two tensors of its output's type and size, element by element.
bool adds_alike(const Graph& graph, const Node& node);

// Which input of `add` is added to the output of `layer`, its other one, element by element; nothing if `add` is no addition,
// broadcasts, or takes another type.
std::optional<std::size_t> residual_input(const OperatorContext& add, const Node& layer);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_RESIDUAL_H_
