// SPDX-License-Identifier: Apache-2.0
// Operators that make constants or numbers of shapes.
#include <cmath>

#include "importers/onnx/handlers.h"
#include "ops/gather.h"

namespace octet {
namespace {

// A file of few bytes must not make us fill the memory: what is generated, not stored, stays below this.
constexpr std::int64_t kMaxGeneratedBytes = std::int64_t{1} << 30;

Result<void> check_generated_size(const OnnxNode& node, std::optional<std::int64_t> count, DataType type) {
  const auto size = static_cast<std::int64_t>(data_type_size(type));
  if (count && *count <= kMaxGeneratedBytes / size) return {};
  return node.error(ErrorCode::kUnsupported, "makes a constant of more than {} MiB", kMaxGeneratedBytes >> 20);
}

}  // namespace

// ONNX Constant: exactly one of the value attributes. https://onnx.ai/onnx/operators/onnx__Constant.html
Result<void> import_constant(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const onnx::TensorProto* proto, node.get_tensor("value"));
  if (proto != nullptr) {
    auto tensor = import_tensor(*proto, node.output_name(0), graph.external());
    if (!tensor) return node.located(std::move(tensor).error());
    graph.add_constant(node, std::move(*tensor));
    return {};
  }
  if (node.has_attribute("value_float")) {
    OCTET_ASSIGN_OR_RETURN(const float value, node.get_float("value_float", 0.0f));
    graph.add_constant(node, make_constant("", {}, std::vector<float>{value}));
  } else if (node.has_attribute("value_int")) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t value, node.get_int("value_int", 0));
    graph.add_constant(node, make_constant("", {}, std::vector<std::int64_t>{value}));
  } else if (node.has_attribute("value_floats")) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<float> values, node.get_floats("value_floats"));
    graph.add_constant(node, make_constant("", {static_cast<std::int64_t>(values.size())}, values));
  } else if (node.has_attribute("value_ints")) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<std::int64_t> values, node.get_ints("value_ints"));
    graph.add_constant(node, make_constant("", {static_cast<std::int64_t>(values.size())}, values));
  } else {
    return node.error(ErrorCode::kUnsupported, "has none of the attributes value, value_float(s), value_int(s)");
  }
  return {};
}

// ONNX ConstantOfShape: the shape of input 0 filled with the one element of `value` (default float 0).
// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html
Result<void> import_constant_of_shape(const OnnxNode& node, OnnxGraph& graph) {
  Tensor value = make_constant("", {1}, std::vector<float>{0.0f});
  OCTET_ASSIGN_OR_RETURN(const onnx::TensorProto* proto, node.get_tensor("value"));
  if (proto != nullptr) {
    auto tensor = import_tensor(*proto, "value", graph.external());
    if (!tensor) return node.located(std::move(tensor).error());
    value = std::move(*tensor);
  }
  if (num_elements(value.shape) != 1)
    return node.error(ErrorCode::kInvalidModel, "value has shape [{}], expected one element", fmt::join(value.shape, ", "));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, graph.integers(node, 0, "shape"));
  const auto count = num_elements(shape);
  if (!is_fixed(shape) || shape.size() > kMaxRank)
    return node.error(ErrorCode::kInvalidModel, "shape is [{}]", fmt::join(shape, ", "));
  OCTET_RETURN_IF_ERROR(check_generated_size(node, count, value.type));
  const auto element = value.data.bytes();
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<std::size_t>(*count) * element.size());
  for (std::int64_t i = 0; i < *count; ++i) bytes.insert(bytes.end(), element.begin(), element.end());
  graph.add_constant(node, make_constant("", value.type, shape, std::move(bytes)));
  return {};
}

