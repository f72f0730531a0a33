// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tf_tensor.h"

#include <algorithm>
#include <cstring>

#include "importers/node_builder.h"

namespace octet {

Result<DataType> tf_data_type(int dtype) {
  switch (dtype) {
    case 1:
      return DataType::kFloat32;
    case 2:
      return DataType::kFloat64;
    case 3:
      return DataType::kInt32;
    case 4:
      return DataType::kUint8;
    case 5:
      return DataType::kInt16;
    case 6:
      return DataType::kInt8;
    case 9:
      return DataType::kInt64;
    case 10:
      return DataType::kBool;
    case 19:
      return DataType::kFloat16;
    default:
      break;
  }
  return make_error(ErrorCode::kUnsupported, "elements of TensorFlow's type {} are not supported", dtype);
}

Result<DataType> tf_computed_type(int dtype) {
  OCTET_ASSIGN_OR_RETURN(const DataType type, tf_data_type(dtype));
  return type == DataType::kFloat16 ? DataType::kFloat32 : type;
}

Result<Shape> tf_fixed_shape(const tensorflow::TensorShapeProto& proto) {
  Shape shape;
  if (proto.unknown_rank() || proto.dim_size() > static_cast<int>(kMaxRank))
    return make_error(ErrorCode::kUnsupported, "a constant has {} dimensions, at most {} are possible",
                      proto.dim_size(), kMaxRank);
  for (const auto& dim : proto.dim()) {
    if (dim.size() < 0) return make_error(ErrorCode::kInvalidModel, "a constant has a dimension of {}", dim.size());
    shape.push_back(dim.size());
  }
  if (!within_limits(shape))
    return make_error(ErrorCode::kInvalidModel, "shape [{}] is too large", fmt::join(shape, ", "));
  return shape;
}

Result<Tensor> tf_tensor_of_bytes(int dtype, const tensorflow::TensorShapeProto& proto,
                                  std::span<const std::byte> bytes, std::string name) {
  OCTET_ASSIGN_OR_RETURN(const DataType type, tf_data_type(dtype));
  OCTET_ASSIGN_OR_RETURN(Shape shape, tf_fixed_shape(proto));
  const auto count = num_elements(shape);
  if (!count || static_cast<std::size_t>(*count) * data_type_size(type) != bytes.size()) {
    return make_error(ErrorCode::kInvalidModel, "constant '{}' of {}[{}] has {} bytes", name, data_type_name(type),
                      fmt::join(shape, ", "), bytes.size());
  }
  Tensor tensor = make_constant(std::move(name), type, std::move(shape), {bytes.begin(), bytes.end()});
  if (type == DataType::kFloat16) return dequantized_constant(tensor);
  return tensor;
}

namespace {

// The listed values, the last of them for all that are missing; none at all: zeros.
template <typename T, typename List>
std::vector<T> listed_values(const List& list, std::size_t count) {
  std::vector<T> values(count, list.empty() ? T{} : static_cast<T>(list.Get(list.size() - 1)));
  for (std::size_t i = 0; i < std::min(count, static_cast<std::size_t>(list.size())); ++i)
    values[i] = static_cast<T>(list.Get(static_cast<int>(i)));
  return values;
}

// A few bytes may ask for any number of elements.
constexpr std::int64_t kMaxRepeatedElements = std::int64_t{1} << 26;

}  // namespace

Result<Tensor> tf_tensor(const tensorflow::TensorProto& proto, std::string name, CopyBudget& budget) {
  if (!proto.tensor_content().empty()) {
    OCTET_RETURN_IF_ERROR(budget.charge(proto.tensor_content().size()));
    return tf_tensor_of_bytes(proto.dtype(), proto.tensor_shape(), std::as_bytes(std::span(proto.tensor_content())),
                              std::move(name));
  }
  OCTET_ASSIGN_OR_RETURN(const DataType type, tf_data_type(proto.dtype()));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, tf_fixed_shape(proto.tensor_shape()));
  const auto elements = num_elements(shape);
  if (!elements || *elements > kMaxRepeatedElements)
    return make_error(ErrorCode::kInvalidModel, "constant '{}' repeats a value in shape [{}]", name,
                      fmt::join(shape, ", "));
  const auto count = static_cast<std::size_t>(*elements);
  OCTET_RETURN_IF_ERROR(budget.charge_repeated(count * data_type_size(type)));
  switch (type) {
    case DataType::kFloat32:
      return make_constant(std::move(name), shape, listed_values<float>(proto.float_val(), count));
    case DataType::kFloat64:
      return make_constant(std::move(name), shape, listed_values<double>(proto.double_val(), count));
    case DataType::kInt64:
      return make_constant(std::move(name), shape, listed_values<std::int64_t>(proto.int64_val(), count));
    case DataType::kInt32:
      return make_constant(std::move(name), shape, listed_values<std::int32_t>(proto.int_val(), count));
    case DataType::kInt16:
      return make_constant(std::move(name), shape, listed_values<std::int16_t>(proto.int_val(), count));
    case DataType::kInt8:
      return make_constant(std::move(name), shape, listed_values<std::int8_t>(proto.int_val(), count));
    case DataType::kUint8:
      return make_constant(std::move(name), shape, listed_values<std::uint8_t>(proto.int_val(), count));
    case DataType::kUint16:  // tf_data_type() gives none of these three
    case DataType::kUint32:
    case DataType::kUint64:
    case DataType::kFloat16:
    case DataType::kBool:
      break;
  }
  const bool is_half = type == DataType::kFloat16;
  const auto halves = listed_values<std::uint16_t>(proto.half_val(), is_half ? count : 0);
  const auto bools = listed_values<std::uint8_t>(proto.bool_val(), is_half ? 0 : count);
  const auto bytes = is_half ? std::as_bytes(std::span(halves)) : std::as_bytes(std::span(bools));
  return tf_tensor_of_bytes(proto.dtype(), proto.tensor_shape(), bytes, std::move(name));
}

}  // namespace octet
