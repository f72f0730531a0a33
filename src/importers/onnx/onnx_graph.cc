// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_graph.h"

#include <algorithm>
#include <cmath>

#include "importers/onnx/subgraph.h"
#include "ir/text.h"
#include "ops/define.h"
#include "ops/scalar.h"

namespace octet {
namespace {

Result<void> check_finite(const OnnxNode& node, const Tensor& tensor, std::string_view what) {
  const SharedBytes borrowed = tensor.data.borrow();
  const std::span<const float> values = tensor.values<float>(borrowed);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return node.error(ErrorCode::kInvalidModel, "{} '{}' has {} at element {}; weights must be finite numbers", what,
                      tensor.name, values[i], i);
  }
  return {};
}

}  // namespace

Shape without_symbols(Shape shape) {
  std::replace_if(shape.begin(), shape.end(), is_symbolic, kUnknownDimension);
  return shape;
}

bool OnnxGraph::is_outer(const std::string& name) const {
  return outer_ != nullptr && (outer_->builder_.find(name) != kNoTensor || outer_->is_outer(name));
}

TensorId OnnxGraph::find(const std::string& name) {
  if (const TensorId id = builder_.find(name); id != kNoTensor || outer_ == nullptr) return id;
  const TensorId outer_id = outer_->find(name);
  if (outer_id == kNoTensor) return kNoTensor;
  const Tensor& tensor = outer_->tensor(outer_id);
  if (tensor.is_constant) return builder_.add_constant(tensor, name);
  captured_.push_back(outer_id);
  return builder_.add_input(name, tensor.type, without_symbols(tensor.shape), Layout::kNone);
}

Result<void> OnnxGraph::add(const OnnxNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  const std::string& output = node.output_name(0);
  OCTET_RETURN_IF_ERROR(builder_.add(op, std::move(attrs), std::move(inputs), node.name(), output));
  follow_shape_value(output);
  return {};
}

Result<void> OnnxGraph::add_multi(const OnnxNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < node.num_outputs(); ++i) outputs.push_back(node.output_name(i));
  OCTET_RETURN_IF_ERROR(builder_.add_multi(op, std::move(attrs), std::move(inputs), node.name(), outputs));
  return {};
}

Result<TensorId> OnnxGraph::add_inner(const OnnxNode& node, std::string_view suffix, const Op& op, std::any attrs,
                                      std::vector<TensorId> inputs) {
  return builder_.add(op, std::move(attrs), std::move(inputs), node.inner_name(suffix));
}

void OnnxGraph::add_constant(const OnnxNode& node, Tensor constant) {
  constant.name = node.output_name(0);
  builder_.add_constant(std::move(constant), node.output_name(0));
}

TensorId OnnxGraph::inner_constant(const OnnxNode& node, std::string_view suffix, Tensor constant) {
  constant.name = node.inner_name(suffix);
  return builder_.add_constant(std::move(constant));
}

TensorId OnnxGraph::inner_scalar(const OnnxNode& node, std::string_view suffix, float value) {
  return inner_constant(node, suffix, make_constant("", {}, std::vector<float>{value}));
}

void OnnxGraph::follow_shape_value(std::string_view output_name) {
  const Graph& graph = builder_.graph();
  const TensorId id = builder_.find(output_name);
  if (is_constant(id) || graph.nodes.empty() || graph.nodes.back().outputs[0] != id) return;
  shape_values_.follow(graph, graph.nodes.back());
  const auto values = shape_values_.find(graph, id);
  if (!values) return;
  std::vector<std::int64_t> numbers;
  for (const DimensionValue& value : *values) {
    if (value.is_symbol) return;
    numbers.push_back(value.value);
  }
  // Nothing symbolic is left: what is computed from it folds.
  const Tensor& computed = tensor(id);
  Tensor constant;
  if (computed.type == DataType::kInt64) {
    constant = make_constant(computed.name, computed.shape, numbers);
  } else {
    constant = make_constant(computed.name, computed.shape, std::vector<std::int32_t>(numbers.begin(), numbers.end()));
  }
  builder_.add_constant(std::move(constant), output_name);
}

Result<TensorId> OnnxGraph::weights(const OnnxNode& node, std::size_t i, std::string_view what) const {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  const Tensor& input = tensor(id);
  if (!input.is_constant) {
    return node.error(ErrorCode::kUnsupported, "{} '{}' is computed while the model runs; Octet needs it as an initializer",
                      what, input.name);
  }
  if (input.type != DataType::kFloat32) {
    return node.error(ErrorCode::kUnsupported, "{} '{}' has type {}, expected f32", what, input.name,
                      data_type_name(input.type));
  }
  OCTET_RETURN_IF_ERROR(check_finite(node, input, what));
  return id;
}

