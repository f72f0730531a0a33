// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weights.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

constexpr float kMaxBiasSteps = 1073741824.0f;  // 2^30

float absolute_maximum(std::span<const float> values) {
  float result = 0.0f;
  for (const float value : values) result = std::max(result, std::fabs(value));
  return result;
}

float mean_absolute(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += std::fabs(value);
  return values.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(values.size()));
}

std::int8_t quantize_weight(float weight, float scale, int bits) {
  if (bits == 1) return weight < 0 ? -1 : 1;
  const auto largest = static_cast<float>((1 << (bits - 1)) - 1);
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(weight / scale), -largest, largest));
}

}  // namespace

Result<void> check_finite(std::string_view node, const Tensor& weights) {
  const auto values = weights.values<float>();
  if (std::all_of(values.begin(), values.end(), [](float w) { return std::isfinite(w); })) return {};
  return make_error(ErrorCode::kInvalidModel, "node '{}': weights '{}' hold a NaN or an infinity", node, weights.name);
}

QuantizedWeights quantize_weights(std::span<const float> weights, std::size_t channels, bool per_channel,
                                  std::span<const float> floor_scale, int bits) {
  const std::size_t groups = per_channel ? channels : 1;
  const std::size_t group_size = channels == 0 ? 0 : weights.size() / groups;
  QuantizedWeights result;
  result.values.resize(weights.size());
  result.scale.resize(groups);
  for (std::size_t g = 0; g < groups; ++g) {
    const auto group = weights.subspan(g * group_size, group_size);
    float scale = bits == 1 ? mean_absolute(group) : absolute_maximum(group) / static_cast<float>((1 << (bits - 1)) - 1);
    if (!floor_scale.empty()) {
      const auto floors = per_channel ? floor_scale.subspan(g, 1) : floor_scale;
      scale = std::max(scale, *std::max_element(floors.begin(), floors.end()));
    }
    // Below this the quotient weight / scale could overflow; such weights are zero for every purpose.
    if (!(scale > 1e-35f)) scale = 1.0f;
    result.scale[g] = scale;
    for (std::size_t i = 0; i < group.size(); ++i) result.values[g * group_size + i] = quantize_weight(group[i], scale, bits);
  }
  return result;
}

float shared_scale(double scale, SharedScale which, double per_octave) {
  if (!(scale > 1e-30)) return 1.0f;
  const double step = std::log2(scale) * per_octave;
  const double whole = which == SharedScale::kNearest ? std::nearbyint(step) : which == SharedScale::kNotLarger ? std::floor(step) : std::ceil(step);
  return static_cast<float>(std::exp2(whole / per_octave));
}

float bias_floor_scale(float bias, float src_scale) { return std::fabs(bias) / src_scale / kMaxBiasSteps; }

std::vector<std::int32_t> quantize_bias(std::span<const float> bias, float src_scale, std::span<const float> weights_scale) {
  std::vector<std::int32_t> result(bias.size());
  for (std::size_t k = 0; k < bias.size(); ++k) {
    const double scale = static_cast<double>(src_scale) * weights_scale[weights_scale.size() > 1 ? k : 0];
    const double steps = std::nearbyint(static_cast<double>(bias[k]) / scale);
    result[k] = static_cast<std::int32_t>(std::clamp(steps, -static_cast<double>(kMaxBiasSteps), static_cast<double>(kMaxBiasSteps)));
  }
  return result;
}

QuantParams activation_quant_params(float min, float max, bool symmetric, int bits) {
  min = std::min(min, 0.0f);
  max = std::max(max, 0.0f);
  const QuantLevels levels = quant_levels(bits);
  QuantParams quant;
  quant.bits = bits;
  if (symmetric && bits > 1) {
    const float scale = std::max(-min, max) / static_cast<float>(levels.hi);
    quant.scale = {scale > 1e-30f ? scale : 1.0f};
    quant.zero_point = {0};
    return quant;
  }
  const double range = (static_cast<double>(max) - min) / (levels.hi - levels.lo);
  const double scale = range > 1e-30 ? range : 1.0;
  quant.scale = {static_cast<float>(scale)};
  quant.zero_point = {static_cast<std::int32_t>(std::clamp(std::nearbyint(levels.lo - min / scale), static_cast<double>(levels.lo), static_cast<double>(levels.hi)))};
  return quant;
}

}  // namespace octet
