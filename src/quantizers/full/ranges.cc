// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/ranges.h"

#include <algorithm>
#include <numeric>

#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "quantizers/full/borders.h"
#include "quantizers/full/op_rules.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Only operators that move elements lie between the tensor and graph outputs.
bool only_feeds_outputs(const Graph& graph, const Uses& uses, TensorId tensor) {
  const auto t = static_cast<std::size_t>(tensor);
  return std::all_of(uses.consumers[t].begin(), uses.consumers[t].end(), [&](std::int32_t consumer) {
    const Node& node = graph.nodes[static_cast<std::size_t>(consumer)];
    const OpRule* rule = find_op_rule(*node.op);
    return rule != nullptr && range_rule(*rule, node) == RangeRule::kSameAsInput && only_feeds_outputs(graph, uses, node.outputs[0]);
  });
}

// Groups of tensors that must have equal parameters.
class TensorGroups {
 public:
  explicit TensorGroups(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), TensorId{0}); }

  TensorId root(TensorId id) {
    while (parent_[static_cast<std::size_t>(id)] != id) {
      TensorId& parent = parent_[static_cast<std::size_t>(id)];
      parent = parent_[static_cast<std::size_t>(parent)];
      id = parent;
    }
    return id;
  }
  void unite(TensorId a, TensorId b) {
    const TensorId ra = root(a), rb = root(b);
    parent_[static_cast<std::size_t>(std::max(ra, rb))] = std::min(ra, rb);
  }

 private:
  std::vector<TensorId> parent_;
};

// The integer kernels take rows along the last dimension that is not 1.
bool is_softmax_of_rows(const Graph& graph, const Node& node) {
  const Shape& shape = graph.tensor(node.inputs[0]).shape;
  const auto axis = normalize_axis(node.as<SoftmaxAttrs>().axis, shape.size());
  return axis && std::all_of(shape.begin() + static_cast<std::ptrdiff_t>(*axis) + 1, shape.end(), [](std::int64_t d) { return d == 1; });
}

// Whether a size that the node reads or makes is known only while running: such nodes run by references, in float.
bool has_unknown_size(const Graph& graph, const Node& node) {
  const auto varies = [&](TensorId id) {
    if (id == kNoTensor) return false;
    const Shape& shape = graph.tensor(id).shape;
    return std::find(shape.begin(), shape.end(), kUnknownDimension) != shape.end();
  };
  return std::any_of(node.inputs.begin(), node.inputs.end(), varies) || std::any_of(node.outputs.begin(), node.outputs.end(), varies);
}

// Why the node cannot be int8; empty if it can. `is_int8`: tensors that exist in int8 so far, or can be made so.
std::string reason_against(const Graph& graph, const Uses& uses, const Node& node, const FullQuantOptions& options,
                           const std::vector<bool>& is_int8) {
  if (is_skipped(node, options.skip_nodes, options.skip_ops)) return "skipped by configuration";
  const OpRule* rule = find_op_rule(*node.op);
  if (rule == nullptr || !runs_in_int8(*options.target, node.op->name))
    return fmt::format("operator {} has no int8 form on {}", node.op->name, options.target->name);
  if (has_unknown_size(graph, node)) return "its shapes depend on values";
  for (const TensorId id : node.outputs)
    if (graph.tensor(id).type != DataType::kFloat32) return "its output is not float32";
  if (graph.tensor(node.inputs[0]).type != DataType::kFloat32) return "its input is not float32";
  if (has_weights(node)) {
    if (std::string reason = reason_against_layer(graph, node); !reason.empty()) return reason;
  }
  if (node.is(kMatmul) && node.inputs.size() > 2 && node.inputs[2] != kNoTensor) return "it adds a bias to a product of activations";
  if (node.is(kSoftmax) && !is_softmax_of_rows(graph, node)) return "its axis is not the last dimension";
  if (node.is(kSoftmax) && only_feeds_outputs(graph, uses, node.outputs[0]))
    return "it makes a graph output, which is float anyway";
  // Moving float elements is better done in float, before or after the border.
  if (range_rule(*rule, node) == RangeRule::kSameAsInput && !is_int8[static_cast<std::size_t>(node.inputs[0])])
    return "it only moves elements of a float tensor";
  return "";
}

// The output's values are among the inputs' values.
bool is_within_inputs(const Node& node, RangeRule rule) {
  if (node.is(kPad) && node.as<PadAttrs>().mode == PadKind::kConstant && node.as<PadAttrs>().value != 0.0f) return false;
  return rule == RangeRule::kSameAsInput || rule == RangeRule::kShared;
}

TensorRange extremes(const Tensor& constant) {
  TensorRange range;
  for (const float value : constant.values<float>()) range = span(range, {value, value});
  return range;
}

}  // namespace

