// SPDX-License-Identifier: Apache-2.0
// Looking backwards from a tensor for the operators that made it, for passes that put one node in place of several.
#ifndef OCTET_PASSES_SUBGRAPH_H_
#define OCTET_PASSES_SUBGRAPH_H_

#include <cmath>
#include <optional>

#include "ops/binary.h"
#include "passes/pass.h"

namespace octet {

class Subgraph {
 public:
  explicit Subgraph(const Graph& graph) : graph_(graph), uses_(find_uses(graph)) {}

  const Graph& graph() const { return graph_; }
  const Uses& uses() const { return uses_; }

  // The node that makes `tensor` if it is one of `op` on float32 without a fused activation; else null.
  const Node* made_by(TensorId tensor, const Op& op) const {
    const std::int32_t index = tensor == kNoTensor ? -1 : uses_.producer[static_cast<std::size_t>(tensor)];
    if (index < 0) return nullptr;
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    return node.is(op) && is_plain(node) ? &node : nullptr;
  }

  bool is_plain(const Node& node) const {
    if (graph_.tensor(node.outputs[0]).type != DataType::kFloat32) return false;
    const auto* binary = std::any_cast<BinaryAttrs>(&node.attrs);
    return binary == nullptr || binary->activation == Activation::kNone;
  }

  // The only reader of `tensor` if it is a node of `op`, else null.
  const Node* only_reader(TensorId tensor, const Op& op) const {
    const std::int32_t index = uses_.single_consumer(tensor);
    if (index < 0) return nullptr;
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    return node.is(op) && is_plain(node) ? &node : nullptr;
  }

  // The value of a float32 constant of one element.
  std::optional<float> scalar(TensorId tensor) const {
    if (tensor == kNoTensor) return std::nullopt;
    const Tensor& constant = graph_.tensor(tensor);
    if (!constant.is_constant || constant.type != DataType::kFloat32 || num_elements(constant.shape) != 1) return std::nullopt;
    return constant.values<float>()[0];
  }
  // Within float32 rounding of `value`, which exporters write with few digits.
  bool is_scalar(TensorId tensor, double value) const {
    const std::optional<float> found = scalar(tensor);
    return found && std::fabs(double{*found} - value) <= 1e-4 * std::fabs(value);
  }

  // The other operand of a commutative node of which one is a constant with `value`.
  std::optional<TensorId> operand_beside(const Node& node, double value) const {
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
      if (is_scalar(node.inputs[i], value)) return node.inputs[1 - i];
    return std::nullopt;
  }

 private:
  const Graph& graph_;
  Uses uses_;
};

}  // namespace octet

#endif  // OCTET_PASSES_SUBGRAPH_H_
