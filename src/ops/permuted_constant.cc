// SPDX-License-Identifier: Apache-2.0
#include "ops/permuted_constant.h"

#include <algorithm>

#include "ops/copy.h"

namespace octet {

Tensor permuted_constant(const Tensor& constant, std::span<const std::int64_t> perm) {
  OCTET_CHECK(constant.is_constant && constant.shape.size() == perm.size());
  const auto dense = dense_strides(constant.shape);
  Tensor result = constant;
  Strides strides;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    result.shape[i] = constant.shape[static_cast<std::size_t>(perm[i])];
    strides.push_back(dense[static_cast<std::size_t>(perm[i])]);
  }
  const auto move = [src = constant.data, shape = result.shape, strides, size = data_type_size(constant.type)] {
    const SharedBytes elements = src.borrow();
    std::vector<std::byte> moved(src.size_bytes());
    copy_strided(shape, size, elements.bytes().data(), strides, moved.data(), dense_strides(shape));
    return moved;
  };
  result.data = constant.data.is_in_memory() ? ConstantData(move()) : ConstantData(constant.data.size_bytes(), move);
  if (result.quant && result.quant->axis >= 0)
    result.quant->axis = static_cast<int>(std::find(perm.begin(), perm.end(), result.quant->axis) - perm.begin());
  return result;
}

}  // namespace octet