bool is_skipped(const Node& node, const std::vector<std::string>& names, const std::vector<std::string>& ops) {
  if (contains(names, node.name) || contains(ops, node.op->name)) return true;
  return std::any_of(node.absorbed.begin(), node.absorbed.end(), [&](const std::string& name) { return contains(names, name); });
}

std::string reason_against_layer(const Graph& graph, const Node& node) {
  const Tensor& weights = graph.tensor(node.inputs[1]);
  if (!weights.is_constant) return "its weights are not constant";
  if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor && !graph.tensor(node.inputs[2]).is_constant)
    return "its bias is not constant";
  const std::int64_t products = num_elements(weights.shape).value_or(0) / std::max<std::int64_t>(weights.shape[0], 1);
  if (products > static_cast<std::int64_t>(kMaxQs8Products))
    return fmt::format("it sums {} products, int32 is safe up to {}", products, kMaxQs8Products);
  return "";
}

Selection select_nodes(const Graph& graph, const FullQuantOptions& options) {
  const Uses uses = find_uses(graph);
  Selection selection;
  selection.quantized.assign(graph.nodes.size(), false);
  selection.reasons.assign(graph.nodes.size(), "");
  std::vector<bool> is_int8(graph.tensors.size(), false);
  for (const TensorId id : graph.inputs)
    is_int8[static_cast<std::size_t>(id)] = graph.tensor(id).type == DataType::kFloat32;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    selection.reasons[i] = reason_against(graph, uses, node, options, is_int8);
    selection.quantized[i] = selection.reasons[i].empty();
    for (const TensorId id : node.outputs) is_int8[static_cast<std::size_t>(id)] = selection.quantized[i];
  }
  selection.float_result.assign(graph.nodes.size(), false);
  if (options.settle_borders && options.target->runs_here) settle_borders(graph, selection);
  return selection;
}

std::vector<FloatNode> float_nodes(const Graph& graph, const Selection& selection) {
  std::vector<FloatNode> result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (!selection.quantized[i])
      result.push_back({graph.nodes[i].name, std::string(graph.nodes[i].op->name), selection.reasons[i]});
  return result;
}

std::vector<std::optional<TensorRange>> choose_ranges(const Graph& graph, const Selection& selection,
                                                      const std::vector<std::optional<TensorRange>>& observed) {
  TensorGroups groups(graph.tensors.size());
  std::vector<std::optional<TensorRange>> own(graph.tensors.size());   // before groups are united
  std::vector<bool> fixed(graph.tensors.size(), false), within_inputs(graph.tensors.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!selection.quantized[i]) continue;
    const Node& node = graph.nodes[i];
    const OpRule& op_rule = *find_op_rule(*node.op);
    const RangeRule rule = range_rule(op_rule, node);
    const OutputBounds bounds = output_bounds(node);
    for (const TensorId id : node.outputs) {
      const auto t = static_cast<std::size_t>(id);
      if (rule == RangeRule::kFixed) {
        own[t] = TensorRange{op_rule.fixed_min, op_rule.fixed_max};
        fixed[t] = true;
      } else if (observed[t]) {
        own[t] = TensorRange{std::max(observed[t]->min, bounds.min), std::min(observed[t]->max, bounds.max)};
      }
      within_inputs[t] = is_within_inputs(node, rule);
      if (rule == RangeRule::kSameAsInput || rule == RangeRule::kShared) groups.unite(id, node.inputs[0]);
    }
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor) continue;
      const auto t = static_cast<std::size_t>(id);
      if (!own[t] && observed[t]) own[t] = observed[t];
      if (rule != RangeRule::kShared) continue;
      if (graph.tensor(id).is_constant) own[t] = extremes(graph.tensor(id));
      groups.unite(id, node.inputs[0]);
    }
  }

  // A group's range spans its members'. Beside a fixed member those that only hold others' values do not count: what was
  // observed of them may lie a little outside the fixed range, and kernels demand just that one.
  std::vector<bool> root_fixed(graph.tensors.size(), false);
  for (std::size_t t = 0; t < own.size(); ++t)
    if (fixed[t]) root_fixed[static_cast<std::size_t>(groups.root(static_cast<TensorId>(t)))] = true;
  std::vector<std::optional<TensorRange>> of_root(graph.tensors.size());
  for (std::size_t t = 0; t < own.size(); ++t) {
    const auto root = static_cast<std::size_t>(groups.root(static_cast<TensorId>(t)));
    if (!own[t] || (root_fixed[root] && within_inputs[t])) continue;
    of_root[root] = of_root[root] ? span(*of_root[root], *own[t]) : *own[t];
  }
  std::vector<std::optional<TensorRange>> ranges(graph.tensors.size());
  for (std::size_t t = 0; t < ranges.size(); ++t)
    if (own[t]) ranges[t] = of_root[static_cast<std::size_t>(groups.root(static_cast<TensorId>(t)))];
  return ranges;
}

}  // namespace octet
