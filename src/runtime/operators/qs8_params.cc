// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/qs8_params.h"

#include <algorithm>
#include <cmath>

namespace octet {

bool is_qs8(const Tensor& tensor) {
  return tensor.type == DataType::kInt8 && tensor.quant && !tensor.quant->per_channel();
}

Qs8Output qs8_output(const Tensor& dst, Activation activation) {
  const std::int32_t zero_point = dst.quant->zero_point[0];
  const ActivationBounds bounds = activation_bounds(activation);
  const QuantLevels levels = quant_levels(dst.quant->bits);
  const auto steps = [&](float bound, std::int32_t outside) {
    const float q = std::nearbyint(bound / dst.quant->scale[0]) + static_cast<float>(zero_point);
    return std::isfinite(q) ? static_cast<std::int32_t>(std::clamp(q, static_cast<float>(levels.lo), static_cast<float>(levels.hi))) : outside;
  };
  return {zero_point, steps(bounds.lo, levels.lo), steps(bounds.hi, levels.hi)};
}

std::vector<float> requantize_scales(const QuantParams& src, const QuantParams& weights, const QuantParams& dst, std::size_t n) {
  std::vector<float> scales(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double scale = static_cast<double>(src.scale[0]) * weights.scale[weights.per_channel() ? k : 0] / dst.scale[0];
    scales[k] = static_cast<float>(std::clamp(scale, 1e-37, 1e37));
  }
  return scales;
}

std::vector<std::int32_t> weight_zero_points(const QuantParams& weights, std::size_t n) {
  if (std::all_of(weights.zero_point.begin(), weights.zero_point.end(), [](std::int32_t z) { return z == 0; })) return {};
  std::vector<std::int32_t> zero_points(n);
  for (std::size_t k = 0; k < n; ++k) zero_points[k] = weights.zero_point[weights.per_channel() ? k : 0];
  return zero_points;
}

Result<void> check_qs8_layer(const Tensor& src, const Tensor& weights, const Tensor* bias, const Tensor& dst) {
  const auto fail = [](const Tensor& tensor, std::string_view expected) {
    return make_error(ErrorCode::kUnsupported, "'{}' is {}{}, expected {}", tensor.name, data_type_name(tensor.type),
                      tensor.quant ? " with quantization parameters" : " without quantization parameters", expected);
  };
  if (!is_qs8(src)) return fail(src, "int8 with one scale");
  if (!is_qs8(dst)) return fail(dst, "int8 with one scale");
  if (weights.type != DataType::kInt8 || !weights.quant) return fail(weights, "int8 with scales");
  if (bias != nullptr && bias->type != DataType::kInt32) return fail(*bias, "int32");
  return {};
}

}  // namespace octet