Result<std::vector<std::int64_t>> OnnxGraph::integers(const OnnxNode& node, std::size_t i, std::string_view what) const {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  if (!is_constant(id)) return dynamic_error(node, fmt::format("{} '{}' is not constant", what, tensor(id).name));
  if (tensor(id).shape.size() > 1) {
    return node.error(ErrorCode::kInvalidModel, "{} '{}' has {} dimensions, expected at most 1", what, tensor(id).name,
                      tensor(id).shape.size());
  }
  auto values = integer_values(tensor(id));
  if (!values) return node.located(at(what, std::move(values).error()));
  return values;
}

Result<std::vector<DimensionValue>> OnnxGraph::dimensions(const OnnxNode& node, std::size_t i, std::string_view what) const {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  if (auto values = shape_values_.find(builder_.graph(), id)) return std::move(*values);
  OCTET_ASSIGN_OR_RETURN(const std::vector<std::int64_t> numbers, integers(node, i, what));
  std::vector<DimensionValue> values;
  for (const std::int64_t number : numbers) values.push_back({number, false});
  return values;
}

Result<std::optional<std::vector<std::int64_t>>> OnnxGraph::integers_of_attribute_or_input(const OnnxNode& node,
                                                                                           std::string_view name,
                                                                                           std::int64_t input_since,
                                                                                           std::size_t i) const {
  if (node.opset() >= input_since) {
    if (node.optional_input(i) == kNoTensor) return std::optional<std::vector<std::int64_t>>();
    OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> values, integers(node, i, name));
    return std::optional(std::move(values));
  }
  if (!node.has_attribute(name)) return std::optional<std::vector<std::int64_t>>();
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> values, node.get_ints(name));
  return std::optional(std::move(values));
}

Result<double> OnnxGraph::number(const OnnxNode& node, TensorId id, std::string_view what) const {
  if (!is_constant(id)) return dynamic_error(node, fmt::format("{} '{}' is not constant", what, tensor(id).name));
  const auto value = scalar_value(tensor(id));
  if (!value) return node.located(at(what, value.error()));
  return *value;
}

Result<std::int64_t> OnnxGraph::axis(const OnnxNode& node, std::int64_t axis, std::size_t rank) const {
  if (const auto normal = normalize_axis(axis, rank)) return static_cast<std::int64_t>(*normal);
  return node.error(ErrorCode::kInvalidModel, "axis {} is outside [-{}, {}), the dimensions of its input", axis, rank, rank);
}

Result<std::vector<std::int64_t>> OnnxGraph::axes(const OnnxNode& node, std::vector<std::int64_t> axes, std::size_t rank) const {
  std::vector<bool> seen(rank, false);
  for (std::int64_t& a : axes) {
    OCTET_ASSIGN_OR_RETURN(a, axis(node, a, rank));
    if (seen[static_cast<std::size_t>(a)]) return node.error(ErrorCode::kInvalidModel, "axis {} is given twice", a);
    seen[static_cast<std::size_t>(a)] = true;
  }
  return axes;
}

Result<std::vector<std::int64_t>> OnnxGraph::reshape_target(const OnnxNode& node, const Shape& src, const Shape& dst) const {
  std::vector<std::int64_t> target;
  bool has_rest = false;  // a -1
  for (std::size_t i = 0; i < dst.size(); ++i) {
    if (!is_symbolic(dst[i])) {
      target.push_back(dst[i]);
    } else if (i < src.size() && src[i] == dst[i] && dst[i] != kUnknownDimension) {
      target.push_back(0);
    } else if (!has_rest) {
      target.push_back(-1);
      has_rest = true;
    } else {
      return dynamic_error(node, "more than one dimension of its result is not known");
    }
  }
  return target;
}

Error OnnxGraph::dynamic_error(const OnnxNode& node, std::string_view fact) const {
  const Graph& graph = builder_.graph();
  std::vector<std::string> inputs;
  for (const TensorId id : graph.inputs) {
    const Tensor& input = graph.tensor(id);
    if (!is_fixed(input.shape)) inputs.push_back(fmt::format("'{}' {}", input.name, print_shape(graph, input.shape)));
  }
  if (inputs.empty()) {
    return node.error(ErrorCode::kUnsupported, "{}: it depends on the input's values, which Octet does not support", fact);
  }
  return node.error(ErrorCode::kUnsupported,
                    "{}; if it depends on the dynamic shape of {}, fix that with --inputShape=NAME:D0,D1,...", fact,
                    fmt::join(inputs, ", "));
}

}  // namespace octet
