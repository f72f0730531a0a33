// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_IR_VERIFIER_H_
#define OCTET_IR_VERIFIER_H_

#include "ir/graph.h"

namespace octet {

// Checks every invariant of a graph: ids in range, names unique and not empty, one producer per tensor, producers before
// consumers, inputs and outputs present, numbers of inputs and outputs that the operator allows, constants with a fixed
// shape and that many bytes, sane quantization parameters (scale finite and > 0, as many as the axis has channels), and
// types and shapes equal to what shape inference gives. Error: kInvalidGraph naming the node or tensor.
Result<void> verify(const Graph& graph);

}  // namespace octet

#endif  // OCTET_IR_VERIFIER_H_
