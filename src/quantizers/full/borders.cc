// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/borders.h"

#include <algorithm>

#include "ops/unary.h"
#include "quantizers/full/op_rules.h"

namespace octet {
namespace {

constexpr std::string_view kAmongFloat = "it stands among float nodes: in int8 it would need more conversions than it saves";
constexpr std::string_view kOfLayer = "it is computed from its layer's exact sums";

class Settler {
 public:
  Settler(const Graph& graph, Selection& selection) : graph_(graph), selection_(selection), uses_(find_uses(graph)) {}

  void run() {
    // Each change makes more of the graph float, so this ends.
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        if (!selection_.quantized[i] || has_weights(graph_.nodes[i])) continue;
        const bool is_of_layer = is_computed_by_its_layer(graph_.nodes[i]);
        if (!is_of_layer && !is_better_float(i)) continue;
        selection_.quantized[i] = false;
        selection_.reasons[i] = is_of_layer ? kOfLayer : kAmongFloat;
        changed = true;
      }
    }
    selection_.float_result.assign(graph_.nodes.size(), false);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      selection_.float_result[i] = selection_.quantized[i] && gives_either(graph_.nodes[i]) && is_read_as_float(graph_.nodes[i].outputs[0]);
  }

 private:
  bool is_quantized(std::int32_t node) const { return selection_.quantized[static_cast<std::size_t>(node)]; }
  const std::vector<std::int32_t>& readers(TensorId id) const { return uses_.consumers[static_cast<std::size_t>(id)]; }

  std::int64_t elements(TensorId id) const { return num_elements(graph_.tensor(id).shape).value_or(0); }

  // A layer whose accumulators become floats as easily as bytes.
  bool gives_either(const Node& node) const { return is_fully_connected(graph_, node); }

  // Made by such a layer, and perhaps moved since.
  bool comes_in_either_form(TensorId id) const {
    const std::int32_t producer = uses_.producer[static_cast<std::size_t>(id)];
    if (producer < 0 || !is_quantized(producer)) return false;
    const Node& node = graph_.nodes[static_cast<std::size_t>(producer)];
    if (gives_either(node)) return true;
    const bool moves = !has_weights(node) && range_rule(*find_op_rule(*node.op), node) == RangeRule::kSameAsInput;
    return moves && uses_.single_consumer(node.inputs[0]) >= 0 && comes_in_either_form(node.inputs[0]);
  }

  // GELU takes the layer's accumulators, as exact as they are, for the price of a table of bytes.
  bool is_computed_by_its_layer(const Node& node) const {
    if (!node.is(kGelu)) return false;
    const std::int32_t producer = uses_.producer[static_cast<std::size_t>(node.inputs[0])];
    return producer >= 0 && is_quantized(producer) && gives_either(graph_.nodes[static_cast<std::size_t>(producer)]) &&
           uses_.single_consumer(node.inputs[0]) >= 0;
  }

  bool is_read_as_float(TensorId id) const {
    const auto& of = readers(id);
    return std::none_of(of.begin(), of.end(), [&](std::int32_t reader) { return is_quantized(reader); });
  }

  bool is_read_by_other(TensorId id, std::size_t node, bool quantized) const {
    const auto& of = readers(id);
    return std::any_of(of.begin(), of.end(), [&](std::int32_t reader) {
      return static_cast<std::size_t>(reader) != node && is_quantized(reader) == quantized;
    });
  }

  // What the node's inputs and outputs cost with the node in either form. Graph inputs and outputs are float anyway: the border
  // there only moves.
  bool is_better_float(std::size_t i) const {
    const Node& node = graph_.nodes[i];
    std::int64_t as_int8 = 0, as_float = 0;
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor || graph_.tensor(id).is_constant) continue;
      const std::int32_t producer = uses_.producer[static_cast<std::size_t>(id)];
      if (producer < 0) continue;
      if (!is_quantized(producer)) {
        if (!is_read_by_other(id, i, true)) as_int8 += elements(id);
      } else if (!comes_in_either_form(id)) {
        if (!is_read_by_other(id, i, false)) as_float += elements(id);
      }
    }
    for (const TensorId id : node.outputs) {
      if (is_read_by_other(id, i, false)) as_int8 += elements(id);
      if (is_read_by_other(id, i, true)) as_float += elements(id);
    }
    // What moves the values of a float node can become one with it (an attention's transposes).
    const std::int32_t producer = uses_.producer[static_cast<std::size_t>(node.inputs[0])];
    const bool follows_float = producer >= 0 && !is_quantized(producer);
    const bool computes = range_rule(*find_op_rule(*node.op), node) != RangeRule::kSameAsInput;
    return as_int8 > 0 && (as_float < as_int8 || (as_float == as_int8 && (computes || follows_float)));
  }

  const Graph& graph_;
  Selection& selection_;
  const Uses uses_;
};

}  // namespace

void settle_borders(const Graph& graph, Selection& selection) { Settler(graph, selection).run(); }

}  // namespace octet
