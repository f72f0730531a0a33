// SPDX-License-Identifier: Apache-2.0
#include "ir/tensor.h"

#include <algorithm>

namespace octet {

Tensor make_constant(std::string name, DataType type, Shape shape, std::vector<std::byte> bytes) {
  const auto count = num_elements(shape);
  OCTET_CHECK(count.has_value() && static_cast<std::size_t>(*count) * data_type_size(type) == bytes.size());
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.data = ConstantData(std::move(bytes));
  tensor.is_constant = true;
  return tensor;
}

bool equal_constants(const Tensor& a, const Tensor& b) {
  if (!a.is_constant || !b.is_constant || a.type != b.type || a.shape != b.shape) return false;
  const SharedBytes bytes_a = a.data.borrow(), bytes_b = b.data.borrow();
  return std::ranges::equal(bytes_a.bytes(), bytes_b.bytes());
}

Result<std::vector<std::int64_t>> integer_values(const Tensor& tensor) {
  if (tensor.is_constant && tensor.type == DataType::kInt64) {
    const auto values = tensor.values<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
  }
  if (tensor.is_constant && tensor.type == DataType::kInt32) {
    const auto values = tensor.values<std::int32_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
  }
  return make_error(ErrorCode::kInvalidModel, "tensor '{}' must be a constant of 32- or 64-bit integers, and is {} {}",
                    tensor.name, tensor.is_constant ? "a constant of" : "a computed", data_type_name(tensor.type));
}

}  // namespace octet
