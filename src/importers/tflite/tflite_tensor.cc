// SPDX-License-Identifier: Apache-2.0
#include "importers/tflite/tflite_tensor.h"

#include <cmath>
#include <cstring>

#include "importers/node_builder.h"

namespace octet {
namespace {

using Type = tfl3::TensorType;

constexpr std::int32_t kUint8Shift = 128;

std::optional<DataType> element_type(Type type) {
  switch (type) {
    case Type::FLOAT32:
      return DataType::kFloat32;
    case Type::FLOAT16:
      return DataType::kFloat16;
    case Type::FLOAT64:
      return DataType::kFloat64;
    case Type::INT4:
    case Type::INT8:
      return DataType::kInt8;
    case Type::UINT8:
      return DataType::kUint8;
    case Type::INT16:
      return DataType::kInt16;
    case Type::INT32:
      return DataType::kInt32;
    case Type::INT64:
      return DataType::kInt64;
    case Type::BOOL:
      return DataType::kBool;
    default:
      return std::nullopt;
  }
}

Result<Shape> read_shape(const flatbuffers::Vector<std::int32_t>* dims, std::string_view name, std::int64_t least) {
  if (dims == nullptr) return Shape{};
  if (dims->size() > kMaxRank)
    return make_error(ErrorCode::kUnsupported, "tensor '{}' has {} dimensions, at most {} are possible", name,
                      dims->size(), kMaxRank);
  Shape shape;
  for (const std::int32_t d : *dims) {
    if (d < least)
      return make_error(ErrorCode::kInvalidModel, "tensor '{}': dimension {} is {}, expected {} or more", name,
                        shape.size(), d, least);
    shape.push_back(d);
  }
  if (!within_limits(shape))
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': shape [{}] is too large", name, fmt::join(shape, ", "));
  return shape;
}

struct Levels {
  std::int64_t min, max;
};
std::optional<Levels> levels_of(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return Levels{INT8_MIN, INT8_MAX};
    case DataType::kUint8:
      return Levels{0, UINT8_MAX};
    case DataType::kInt16:
      return Levels{INT16_MIN, INT16_MAX};
    case DataType::kInt32:
      return Levels{INT32_MIN, INT32_MAX};
    default:
      return std::nullopt;
  }
}

// The parameters of an integer tensor; nothing without a scale.
Result<std::optional<QuantParams>> read_quant(const tfl3::Tensor& tensor, std::string_view name, DataType type,
                                              const Shape& shape) {
  const tfl3::QuantizationParameters* params = tensor.quantization();
  const auto levels = levels_of(type);
  const bool is_scaled = params != nullptr && params->scale() != nullptr && params->scale()->size() > 0;
  if (params != nullptr && params->details_type() != tfl3::QuantizationDetails::NONE) {
    return make_error(ErrorCode::kUnsupported, "tensor '{}': quantization of kind {} ({}) is not supported", name,
                      static_cast<int>(params->details_type()),
                      tfl3::EnumNameQuantizationDetails(params->details_type()));
  }
  if (!is_scaled || !levels) return std::optional<QuantParams>();
  const std::size_t count = params->scale()->size();
  QuantParams quant;
  if (count > 1) {
    const std::int32_t axis = params->quantized_dimension();
    const bool fits = axis >= 0 && static_cast<std::size_t>(axis) < shape.size() &&
                      shape[static_cast<std::size_t>(axis)] == static_cast<std::int64_t>(count) &&
                      num_elements(shape).value_or(0) > 0;
    if (!fits) {
      return make_error(ErrorCode::kInvalidModel,
                        "tensor '{}' has {} scales, which do not fit dimension {} of its shape [{}]", name, count, axis,
                        fmt::join(shape, ", "));
    }
    quant.axis = axis;
  }
  if (params->zero_point() != nullptr && params->zero_point()->size() != 0 && params->zero_point()->size() != count)
    return make_error(ErrorCode::kInvalidModel, "tensor '{}' has {} scales and {} zero points", name, count,
                      params->zero_point()->size());
  quant.bits = tensor.type() == Type::INT4 ? 4 : static_cast<int>(8 * data_type_size(type));
  for (std::size_t i = 0; i < count; ++i) {
    const float scale = params->scale()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (!std::isfinite(scale) || scale <= 0.0f)
      return make_error(ErrorCode::kInvalidModel, "tensor '{}': scale {} is not a positive number", name, scale);
    std::int64_t zero_point = 0;
    // Copied as bytes: the verifier of FlatBuffers does not check that 8-byte elements are aligned.
    if (params->zero_point() != nullptr && params->zero_point()->size() == count)
      std::memcpy(&zero_point, params->zero_point()->Data() + i * sizeof(zero_point), sizeof(zero_point));
    if (zero_point < levels->min || zero_point > levels->max) {
      return make_error(ErrorCode::kInvalidModel, "tensor '{}': zero point {} is outside [{}, {}] of {}", name,
                        zero_point, levels->min, levels->max, data_type_name(type));
    }
    quant.scale.push_back(scale);
    quant.zero_point.push_back(static_cast<std::int32_t>(zero_point));
  }
  return std::optional<QuantParams>(std::move(quant));
}

}  // namespace

