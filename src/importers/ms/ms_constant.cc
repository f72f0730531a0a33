// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_constant.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/float16.h"

namespace octet {

Result<void> MsBudget::charge(std::size_t bytes) {
  if (bytes > left_)
    return make_error(ErrorCode::kInvalidModel,
                      "its parts refer to each other so often that it unfolds to many times its size");
  left_ -= bytes;
  return {};
}

Result<DataType> ms_element_type(const msl2::Tensor& tensor, std::string_view name) {
  switch (tensor.dataType()) {
    case msl2::DataType::Bool:
      return DataType::kBool;
    case msl2::DataType::Int8:
      return DataType::kInt8;
    case msl2::DataType::UInt8:
      return DataType::kUint8;
    case msl2::DataType::Int16:
      return DataType::kInt16;
    case msl2::DataType::Int32:
      return DataType::kInt32;
    case msl2::DataType::Int64:
      return DataType::kInt64;
    case msl2::DataType::Float16:
      return DataType::kFloat32;
    case msl2::DataType::Float32:
      return DataType::kFloat32;
    case msl2::DataType::Float64:
      return DataType::kFloat64;
    default:
      break;
  }
  return make_error(ErrorCode::kUnsupported, "tensor '{}' has elements of type {} ({}), which Octet does not support",
                    name, static_cast<int>(tensor.dataType()), msl2::EnumNameDataType(tensor.dataType()));
}

Result<Shape> ms_dims(const msl2::Tensor& tensor, std::string_view name) {
  const auto* dims = tensor.dims();
  if (dims == nullptr) return Shape{};
  if (dims->size() > kMaxRank) {
    return make_error(ErrorCode::kUnsupported, "tensor '{}' has {} dimensions, at most {} are possible", name,
                      dims->size(), kMaxRank);
  }
  Shape shape;
  for (const std::int32_t d : *dims) {
    if (d < -1)
      return make_error(ErrorCode::kInvalidModel, "tensor '{}': dimension {} is {}, expected -1 or more", name,
                        shape.size(), d);
    shape.push_back(d);
  }
  if (!within_limits(shape))
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': shape [{}] is too large", name, fmt::join(shape, ", "));
  return shape;
}

bool is_ms_constant(const msl2::Tensor& tensor) {
  return (tensor.data() != nullptr && tensor.data()->size() > 0) || tensor.nodeType() == msl2::NodeType::ValueNode;
}

bool is_ms_float(const msl2::Tensor& tensor) {
  const auto type = tensor.dataType();
  return type == msl2::DataType::Float16 || type == msl2::DataType::Float32 || type == msl2::DataType::Float64;
}

bool is_ms_quantized_constant(const msl2::Tensor& tensor) {
  const auto type = tensor.dataType();
  return is_ms_constant(tensor) && (type == msl2::DataType::Int8 || type == msl2::DataType::Int16) &&
         tensor.quantParams() != nullptr && tensor.quantParams()->size() > 0;
}

namespace {

struct ZeroPointRange {
  std::int32_t min, max;
};
ZeroPointRange zero_point_range(DataType type) {
  if (type == DataType::kInt8) return {INT8_MIN, INT8_MAX};
  if (type == DataType::kUint8) return {0, UINT8_MAX};
  if (type == DataType::kInt16) return {INT16_MIN, INT16_MAX};
  return {INT32_MIN, INT32_MAX};
}

Result<void> check_param(const msl2::QuantParam& param, std::string_view name, DataType type, int bits) {
  const auto scale = static_cast<float>(param.scale());
  if (!std::isfinite(scale) || !(scale > 0.0f))
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': scale {} is not a positive number", name, param.scale());
  const ZeroPointRange range = zero_point_range(type);
  if (param.zeroPoint() < range.min || param.zeroPoint() > range.max) {
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': zero point {} is outside [{}, {}] of {}", name,
                      param.zeroPoint(), range.min, range.max, data_type_name(type));
  }
  if (param.numBits() < 1 || param.numBits() > 32 || param.numBits() != bits)
    return make_error(ErrorCode::kInvalidModel, "tensor '{}': {} bits, expected one number from 1 to 32", name,
                      param.numBits());
  return {};
}

bool can_be_quantized(DataType type) {
  return type == DataType::kInt8 || type == DataType::kUint8 || type == DataType::kInt16 || type == DataType::kInt32;
}

}  // namespace

Result<std::optional<QuantParams>> ms_quant_params(const msl2::Tensor& tensor, std::string_view name, DataType type,
                                                   const Shape& shape, std::int64_t axis) {
  const auto* params = tensor.quantParams();
  const bool has_params = params != nullptr && params->size() > 0;
  if (!has_params && type == DataType::kInt8) {
    return make_error(ErrorCode::kInvalidModel,
                      "tensor '{}' is int8 and has no quantParams; int8 values need a scale and a zero point", name);
  }
  if (!has_params || !can_be_quantized(type)) return std::optional<QuantParams>();
  QuantParams quant;
  if (params->size() > 1) {
    const auto channels = normalize_axis(axis, shape.size());
    if (!channels || shape[*channels] != static_cast<std::int64_t>(params->size()) ||
        num_elements(shape).value_or(0) == 0) {
      return make_error(ErrorCode::kInvalidModel,
                        "tensor '{}' has {} quantParams, which do not fit axis {} of its shape [{}]", name,
                        params->size(), axis, fmt::join(shape, ", "));
    }
    quant.axis = static_cast<int>(*channels);
  }
  quant.bits = params->Get(0)->numBits();
  for (const msl2::QuantParam* param : *params) {
    OCTET_RETURN_IF_ERROR(check_param(*param, name, type, quant.bits));
    quant.scale.push_back(static_cast<float>(param->scale()));
    quant.zero_point.push_back(param->zeroPoint());
  }
  return std::optional<QuantParams>(std::move(quant));
}

