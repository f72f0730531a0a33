// SPDX-License-Identifier: Apache-2.0
// Arithmetic in the types and order of the original: its codes must come out equal.
#include <algorithm>
#include <cmath>

#include "quantizers/weight/integer_weights.h"

namespace octet {
namespace {

constexpr float kLeastRange = 1e-10f;
constexpr double kLeastScale = 1e-38;
constexpr double kLargestVarCorrection = 10.0;

struct MindsporeLevels {
  int lowest, highest;
};

struct Param {
  double scale;
  std::int32_t zero_point;
};

Param param_of(float lo, float hi, MindsporeLevels levels) {
  hi = std::max(hi, lo + kLeastRange);
  lo = std::min(lo, 0.0f);
  hi = std::max(hi, 0.0f);
  const double scale = (hi - lo) / static_cast<float>(levels.highest - levels.lowest);
  return {scale, static_cast<std::int32_t>(std::round(levels.lowest - lo / scale))};
}

std::int16_t code_of(float weight, const Param& param, MindsporeLevels levels) {
  if (param.scale <= kLeastScale) return 0;
  const double level = std::round(weight / param.scale + param.zero_point);
  return static_cast<std::int16_t>(std::clamp(level, static_cast<double>(levels.lowest), static_cast<double>(levels.highest)));
}

struct Moments {
  double mean, deviation;
};

template <typename Value>
Moments moments(std::size_t count, Value value) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) sum += value(i);
  const double mean = sum / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) squares += (value(i) - mean) * (value(i) - mean);
  return {mean, std::sqrt(squares / static_cast<double>(count))};
}

}  // namespace

IntegerWeights quantize_like_mindspore(std::span<const float> weights, const ChannelLayout& layout, int bits, bool correct) {
  const MindsporeLevels levels{-(1 << (bits - 1)), (1 << (bits - 1)) - 1};
  IntegerWeights result;
  result.codes.resize(weights.size());
  result.quant.bits = bits;
  for (std::size_t c = 0; c < layout.channels; ++c) {
    float lo = weights[layout.index(c, 0)], hi = lo;
    for (std::size_t i = 0; i < layout.channel_size(); ++i) {
      lo = std::min(lo, weights[layout.index(c, i)]);
      hi = std::max(hi, weights[layout.index(c, i)]);
    }
    const Param param = param_of(lo, hi, levels);
    for (std::size_t i = 0; i < layout.channel_size(); ++i)
      result.codes[layout.index(c, i)] = code_of(weights[layout.index(c, i)], param, levels);
    result.quant.scale.push_back(static_cast<float>(param.scale));
    result.quant.zero_point.push_back(param.zero_point);
    if (!correct || layout.channels == 1) continue;
    const Moments before = moments(layout.channel_size(), [&](std::size_t i) { return double{weights[layout.index(c, i)]}; });
    const Moments after = moments(layout.channel_size(), [&](std::size_t i) {
      return (result.codes[layout.index(c, i)] - param.zero_point) * param.scale;
    });
    double var = after.deviation > 0 ? before.deviation / after.deviation : 1.0;
    if (!(var > 0 && var < kLargestVarCorrection)) var = 1.0;
    result.quant.var_correction.push_back(static_cast<float>(var));
    result.quant.mean_correction.push_back(static_cast<float>(before.mean - after.mean * var));
  }
  return result;
}

}  // namespace octet
