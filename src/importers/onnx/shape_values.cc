// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/shape_values.h"

#include <algorithm>

#include "ops/concat.h"
#include "ops/evaluate.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"

namespace octet {
namespace {

// Longer tensors are no shapes.
constexpr std::size_t kMaxValues = 64;

bool is_size_type(DataType type) { return type == DataType::kInt64 || type == DataType::kInt32; }

bool may_hold_sizes(const Tensor& tensor) {
  const auto count = num_elements(tensor.shape);
  return is_size_type(tensor.type) && tensor.shape.size() <= 1 && count && *count <= static_cast<std::int64_t>(kMaxValues);
}

// Operators whose outputs are elements of their inputs; gather's second input holds positions, not elements.
bool moves_elements(const Node& node) {
  return keeps_elements(*node.op) || node.is(kConcat) || node.is(kSlice) || node.is(kGather) || node.is(kCast);
}

}  // namespace

std::optional<std::vector<DimensionValue>> ShapeValues::find(const Graph& graph, TensorId id) const {
  if (id == kNoTensor) return std::nullopt;
  const Tensor& tensor = graph.tensor(id);
  if (tensor.is_constant && may_hold_sizes(tensor)) {
    const auto integers = integer_values(tensor);
    if (!integers.ok()) return std::nullopt;
    std::vector<DimensionValue> values;
    for (const std::int64_t value : *integers) values.push_back({value, false});
    return values;
  }
  const auto found = values_.find(id);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void ShapeValues::follow(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return;
  const TensorId output = node.outputs[0];
  if (node.is(kShapeOf)) {
    const auto& attrs = node.as<ShapeOfAttrs>();
    const Shape& shape = graph.tensor(node.inputs[0]).shape;
    std::vector<DimensionValue> values;
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (static_cast<std::int64_t>(i) >= attrs.start && static_cast<std::int64_t>(i) < attrs.end)
        values.push_back({shape[i], is_symbolic(shape[i])});
    values_[output] = std::move(values);
    return;
  }
  if (!moves_elements(node) || !may_hold_sizes(graph.tensor(output))) return;

  // Runs the operator on positions in `known` in place of the elements: where they end up, the elements do.
  std::vector<DimensionValue> known;
  Graph positions;
  Node copy = node;
  if (node.is(kCast)) copy.op = &kIdentity, copy.attrs = kIdentity.default_attrs();
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor& input = graph.tensor(node.inputs[i]);
    if (node.is(kGather) && i == 1) {
      if (!input.is_constant) return;
      copy.inputs[i] = positions.add_tensor(input);
      continue;
    }
    const auto values = find(graph, node.inputs[i]);
    if (!values) return;
    std::vector<std::int64_t> elements(values->size());
    for (std::size_t k = 0; k < elements.size(); ++k) elements[k] = static_cast<std::int64_t>(known.size() + k);
    known.insert(known.end(), values->begin(), values->end());
    copy.inputs[i] = positions.add_tensor(make_constant(input.name, input.shape, elements));
  }
  Tensor moved = graph.tensor(output);
  moved.type = DataType::kInt64;
  copy.outputs = {positions.add_tensor(moved)};
  const auto result = evaluate_node(positions, copy);
  if (!result.ok()) return;
  std::vector<DimensionValue> values;
  for (const std::int64_t position : result->front().values<std::int64_t>()) {
    if (position < 0 || static_cast<std::size_t>(position) >= known.size()) return;
    values.push_back(known[static_cast<std::size_t>(position)]);
  }
  values_[output] = std::move(values);
}

}  // namespace octet