namespace {

std::size_t stored_size(const msl2::Tensor& tensor, DataType type) {
  return tensor.dataType() == msl2::DataType::Float16 ? 2 : data_type_size(type);
}

// What the data is packed with, if Octet cannot read that.
Result<void> check_plain(const msl2::Tensor& tensor, std::string_view name) {
  const auto type = tensor.weightQuantCompressType();
  if (type != msl2::WeightQuantCompressType::NONE) {
    return make_error(ErrorCode::kUnsupported, "tensor '{}': weights packed as {} ({}) are not supported", name,
                      static_cast<int>(type), msl2::EnumNameWeightQuantCompressType(type));
  }
  const bool is_packed =
      tensor.enableHuffmanCode() || (tensor.quantClusters() != nullptr && tensor.quantClusters()->size() > 0);
  if (is_packed)
    return make_error(ErrorCode::kUnsupported, "tensor '{}': Huffman codes and clusters are not supported", name);
  if (tensor.externalData() != nullptr && tensor.externalData()->size() > 0)
    return make_error(ErrorCode::kUnsupported, "tensor '{}': data in another file is not supported", name);
  return {};
}

Result<void> check_size(const msl2::Tensor& tensor, std::string_view name, DataType type, const Shape& shape) {
  const auto count = num_elements(shape);
  const std::size_t bytes = tensor.data() == nullptr ? 0 : tensor.data()->size();
  if (!count)
    return make_error(ErrorCode::kInvalidModel, "constant '{}': shape [{}] is not fixed", name, fmt::join(shape, ", "));
  const std::size_t expected = static_cast<std::size_t>(*count) * stored_size(tensor, type);
  if (bytes == expected) return {};
  return make_error(ErrorCode::kInvalidModel, "constant '{}' has {} bytes, its shape [{}] needs {}", name, bytes,
                    fmt::join(shape, ", "), expected);
}

std::vector<std::byte> bytes_of(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> floats_of_halves(const flatbuffers::Vector<std::uint8_t>& data) {
  std::vector<float> values(data.size() / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t half;
    std::memcpy(&half, data.Data() + 2 * i, 2);
    values[i] = float16_to_float(half);
  }
  return bytes_of(values);
}

bool has_correction(const msl2::Tensor& tensor) {
  const auto& params = *tensor.quantParams();
  return std::any_of(params.begin(), params.end(),
                     [](const auto* p) { return p->varCorr() != 1.0f || p->meanCorr() != 0.0f; });
}

// real = (q - zero_point) * scale * varCorr + meanCorr, by channel of `axis`.
template <typename T>
std::vector<float> dequantize(const msl2::Tensor& tensor, const QuantParams& quant, const Shape& shape) {
  std::vector<float> values(tensor.data()->size() / sizeof(T));
  std::size_t inner = values.size();  // elements of one channel that follow each other
  if (quant.per_channel()) {
    inner = 1;
    for (std::size_t d = static_cast<std::size_t>(quant.axis) + 1; d < shape.size(); ++d)
      inner *= static_cast<std::size_t>(shape[d]);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    T q;
    std::memcpy(&q, tensor.data()->Data() + i * sizeof(T), sizeof(T));
    const std::size_t c = quant.per_channel() ? i / inner % quant.scale.size() : 0;
    const msl2::QuantParam& param = *tensor.quantParams()->Get(static_cast<flatbuffers::uoffset_t>(c));
    const double real = (static_cast<double>(q) - quant.zero_point[c]) * double{quant.scale[c]};
    values[i] = static_cast<float>(real * double{param.varCorr()} + double{param.meanCorr()});
  }
  return values;
}

}  // namespace

Result<Tensor> read_ms_constant(const msl2::Tensor& tensor, std::string name, MsConstantForm form, std::int64_t axis,
                                MsBudget& budget) {
  OCTET_ASSIGN_OR_RETURN(const DataType type, ms_element_type(tensor, name));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, ms_dims(tensor, name));
  OCTET_RETURN_IF_ERROR(check_plain(tensor, name));
  OCTET_RETURN_IF_ERROR(check_size(tensor, name, type, shape));
  OCTET_RETURN_IF_ERROR(budget.charge(tensor.data() == nullptr ? 0 : tensor.data()->size()));
  OCTET_RETURN_IF_ERROR(budget.charge(tensor.quantParams() == nullptr ? 0 : tensor.quantParams()->size()));
  OCTET_ASSIGN_OR_RETURN(auto quant, ms_quant_params(tensor, name, type, shape, axis));
  if (tensor.data() == nullptr || tensor.data()->size() == 0) return make_constant(std::move(name), type, shape, {});

  const auto& data = *tensor.data();
  if (form == MsConstantForm::kDequantized && quant) {
    auto values = type == DataType::kInt8 ? dequantize<std::int8_t>(tensor, *quant, shape)
                                          : dequantize<std::int16_t>(tensor, *quant, shape);
    return make_constant(std::move(name), shape, values);
  }
  if (tensor.dataType() == msl2::DataType::Float16)
    return make_constant(std::move(name), type, shape, floats_of_halves(data));
  if (quant && has_correction(tensor))
    return make_error(ErrorCode::kUnsupported,
                      "tensor '{}': varCorr and meanCorr beside int8 activations are not supported", name);
  const auto* bytes = reinterpret_cast<const std::byte*>(data.Data());
  Tensor constant = make_constant(std::move(name), type, shape, {bytes, bytes + data.size()});
  constant.quant = std::move(quant);
  return constant;
}

}  // namespace octet
