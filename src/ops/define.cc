// SPDX-License-Identifier: Apache-2.0
#include "ops/define.h"

#include "base/infinity.h"

namespace octet {

ActivationBounds activation_bounds(Activation activation) {
  switch (activation) {
    case Activation::kRelu: return {0.0f, kInfinity};
    case Activation::kRelu6: return {0.0f, 6.0f};
    case Activation::kNone: break;
  }
  return {-kInfinity, kInfinity};
}

Result<void> expect_rank(std::string_view what, const Tensor& tensor, std::size_t rank) {
  if (tensor.shape.size() == rank) return {};
  return shape_error("{} '{}' has shape [{}], expected {} dimensions", what, tensor.name, fmt::join(tensor.shape, ", "), rank);
}

Result<std::size_t> expect_axis(std::int64_t axis, std::size_t rank) {
  if (const auto normal = normalize_axis(axis, rank)) return *normal;
  return shape_error("axis {} is outside [-{}, {})", axis, rank, rank);
}

Result<std::vector<bool>> expect_axes(const std::vector<std::int64_t>& axes, std::size_t rank) {
  std::vector<bool> named(rank, false);
  for (const std::int64_t axis : axes) {
    OCTET_ASSIGN_OR_RETURN(const std::size_t normal, expect_axis(axis, rank));
    if (named[normal]) return shape_error("axis {} is given twice", axis);
    named[normal] = true;
  }
  return named;
}

Error no_reference_for(DataType type) {
  return make_error(ErrorCode::kUnsupported, "there is no reference evaluation for {}", data_type_name(type));
}

}  // namespace octet
