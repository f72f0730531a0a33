// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/caffe_layer.h"

#include <cmath>

namespace octet {

Result<std::size_t> CaffeLayer::axis(std::string_view field, std::int64_t axis, std::size_t rank) const {
  if (const auto normalized = normalize_axis(axis, rank)) return *normalized;
  return error(ErrorCode::kInvalidModel, "{} = {}, expected {} to {} for an input of {} dimensions", field, axis,
               -static_cast<std::int64_t>(rank), static_cast<std::int64_t>(rank) - 1, rank);
}

Result<void> CaffeLayer::expect_finite(std::string_view field, float value) const {
  if (std::isfinite(value)) return {};
  return error(ErrorCode::kInvalidModel, "{} = {}, expected a finite number", field, value);
}

}  // namespace octet
