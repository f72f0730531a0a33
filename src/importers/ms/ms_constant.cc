// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_constant.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "importers/ms/ms_weights.h"
#include "ops/float16.h"

namespace octet {

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

// The original writes a scale of 0 for weights that are all 0.
float scale_of(const msl2::QuantParam& param, bool is_constant) {
  return is_constant && param.scale() == 0.0 ? std::numeric_limits<float>::min() : static_cast<float>(param.scale());
}

Result<void> check_param(const msl2::QuantParam& param, std::string_view name, DataType type, int bits, bool is_constant) {
  const float scale = scale_of(param, is_constant);
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

// Corrections of the variance and the mean, if there are any. Beside a single parameter MindSpore Lite's runtime ignores
// them, although its converter writes them.
Result<void> read_corrections(const flatbuffers::Vector<flatbuffers::Offset<msl2::QuantParam>>& params, std::string_view name,
                              QuantParams& quant) {
  const bool has_any = std::any_of(params.begin(), params.end(),
                                   [](const auto* p) { return p->varCorr() != 1.0f || p->meanCorr() != 0.0f; });
  if (!has_any || params.size() == 1) return {};
  for (const msl2::QuantParam* param : params) {
    if (!std::isfinite(param->varCorr()) || !std::isfinite(param->meanCorr()))
      return make_error(ErrorCode::kInvalidModel, "tensor '{}': varCorr {} or meanCorr {} is not finite", name,
                        param->varCorr(), param->meanCorr());
    quant.var_correction.push_back(param->varCorr());
    quant.mean_correction.push_back(param->meanCorr());
  }
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
    OCTET_RETURN_IF_ERROR(check_param(*param, name, type, quant.bits, is_ms_constant(tensor)));
    quant.scale.push_back(scale_of(*param, is_ms_constant(tensor)));
    quant.zero_point.push_back(param->zeroPoint());
  }
  OCTET_RETURN_IF_ERROR(read_corrections(*params, name, quant));
  return std::optional<QuantParams>(std::move(quant));
}

namespace {

std::size_t stored_size(const msl2::Tensor& tensor, DataType type) {
  return tensor.dataType() == msl2::DataType::Float16 ? 2 : data_type_size(type);
}

Result<void> check_size(const msl2::Tensor& tensor, std::string_view name, DataType type, const Shape& shape) {
  const auto count = num_elements(shape);
  const std::size_t bytes = tensor.data() == nullptr ? 0 : tensor.data()->size();
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

}  // namespace

Result<Tensor> read_ms_constant(const msl2::Tensor& tensor, std::string name, std::int64_t axis, CopyBudget& budget) {
  OCTET_ASSIGN_OR_RETURN(const DataType type, ms_element_type(tensor, name));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, ms_dims(tensor, name));
  if (!is_fixed(shape))
    return make_error(ErrorCode::kInvalidModel, "constant '{}': shape [{}] is not fixed", name, fmt::join(shape, ", "));
  OCTET_RETURN_IF_ERROR(budget.charge(tensor.data() == nullptr ? 0 : tensor.data()->size()));
  OCTET_RETURN_IF_ERROR(budget.charge(tensor.quantParams() == nullptr ? 0 : tensor.quantParams()->size()));
  OCTET_ASSIGN_OR_RETURN(auto quant, ms_quant_params(tensor, name, type, shape, axis));
  if (is_ms_packed(tensor)) {
    const std::size_t unpacked = static_cast<std::size_t>(*num_elements(shape)) * data_type_size(type);
    OCTET_RETURN_IF_ERROR(budget.charge(unpacked));
    auto bytes = unpack_ms_weights(tensor, type, shape, quant ? &*quant : nullptr);
    if (!bytes) return at(fmt::format("tensor '{}'", name), std::move(bytes).error());
    Tensor constant = make_constant(std::move(name), type, shape, std::move(*bytes));
    constant.quant = std::move(quant);
    return constant;
  }
  OCTET_RETURN_IF_ERROR(check_size(tensor, name, type, shape));
  if (tensor.data() == nullptr || tensor.data()->size() == 0) return make_constant(std::move(name), type, shape, {});

  const auto& data = *tensor.data();
  if (tensor.dataType() == msl2::DataType::Float16)
    return make_constant(std::move(name), type, shape, floats_of_halves(data));
  const auto* bytes = reinterpret_cast<const std::byte*>(data.Data());
  Tensor constant = make_constant(std::move(name), type, shape, {bytes, bytes + data.size()});
  constant.quant = std::move(quant);
  return constant;
}

}  // namespace octet
