// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/residual.h"

#include "ops/binary.h"

namespace octet {

std::optional<std::size_t> residual_input(const OperatorContext& add, const Node& layer) {
  if (!add.node.is(kAdd)) return std::nullopt;
  const std::size_t other = add.node.inputs[0] == layer.outputs[0] ? 1 : 0;
  // Where nothing is repeated, shapes differ in leading dimensions of 1 at most.
  for (const Tensor* tensor : {&add.input(0), &add.input(1)})
    if (tensor->type != add.output().type || element_count(*tensor) != element_count(add.output())) return std::nullopt;
  return other;
}

}  // namespace octet
