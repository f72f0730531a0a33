// SPDX-License-Identifier: Apache-2.0
// How each operator behaves in an int8 graph: where its output's range comes from.
#ifndef OCTET_QUANTIZERS_FULL_OP_RULES_H_
#define OCTET_QUANTIZERS_FULL_OP_RULES_H_

#include <optional>

#include "ir/graph.h"
#include "ops/define.h"

namespace octet {

enum class RangeRule {
  kObserved,     // the output's own observed range, cut to what a fused activation lets through
  kSameAsInput,  // moves or selects elements: output and input share parameters
  kShared,       // all activation inputs and outputs share parameters (concat)
  kFixed,        // known in advance: sigmoid and softmax end in [0, 1]
};

struct OpRule {
  const Op* op;
  RangeRule rule;
  float fixed_min = 0.0f, fixed_max = 0.0f;  // with kFixed
};

// Null: the operator has no int8 form.
const OpRule* find_op_rule(const Op& op);

// The rule that holds for this very node.
RangeRule range_rule(const OpRule& rule, const Node& node);

// Bounds of the node's output that hold for every input: activations and clips. Unbounded where nothing is known.
struct OutputBounds {
  float min, max;
};
OutputBounds output_bounds(const Node& node);

// The weights of a convolution or fully connected node as [channels = shape[0]] rows: input index 1 is constant weights,
// input index 2 an optional bias.
bool has_weights(const Node& node);

// A fully connected layer, or what computes the same: a convolution of an image of one pixel with a window of one.
bool is_fully_connected(const Graph& graph, const Node& node);
Activation layer_activation(const Node& node);  // of a node with weights

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_OP_RULES_H_
