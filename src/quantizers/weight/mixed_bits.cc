// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/mixed_bits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/infinity.h"
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

// Of the original, whose sums and products are float32 and whose averages are double.
struct Correction {
  float var = 1.0f, mean = 0.0f;
};

float nearest_level(float weight, float scale) { return std::floor(weight / scale + 0.5f); }

// Brings mean and standard deviation of the whole tensor back.
Correction correction_of(std::span<const float> weights, float scale) {
  const auto n = static_cast<double>(weights.size());
  double mean = 0, mean_real = 0;
  for (const float w : weights) mean += w, mean_real += scale * nearest_level(w, scale);
  mean /= n, mean_real /= n;
  double variance = 0, variance_real = 0;
  for (const float w : weights) {
    const double off = w - mean, off_real = scale * nearest_level(w, scale) - mean_real;
    variance += off * off;
    variance_real += off_real * off_real;
  }
  const double deviation_real = std::sqrt(variance_real / n);
  Correction correction;
  if (deviation_real >= std::numeric_limits<double>::epsilon()) correction.var = static_cast<float>(std::sqrt(variance / n) / deviation_real);
  correction.mean = static_cast<float>(mean - mean_real * correction.var);
  return correction;
}

// The relative error of the corrected weights. It is that of the whole tensor: the original means to measure channels, and counts
// all of them as one.
float relative_error(std::span<const float> weights, float scale) {
  const Correction correction = correction_of(weights, scale);
  float power = 0, error = 0;
  for (const float w : weights) {
    const float off = w - (correction.var * (scale * nearest_level(w, scale)) + correction.mean);
    power += w * w;
    error += off * off;
  }
  return power < 1e-10f ? 1e-10f / 1e-7f : (1e-10f + std::sqrt(error / power)) / (1.0f + 1e-7f);
}

// The first element counts for the maximum alone.
float original_spread(std::span<const float> weights) {
  float lowest = kInfinity, highest = -kInfinity;
  for (const float w : weights) {
    if (w > highest)
      highest = w;
    else if (w < lowest)
      lowest = w;
  }
  return highest - lowest;
}

// The range in which the wanted error lies is found by doubling and halving, then halved itself, from `spread * wanted` on.
std::optional<float> bisected_scale(std::span<const float> weights, float wanted) {
  const float start = original_spread(weights) * wanted;
  if (!(start > 1e-5f * wanted) || !std::isfinite(start)) return std::nullopt;
  float lo = start / 2, hi = start * 2;
  for (int round = 0; round < kMaxScaleRounds && relative_error(weights, hi) < wanted; ++round) hi *= 2;
  for (int round = 0; round < kMaxScaleRounds && relative_error(weights, lo) > wanted; ++round) lo /= 2;
  float scale = start;
  for (int round = 0;; ++round) {
    const float error = relative_error(weights, scale);
    if (std::fabs(error - wanted) / wanted < kTolerance) return scale;
    if (round > kMaxScaleRounds) return error < wanted ? std::optional(scale) : std::nullopt;
    (error > wanted ? hi : lo) = scale;
    scale = (lo + hi) / 2;
  }
}

}  // namespace

std::optional<IntegerWeights> mix_bits_like_mindspore(std::span<const float> weights, const ChannelLayout& layout,
                                                      const MixedBitOptions& options) {
  const std::optional<float> scale = bisected_scale(weights, static_cast<float>(options.relative_error));
  if (!scale) return quantize_like_mindspore(weights, layout, 8, options.correct);
  IntegerWeights result;
  result.codes.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float level = nearest_level(weights[i], *scale);
    if (std::fabs(level) > static_cast<float>(kLargestCode)) return quantize_like_mindspore(weights, layout, 8, options.correct);
    result.codes[i] = static_cast<std::int16_t>(level);
  }
  result.quant.scale = {*scale};
  result.quant.zero_point = {0};
  result.quant.bits = 16;
  if (options.correct) {
    const Correction correction = correction_of(weights, *scale);
    result.quant.var_correction = {correction.var};
    result.quant.mean_correction = {correction.mean};
  }
  const auto coded = encode_fse(result.codes, result.quant.scale[0]);
  if (!coded || coded->size() >= weights.size() * sizeof(float)) return std::nullopt;
  return result;
}

}  // namespace octet
