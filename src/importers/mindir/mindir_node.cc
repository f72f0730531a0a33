// SPDX-License-Identifier: Apache-2.0
#include "importers/mindir/mindir_node.h"

#include <cmath>

namespace octet {

using Kind = MindirValue::Kind;

namespace {

constexpr int kMaxTupleDepth = 8;

std::optional<DataType> stored_type(int type) {
  switch (type) {
    case 1:
      return DataType::kFloat32;
    case 2:
      return DataType::kUint8;
    case 3:
      return DataType::kInt8;
    case 5:
      return DataType::kInt16;
    case 6:
      return DataType::kInt32;
    case 7:
      return DataType::kInt64;
    case 9:
      return DataType::kBool;
    case 10:
      return DataType::kFloat16;
    case 11:
      return DataType::kFloat64;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<DataType> mindir_data_type(int type) {
  const auto stored = stored_type(type);
  if (!stored) return make_error(ErrorCode::kUnsupported, "elements of MindIR's type {} are not supported", type);
  return *stored == DataType::kFloat16 ? DataType::kFloat32 : *stored;
}

Result<Shape> mindir_shape(const mindir::TensorProto& tensor, std::string_view name, std::int64_t least) {
  if (tensor.dims_size() > static_cast<int>(kMaxRank))
    return make_error(ErrorCode::kUnsupported, "tensor '{}' has {} dimensions, at most {} are possible", name,
                      tensor.dims_size(), kMaxRank);
  Shape shape(tensor.dims().begin(), tensor.dims().end());
  for (const std::int64_t d : shape)
    if (d < least) return make_error(ErrorCode::kInvalidModel, "tensor '{}' has a dimension of {}", name, d);
  if (!within_limits(shape))
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': shape [{}] is too large", name, fmt::join(shape, ", "));
  return shape;
}

Result<Tensor> read_mindir_tensor(const mindir::TensorProto& proto, std::string name, CopyBudget& budget) {
  const auto type = stored_type(proto.data_type());
  if (!type)
    return make_error(ErrorCode::kUnsupported, "tensor '{}' has elements of type {}, which Octet does not support",
                      name, proto.data_type());
  if (proto.compression_type() != 0)
    return make_error(ErrorCode::kUnsupported, "tensor '{}': weights compressed as {} are not supported", name,
                      proto.compression_type());
  if (proto.has_external_data())
    return make_error(ErrorCode::kUnsupported, "tensor '{}': data in another file is not supported", name);
  OCTET_ASSIGN_OR_RETURN(Shape shape, mindir_shape(proto, name, 0));
  OCTET_RETURN_IF_ERROR(budget.charge(proto.raw_data().size()));
  const auto count = num_elements(shape);
  if (!count || static_cast<std::size_t>(*count) * data_type_size(*type) != proto.raw_data().size()) {
    return make_error(ErrorCode::kInvalidModel, "tensor '{}' of {}[{}] has {} bytes", name, data_type_name(*type),
                      fmt::join(shape, ", "), proto.raw_data().size());
  }
  const auto bytes = std::as_bytes(std::span(proto.raw_data()));
  Tensor tensor = make_constant(std::move(name), *type, std::move(shape), {bytes.begin(), bytes.end()});
  if (*type == DataType::kFloat16) return dequantized_constant(tensor);
  return tensor;
}

// Types: 1 float, 7 integer and 9 bool (single, or the only one of a list), 8 string, 19 tensor, 20 tuple, 21 list, 23
// monad.
Result<MindirValue> read_mindir_value(const mindir::AttributeProto& attribute, const std::string& name,
                                      GraphBuilder& graph, CopyBudget& budget, int depth) {
  MindirValue value;
  const bool is_tensor = attribute.tensors_size() > 0 || attribute.has_t();
  if (is_tensor) {
    OCTET_ASSIGN_OR_RETURN(
        Tensor tensor,
        read_mindir_tensor(attribute.tensors_size() > 0 ? attribute.tensors(0) : attribute.t(), name, budget));
    value.kind = Kind::kTensor;
    value.tensor = graph.add_constant(std::move(tensor));
  } else if (attribute.values_size() > 0 || attribute.type() == 20 || attribute.type() == 21) {
    if (depth >= kMaxTupleDepth)
      return make_error(ErrorCode::kInvalidModel, "'{}': tuples lie more than {} deep", name, kMaxTupleDepth);
    value.kind = Kind::kTuple;
    for (const auto& item : attribute.values()) {
      OCTET_ASSIGN_OR_RETURN(MindirValue read, read_mindir_value(item, name, graph, budget, depth + 1));
      value.items.push_back(std::move(read));
    }
  } else if (attribute.has_i() || attribute.ints_size() > 0) {
    value.kind = Kind::kInteger;
    value.integer = attribute.has_i() ? attribute.i() : attribute.ints(0);
  } else if (attribute.has_f() || attribute.has_d() || attribute.floats_size() > 0 || attribute.doubles_size() > 0) {
    value.kind = Kind::kReal;
    value.real = attribute.has_f()             ? attribute.f()
                 : attribute.has_d()           ? static_cast<float>(attribute.d())
                 : attribute.floats_size() > 0 ? attribute.floats(0)
                                               : static_cast<float>(attribute.doubles(0));
  } else if (attribute.has_s() || attribute.strings_size() > 0) {
    value.kind = Kind::kString;
    value.string = attribute.has_s() ? attribute.s() : attribute.strings(0);
  }
  return value;
}

Result<TensorId> MindirNode::input(std::size_t i, TensorId like) {
  if (i >= inputs_.size())
    return error(ErrorCode::kInvalidModel, "has {} inputs, input {} is needed", inputs_.size(), i);
  const MindirValue& value = inputs_[i];
  if (value.kind == Kind::kTensor) return value.tensor;
  const bool is_number = value.kind == Kind::kInteger || value.kind == Kind::kReal;
  if (!is_number) return error(ErrorCode::kInvalidModel, "input {} is no tensor", i);
  const std::string suffix = fmt::format("input_{}", i);
  const bool is_real = like == kNoTensor ? value.kind == Kind::kReal : is_float(tensor(like).type);
  if (is_real) return scalar(suffix, value.kind == Kind::kReal ? value.real : static_cast<float>(value.integer));
  if (value.kind == Kind::kReal)
    return error(ErrorCode::kInvalidModel, "input {} is {} beside integers", i, value.real);
  if (like != kNoTensor && tensor(like).type == DataType::kInt32)
    return constant(suffix, make_constant("", {}, std::vector<std::int32_t>{static_cast<std::int32_t>(value.integer)}));
  return constant(suffix, make_constant("", {}, std::vector<std::int64_t>{value.integer}));
}

Result<MindirValue> MindirNode::argument(std::size_t i, std::string_view name) {
  if (i < inputs_.size()) return inputs_[i];
  for (const auto& attribute : attributes_) {
    if (attribute.name() != name) continue;
    auto value = read_mindir_value(attribute, inner_name(name), graph(), budget_);
    if (!value) return error(value.error().code, "{}", value.error().message);
    return value;
  }
  return MindirValue();
}

Result<std::int64_t> MindirNode::integer_argument(std::size_t i, std::string_view name, std::int64_t fallback) {
  OCTET_ASSIGN_OR_RETURN(const Numbers numbers, numbers_argument(i, name));
  if (numbers.empty()) return fallback;
  if (numbers.size() == 1) return numbers[0];
  return error(ErrorCode::kInvalidModel, "{} is [{}], expected one number", name, fmt::join(numbers, ", "));
}

Result<float> MindirNode::real_argument(std::size_t i, std::string_view name, float fallback) {
  OCTET_ASSIGN_OR_RETURN(const MindirValue value, argument(i, name));
  float result = fallback;
  if (value.kind == Kind::kReal)
    result = value.real;
  else if (value.kind == Kind::kInteger)
    result = static_cast<float>(value.integer);
  else if (value.kind == Kind::kTensor) {
    OCTET_ASSIGN_OR_RETURN(result, real(value.tensor, name));
  } else if (value.kind != Kind::kNothing)
    return error(ErrorCode::kInvalidModel, "{} is no number", name);
  if (std::isfinite(result)) return result;
  return error(ErrorCode::kInvalidModel, "{} is {}", name, result);
}

Result<std::string_view> MindirNode::string_attribute(std::string_view name, std::string_view fallback) const {
  for (const auto& attribute : attributes_) {
    if (attribute.name() != name) continue;
    if (attribute.has_s()) return std::string_view(attribute.s());
    return error(ErrorCode::kInvalidModel, "{} is no string", name);
  }
  return fallback;
}

Result<Numbers> MindirNode::numbers_argument(std::size_t i, std::string_view name) {
  OCTET_ASSIGN_OR_RETURN(const MindirValue value, argument(i, name));
  if (value.kind == Kind::kNothing) return Numbers();
  if (value.kind == Kind::kInteger) return Numbers{value.integer};
  if (value.kind == Kind::kTensor) return integers(value.tensor, name, 2 * kMaxRank);
  Numbers numbers;
  bool fits = value.kind == Kind::kTuple && value.items.size() <= 2 * kMaxRank;
  for (std::size_t k = 0; fits && k < value.items.size(); ++k) {
    fits = value.items[k].kind == Kind::kInteger;
    numbers.push_back(value.items[k].integer);
  }
  if (fits) return numbers;
  return error(ErrorCode::kInvalidModel, "{} is no list of at most {} integers", name, 2 * kMaxRank);
}

MindirValue MindirNode::result() const {
  if (output(0) == kNoTensor) return result_;
  MindirValue value;
  value.kind = Kind::kTensor;
  value.tensor = output(0);
  return value;
}

}  // namespace octet
