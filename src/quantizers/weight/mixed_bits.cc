// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/mixed_bits.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "encoding/fse.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

constexpr int kMaxScaleRounds = 100;
constexpr double kTolerance = 0.01;
constexpr double kLargestCode = 32767;

int bits_for(std::span<const std::int16_t> codes) {
  std::uint32_t largest = 0;  // of q or -1 - q: what decides on bits in two's complement
  for (const std::int16_t q : codes) largest = std::max(largest, static_cast<std::uint32_t>(q < 0 ? -1 - q : q));
  return std::bit_width(largest) + 1;
}

double relative_error(std::span<const double> weights, double scale) {
  double error = 0, power = 0;
  for (const double w : weights) {
    const double off = w - std::nearbyint(w / scale) * scale;
    error += off * off;
    power += w * w;
  }
  return power > 0 ? std::sqrt(error / power) : 0.0;
}

// The largest scale whose error is at most `wanted`, to 1 %. The error of a uniform rounding is scale / sqrt(12), which the
// search begins with; it never rises above 1, where everything rounds to 0.
double largest_scale(std::span<const double> weights, double wanted) {
  double power = 0, largest = 0;
  for (const double w : weights) power += w * w, largest = std::max(largest, std::fabs(w));
  if (!(largest > 1e-30)) return 1.0;
  const double rms = std::sqrt(power / static_cast<double>(weights.size()));
  const double least = 1.05 * largest / kLargestCode;  // the scale is made smaller by up to 4.4 %
  double lo = 0, hi = 2 * largest, scale = std::max(wanted * rms * std::sqrt(12.0), least);
  for (int round = 0; round < kMaxScaleRounds; ++round) {
    const double error = relative_error(weights, scale);
    if (error <= wanted && error >= wanted * (1 - kTolerance)) break;
    (error > wanted ? hi : lo) = scale;
    if (hi - lo < lo * kTolerance / 4) break;  // few weights: the error jumps over what is wanted
    scale = lo == 0 ? hi / 2 : (lo + hi) / 2;
  }
  if (lo > 0 && relative_error(weights, scale) > wanted) scale = lo;
  return std::max(scale, least);
}

}  // namespace

std::optional<IntegerWeights> mix_bits(std::span<const float> weights, const ChannelLayout& layout, const MixedBitOptions& options) {
  IntegerWeights result;
  result.codes.resize(weights.size());
  std::vector<double> channel(layout.channel_size());
  for (std::size_t c = 0; c < layout.channels; ++c) {
    for (std::size_t i = 0; i < channel.size(); ++i) channel[i] = weights[layout.index(c, i)];
    const float scale = shared_scale(largest_scale(channel, options.relative_error), SharedScale::kNotLarger);
    for (std::size_t i = 0; i < channel.size(); ++i) {
      const double level = std::clamp(std::nearbyint(channel[i] / scale), -kLargestCode, kLargestCode);
      result.codes[layout.index(c, i)] = static_cast<std::int16_t>(level);
    }
    result.quant.scale.push_back(scale);
    result.quant.zero_point.push_back(0);
  }
  result.quant.bits = bits_for(result.codes);
  return result;
}

namespace {

// The mean over channels of their relative errors; channels of zeros do not count.
double mean_relative_error(std::span<const float> weights, const ChannelLayout& layout, float scale) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t c = 0; c < layout.channels; ++c) {
    double error = 0, power = 0;
    for (std::size_t i = 0; i < layout.channel_size(); ++i) {
      const float w = weights[layout.index(c, i)];
      const double off = w - std::floor(w / scale + 0.5f) * scale;
      error += off * off;
      power += double{w} * w;
    }
    if (power > 0) sum += std::sqrt(error / power), ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

std::optional<float> bisected_scale(std::span<const float> weights, const ChannelLayout& layout, double wanted) {
  const auto [lowest, highest] = std::minmax_element(weights.begin(), weights.end());
  float lo = 0, hi = (*highest - *lowest) * static_cast<float>(wanted), scale = hi;
  for (int round = 0; round < kMaxScaleRounds && scale > 0; ++round) {
    const double error = mean_relative_error(weights, layout, scale);
    if (std::fabs(error - wanted) <= wanted * kTolerance) return scale;
    (error > wanted ? hi : lo) = scale;
    if (lo == hi) hi *= 2;
    scale = (lo + hi) / 2;
  }
  return std::nullopt;
}

// Restores mean and standard deviation of the whole tensor.
void add_correction(std::span<const float> weights, IntegerWeights& integers) {
  const auto n = static_cast<double>(weights.size());
  double sw = 0, sq = 0, sww = 0, sqq = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double w = weights[i], q = double{integers.quant.scale[0]} * integers.codes[i];
    sw += w, sq += q, sww += w * w, sqq += q * q;
  }
  const double spread = sqq - sq * sq / n;
  const double var = spread > 0 ? std::sqrt(std::max(0.0, sww - sw * sw / n) / spread) : 1.0;
  integers.quant.var_correction = {static_cast<float>(var > 0 && var < 10 ? var : 1.0)};
  integers.quant.mean_correction = {static_cast<float>(sw / n - sq / n * integers.quant.var_correction[0])};
}

}  // namespace

std::optional<IntegerWeights> mix_bits_like_mindspore(std::span<const float> weights, const ChannelLayout& layout,
                                                      const MixedBitOptions& options) {
  const std::optional<float> scale = bisected_scale(weights, layout, options.relative_error);
  if (!scale) return quantize_like_mindspore(weights, layout, 8, options.correct);
  IntegerWeights result;
  result.codes.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double level = std::floor(weights[i] / *scale + 0.5f);
    if (std::fabs(level) > kLargestCode) return quantize_like_mindspore(weights, layout, 8, options.correct);
    result.codes[i] = static_cast<std::int16_t>(level);
  }
  result.quant.scale = {*scale};
  result.quant.zero_point = {0};
  result.quant.bits = 16;
  if (options.correct) add_correction(weights, result);
  const auto coded = encode_fse(result.codes, result.quant.scale[0]);
  if (!coded || coded->size() >= weights.size() * sizeof(float)) return std::nullopt;
  return result;
}

}  // namespace octet
