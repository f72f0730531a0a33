// SPDX-License-Identifier: Apache-2.0
#include "ops/scalar.h"

#include "ops/float16.h"

namespace octet {
namespace {

Result<void> expect_one(const Tensor& tensor) {
  if (tensor.is_constant && num_elements(tensor.shape) == 1) return {};
  return make_error(ErrorCode::kInvalidModel, "'{}' has shape [{}], expected one constant number", tensor.name,
                    fmt::join(tensor.shape, ", "));
}

}  // namespace

Result<double> scalar_value(const Tensor& tensor) {
  OCTET_RETURN_IF_ERROR(expect_one(tensor));
  switch (tensor.type) {
    case DataType::kFloat32: return static_cast<double>(tensor.values<float>()[0]);
    case DataType::kFloat64: return tensor.values<double>()[0];
    case DataType::kFloat16: return static_cast<double>(float16_to_float(*reinterpret_cast<const std::uint16_t*>(tensor.data.bytes().data())));
    case DataType::kInt8: return static_cast<double>(tensor.values<std::int8_t>()[0]);
    case DataType::kUint8: return static_cast<double>(tensor.values<std::uint8_t>()[0]);
    case DataType::kInt16: return static_cast<double>(tensor.values<std::int16_t>()[0]);
    case DataType::kUint16: return static_cast<double>(tensor.values<std::uint16_t>()[0]);
    case DataType::kInt32: return static_cast<double>(tensor.values<std::int32_t>()[0]);
    case DataType::kUint32: return static_cast<double>(tensor.values<std::uint32_t>()[0]);
    case DataType::kInt64: return static_cast<double>(tensor.values<std::int64_t>()[0]);
    case DataType::kUint64: return static_cast<double>(tensor.values<std::uint64_t>()[0]);
    case DataType::kBool: return tensor.values<bool>()[0] ? 1.0 : 0.0;
  }
  return make_error(ErrorCode::kInternal, "an element type without a number");
}

Result<std::int64_t> integer_scalar(const Tensor& tensor) {
  OCTET_RETURN_IF_ERROR(expect_one(tensor));
  OCTET_ASSIGN_OR_RETURN(const auto values, integer_values(tensor));
  return values[0];
}

}  // namespace octet