Result<TfliteTensor> describe_tflite_tensor(const tfl3::Tensor& tensor, std::string_view name) {
  const auto type = element_type(tensor.type());
  if (!type) {
    return make_error(ErrorCode::kUnsupported, "tensor '{}' has elements of type {} ({}), which Octet does not support",
                      name, static_cast<int>(tensor.type()), tfl3::EnumNameTensorType(tensor.type()));
  }
  TfliteTensor result;
  result.type = *type;
  OCTET_ASSIGN_OR_RETURN(result.shape, read_shape(tensor.shape(), name, 0));
  result.has_shape = tensor.has_rank() || !result.shape.empty();
  OCTET_ASSIGN_OR_RETURN(result.free, read_shape(tensor.shape_signature(), name, -1));
  if (result.free.size() != result.shape.size()) result.free = result.shape;
  for (std::size_t d = 0; d < result.free.size(); ++d)
    if (result.free[d] >= 0) result.free[d] = result.shape[d];
  OCTET_ASSIGN_OR_RETURN(result.quant, read_quant(tensor, name, *type, result.shape));
  if (*type != DataType::kUint8 || !result.quant) return result;
  result.type = DataType::kInt8;
  result.is_shifted = true;
  for (std::int32_t& zero_point : result.quant->zero_point) zero_point -= kUint8Shift;
  return result;
}

namespace {

// Two to a byte, the first in the low half.
std::vector<std::byte> unpack_int4(const std::uint8_t* data, std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    const int half = i % 2 == 0 ? data[i / 2] & 15 : data[i / 2] >> 4;
    bytes[i] = static_cast<std::byte>(static_cast<std::int8_t>(half >= 8 ? half - 16 : half));
  }
  return bytes;
}

}  // namespace

Result<Tensor> read_tflite_constant(const tfl3::Tensor& tensor, const tfl3::Buffer& buffer, std::string name,
                                    CopyBudget& budget) {
  OCTET_ASSIGN_OR_RETURN(TfliteTensor description, describe_tflite_tensor(tensor, name));
  if (tensor.sparsity() != nullptr)
    return make_error(ErrorCode::kUnsupported, "constant '{}' is sparse, which is not supported", name);
  const std::size_t stored = buffer.data() == nullptr ? 0 : buffer.data()->size();
  const bool is_packed = tensor.type() == Type::INT4;
  const auto count = static_cast<std::size_t>(num_elements(description.shape).value_or(0));
  const std::size_t expected = is_packed ? (count + 1) / 2 : count * data_type_size(description.type);
  if (stored != expected) {
    return make_error(ErrorCode::kInvalidModel, "constant '{}' has {} bytes, its shape [{}] needs {}", name, stored,
                      fmt::join(description.shape, ", "), expected);
  }
  OCTET_RETURN_IF_ERROR(budget.charge(is_packed ? count : stored));
  if (description.quant) OCTET_RETURN_IF_ERROR(budget.charge(description.quant->scale.size()));
  std::vector<std::byte> bytes;
  if (is_packed) {
    bytes = unpack_int4(buffer.data()->Data(), count);
  } else if (stored > 0) {
    const auto* data = reinterpret_cast<const std::byte*>(buffer.data()->Data());
    bytes.assign(data, data + stored);
  }
  if (description.is_shifted)
    for (std::byte& b : bytes) b ^= std::byte{kUint8Shift};
  Tensor constant = make_constant(std::move(name), description.type, description.shape, std::move(bytes));
  constant.quant = std::move(description.quant);
  if (constant.type == DataType::kFloat16) return dequantized_constant(constant);
  return constant;
}

}  // namespace octet