namespace {

// start, start + delta, ... before limit.
template <typename T>
Result<Tensor> range_values(const OnnxNode& node, double start, double limit, double delta) {
  const double length = std::max(std::ceil((limit - start) / delta), 0.0);
  const double most = static_cast<double>(kMaxGeneratedBytes);
  OCTET_RETURN_IF_ERROR(check_generated_size(node, length < most ? std::optional(static_cast<std::int64_t>(length)) : std::nullopt,
                                             kDataTypeOf<T>));
  std::vector<T> values(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(start + static_cast<double>(i) * delta);
  return make_constant("", {static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__Range.html; of constants only.
Result<void> import_range(const OnnxNode& node, OnnxGraph& graph) {
  constexpr double kMaxExact = 0x1p53;  // integers up to here are exact in double
  OCTET_ASSIGN_OR_RETURN(const TensorId start_id, node.input(0, "start"));
  OCTET_ASSIGN_OR_RETURN(const TensorId limit_id, node.input(1, "limit"));
  OCTET_ASSIGN_OR_RETURN(const TensorId delta_id, node.input(2, "delta"));
  OCTET_ASSIGN_OR_RETURN(const double start, graph.number(node, start_id, "start"));
  OCTET_ASSIGN_OR_RETURN(const double limit, graph.number(node, limit_id, "limit"));
  OCTET_ASSIGN_OR_RETURN(const double delta, graph.number(node, delta_id, "delta"));
  // The negations also catch NaN.
  if (!(std::abs(start) < kMaxExact) || !(std::abs(limit) < kMaxExact) || !(std::abs(delta) < kMaxExact) || delta == 0.0)
    return node.error(ErrorCode::kInvalidModel, "range from {} to {} by {} is impossible", start, limit, delta);
  const DataType type = graph.tensor(start_id).type;
  Result<Tensor> values = node.error(ErrorCode::kUnsupported, "ranges of {} are not supported", data_type_name(type));
  if (type == DataType::kFloat32) values = range_values<float>(node, start, limit, delta);
  if (type == DataType::kFloat64) values = range_values<double>(node, start, limit, delta);
  if (type == DataType::kInt32) values = range_values<std::int32_t>(node, start, limit, delta);
  if (type == DataType::kInt64) values = range_values<std::int64_t>(node, start, limit, delta);
  if (!values) return std::move(values).error();
  graph.add_constant(node, std::move(*values));
  return {};
}

// https://onnx.ai/onnx/operators/onnx__Cast.html; `saturate` only concerns types of 8-bit floats.
Result<void> import_cast(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("saturate");
  OCTET_ASSIGN_OR_RETURN(const std::int64_t to, node.get_int("to", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const auto type = to > 0 && to < 1000 ? data_type_from_onnx(static_cast<std::int32_t>(to))
                                        : make_error(ErrorCode::kInvalidModel, "attribute 'to' is {}", to);
  if (!type) return node.located(type.error());
  return graph.add(node, kCast, CastAttrs{*type}, {src});
}

// ONNX Shape: dimensions start .. end of the input, negative bounds from the end (both since opset 15). Fixed ones are a
// constant at once. https://onnx.ai/onnx/operators/onnx__Shape.html
Result<void> import_shape(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const Shape shape = graph.shape(src);
  const auto rank = static_cast<std::int64_t>(shape.size());
  OCTET_ASSIGN_OR_RETURN(std::int64_t start, node.get_int("start", 0));
  OCTET_ASSIGN_OR_RETURN(std::int64_t end, node.get_int("end", rank));
  const auto clamped = [rank](std::int64_t bound) { return std::clamp(bound < 0 ? bound + rank : bound, std::int64_t{0}, rank); };
  start = clamped(start);
  end = std::max(start, clamped(end));
  const Shape wanted(shape.begin() + start, shape.begin() + end);
  if (!is_fixed(wanted)) return graph.add(node, kShapeOf, ShapeOfAttrs{start, end}, {src});
  graph.add_constant(node, make_constant("", {end - start}, wanted));
  return {};
}

// https://onnx.ai/onnx/operators/onnx__Size.html
Result<void> import_size(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const auto count = num_elements(graph.shape(src));
  if (!count) return graph.dynamic_error(node, "the number of elements is not known");
  graph.add_constant(node, make_constant("", {}, std::vector<std::int64_t>{*count}));
  return {};
}

}  // namespace octet
