// SPDX-License-Identifier: Apache-2.0
// Operators that make constants or numbers of shapes.
#include <algorithm>

#include "importers/onnx/handlers.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/scalar.h"

namespace octet {
namespace {

// The one element of an integer or bool constant; u64 above 2^63 as the number with the same bits.
std::int64_t integer_bits(const Tensor& tensor) {
  if (tensor.type == DataType::kUint64) return static_cast<std::int64_t>(tensor.values<std::uint64_t>()[0]);
  if (tensor.type == DataType::kInt64) return tensor.values<std::int64_t>()[0];
  return static_cast<std::int64_t>(scalar_value(tensor).value());
}

// A file of few bytes must not make us fill the memory: what it asks to generate, and does not store, stays below this.
Result<void> check_generated_size(const OnnxNode& node, const OnnxGraph& graph) {
  constexpr std::int64_t kMaxGeneratedBytes = std::int64_t{1} << 30;
  const Tensor& made = graph.tensor(graph.builder().find(node.output_name(0)));
  const auto count = num_elements(made.shape);
  if (!count || *count <= kMaxGeneratedBytes / static_cast<std::int64_t>(data_type_size(made.type))) return {};
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
  FillAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const onnx::TensorProto* proto, node.get_tensor("value"));
  if (proto != nullptr) {
    const auto tensor = import_tensor(*proto, "value", graph.external());
    if (!tensor) return node.located(tensor.error());
    attrs.type = tensor->type;
    if (is_float(tensor->type)) {
      const auto number = scalar_value(*tensor);
      if (!number) return node.located(number.error());
      attrs.value = static_cast<float>(*number);
    } else if (num_elements(tensor->shape) != 1) {
      return node.error(ErrorCode::kInvalidModel, "value has shape [{}], expected one element", fmt::join(tensor->shape, ", "));
    } else {
      attrs.integer = integer_bits(*tensor);
    }
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId shape, node.input(0, "input"));
  OCTET_RETURN_IF_ERROR(graph.add(node, kFill, attrs, {shape}));
  return check_generated_size(node, graph);
}

// https://onnx.ai/onnx/operators/onnx__Range.html
Result<void> import_range(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId start, node.input(0, "start"));
  OCTET_ASSIGN_OR_RETURN(const TensorId limit, node.input(1, "limit"));
  OCTET_ASSIGN_OR_RETURN(const TensorId delta, node.input(2, "delta"));
  OCTET_RETURN_IF_ERROR(graph.add(node, kRange, NoAttrs{}, {start, limit, delta}));
  return check_generated_size(node, graph);
}

namespace {

// The type that an attribute names, or `fallback` without it.
Result<DataType> type_attribute(const OnnxNode& node, std::string_view name, DataType fallback) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t value, node.get_int(name, 0));
  if (!node.has_attribute(name)) return fallback;
  const auto type = value > 0 && value < 1000 ? data_type_from_onnx(static_cast<std::int32_t>(value))
                                              : make_error(ErrorCode::kInvalidModel, "attribute '{}' is {}", name, value);
  if (!type) return node.located(type.error());
  return type;
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__EyeLike.html
Result<void> import_eye_like(const OnnxNode& node, OnnxGraph& graph) {
  EyeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(attrs.type, type_attribute(node, "dtype", graph.tensor(src).type));
  OCTET_ASSIGN_OR_RETURN(attrs.k, node.get_int("k", 0));
  return graph.add(node, kEye, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__OneHot.html
Result<void> import_one_hot(const OnnxNode& node, OnnxGraph& graph) {
  OneHotAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.get_int("axis", -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(0, "indices"));
  OCTET_ASSIGN_OR_RETURN(const TensorId depth, node.input(1, "depth"));
  OCTET_ASSIGN_OR_RETURN(const TensorId values, node.input(2, "values"));
  return graph.add(node, kOneHot, attrs, {indices, depth, values});
}

// https://onnx.ai/onnx/operators/onnx__Trilu.html
Result<void> import_trilu(const OnnxNode& node, OnnxGraph& graph) {
  TriluAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.upper, node.get_bool("upper", true));
  OCTET_RETURN_IF_ERROR(node.input(0, "input"));
  return graph.add(node, kTrilu, attrs, node.inputs());
}

namespace {

// float16 is computed in float32, but a cast to it rounds.
Result<void> add_cast(const OnnxNode& node, OnnxGraph& graph, TensorId src, DataType to, bool rounds_to_float16) {
  if (rounds_to_float16) {
    OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "float16", kCast, CastAttrs{DataType::kFloat16}, {src}));
  }
  return graph.add(node, kCast, CastAttrs{to}, {src});
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__Cast.html; `saturate` only concerns types of 8-bit floats.
Result<void> import_cast(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("saturate");
  OCTET_ASSIGN_OR_RETURN(const std::int64_t to, node.get_int("to", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const auto type = to > 0 && to < 1000 ? data_type_from_onnx(static_cast<std::int32_t>(to))
                                        : make_error(ErrorCode::kInvalidModel, "attribute 'to' is {}", to);
  if (!type) return node.located(type.error());
  return add_cast(node, graph, src, *type, to == onnx::TensorProto::FLOAT16);
}

// https://onnx.ai/onnx/operators/onnx__CastLike.html
Result<void> import_cast_like(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("saturate");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId target, node.input(1, "target_type"));
  return add_cast(node, graph, src, graph.tensor(target).type, false);
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
  if (const auto count = num_elements(graph.shape(src))) {
    graph.add_constant(node, make_constant("", {}, std::vector<std::int64_t>{*count}));
    return {};
  }
  return graph.add(node, kSizeOf, NoAttrs{}, {src});
}

}  // namespace octet
