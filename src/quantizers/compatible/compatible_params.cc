// SPDX-License-Identifier: Apache-2.0
#include "quantizers/compatible/compatible_params.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

struct Affine {
  double scale;
  std::int32_t zero_point;
};

// For values in [min, max] and steps in [lo, hi], 0 on a step.
Affine affine_params(float min, float max, bool symmetric, int lo, int hi) {
  max = std::max(max, min + 1e-10f);
  if (symmetric) {
    max = std::max(std::fabs(min), std::fabs(max));
    min = -max;
  }
  min = std::min(min, 0.0f);
  max = std::max(max, 0.0f);
  const int range = hi - lo;
  const auto step = static_cast<double>(max - min) / range;
  // Exact for min = -max: half of 255 steps is always rounded up, so that zero_point is 0.
  const double below = std::round(-static_cast<double>(min) * range / static_cast<double>(max - min));
  const auto nudged_min = static_cast<float>(-below * step);
  const auto nudged_max = static_cast<float>((range - below) * step);
  const double scale = static_cast<double>(nudged_max - nudged_min) / range;
  return {scale, static_cast<std::int32_t>(std::round(lo - nudged_min / scale))};
}

std::int8_t quantize(float value, const Affine& p, int lo, int hi) {
  if (p.scale <= 1e-38) return 0;
  return static_cast<std::int8_t>(std::clamp(std::round(value / p.scale + p.zero_point), static_cast<double>(lo), static_cast<double>(hi)));
}

// A bin that a level of the quantized histogram covers wholly or in part.
struct Share {
  std::size_t bin;
  float share;
};

// The bins of level `level` when `used` bins make 128 levels.
std::vector<Share> shares_of_level(std::size_t level, std::size_t used, std::size_t levels) {
  const float per_level = static_cast<float>(used) / static_cast<float>(levels);
  const float begin = static_cast<float>(level) * per_level, end = begin + per_level;
  std::vector<Share> shares;
  const auto first = static_cast<std::size_t>(std::ceil(begin)), last = static_cast<std::size_t>(std::floor(end));
  if (static_cast<float>(first) > begin) shares.push_back({first - 1, static_cast<float>(first) - begin});
  for (std::size_t b = first; b < last; ++b) shares.push_back({b, 1.0f});
  if (static_cast<float>(last) < end) shares.push_back({last, end - static_cast<float>(last)});
  return shares;
}

// What 128 levels leave of the first `used` bins: each level's content, spread over the bins it covers that are not empty.
std::vector<float> quantized_histogram(const std::vector<float>& counts, std::size_t used, std::size_t levels) {
  std::vector<float> result(used, 0.0f);
  for (std::size_t level = 0; level < levels; ++level) {
    float content = 0, filled = 0;
    const std::vector<Share> shares = shares_of_level(level, used, levels);
    for (const Share& s : shares) {
      if (s.bin >= counts.size()) continue;
      content += s.share * counts[s.bin];
      if (counts[s.bin] != 0) filled += s.share;
    }
    if (filled == 0) continue;
    for (const Share& s : shares)
      if (s.bin < used && counts[s.bin] != 0) result[s.bin] += content / filled * s.share;
  }
  return result;
}

float divergence(const std::vector<float>& p, const std::vector<float>& q) {
  float sum_p = 0, sum_q = 0, result = 0;
  for (const float v : p) sum_p += v;
  for (const float v : q) sum_q += v;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const float a = p[i] / sum_p, b = q[i] / sum_q;
    if (a == 0) continue;
    result += b == 0 ? 1.0f : a * std::log(a / b);
  }
  return result;
}

}  // namespace

QuantParams compatible_activation_params(float min, float max, bool symmetric) {
  const Affine p = affine_params(min, max, symmetric, symmetric ? -127 : -128, 127);
  return {{static_cast<float>(p.scale)}, {p.zero_point}, -1, 8};
}

CompatibleWeights compatible_weights(std::span<const float> weights, std::size_t channels, bool per_channel, float src_scale,
                                     std::span<const float> bias) {
  constexpr double kMostBiasSteps = 0.5 * 2147483647.0;
  const std::size_t groups = per_channel ? channels : 1;
  const std::size_t size = groups == 0 ? 0 : weights.size() / groups;
  const int lo = per_channel ? -127 : -128;
  CompatibleWeights result;
  result.values.resize(weights.size());
  result.quant.axis = per_channel ? 0 : -1;
  for (std::size_t g = 0; g < groups; ++g) {
    const auto group = weights.subspan(g * size, size);
    const auto [min, max] = std::minmax_element(group.begin(), group.end());
    Affine p = group.empty() ? Affine{1.0, 0} : affine_params(*min, *max, per_channel, lo, 127);
    // A bias beyond half of int32's range enlarges the scale of the weights.
    for (std::size_t k = 0; k < bias.size(); ++k) {
      if (per_channel && k != g) continue;
      p.scale = std::max(p.scale, std::fabs(bias[k]) / (static_cast<double>(src_scale) * kMostBiasSteps));
    }
    result.quant.scale.push_back(static_cast<float>(p.scale));
    result.quant.zero_point.push_back(p.zero_point);
    for (std::size_t i = 0; i < group.size(); ++i) result.values[g * size + i] = quantize(group[i], p, lo, 127);
  }
  return result;
}

std::vector<std::int32_t> compatible_bias(std::span<const float> bias, float src_scale, std::span<const float> weights_scale,
                                          std::vector<float>& scale) {
  scale.clear();
  for (const float s : weights_scale) scale.push_back(static_cast<float>(static_cast<double>(s) * src_scale));
  std::vector<std::int32_t> result;
  for (std::size_t k = 0; k < bias.size(); ++k) {
    const double s = static_cast<double>(weights_scale[weights_scale.size() > 1 ? k : 0]) * src_scale;
    result.push_back(static_cast<std::int32_t>(std::clamp(std::round(bias[k] / s), -2147483648.0, 2147483647.0)));
  }
  return result;
}

float compatible_kl_threshold(std::span<const std::uint64_t> counts, float width) {
  constexpr std::size_t kLevels = 128;
  std::vector<float> histogram;
  for (const std::uint64_t count : counts) histogram.push_back(1e-7f + static_cast<float>(count));
  float beyond = 0;
  for (std::size_t b = kLevels; b < histogram.size(); ++b) beyond += histogram[b];
  float least = std::numeric_limits<float>::max();
  std::size_t best = kLevels;
  for (std::size_t used = kLevels; used < histogram.size(); ++used) {
    std::vector<float> reference(histogram.begin(), histogram.begin() + static_cast<std::ptrdiff_t>(used));
    reference.back() += beyond;
    beyond -= histogram[used];
    const float error = divergence(reference, quantized_histogram(histogram, used, kLevels));
    if (error < least) {
      least = error;
      best = used;
    }
  }
  return (static_cast<float>(best) + 0.5f) * width;
}

}  // namespace octet
