// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "quantizers/weight/integer_weights.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

constexpr double kOffsetsPerStep = 8.0;
constexpr double kZeroPoints = 16.0;
constexpr int kFineBits = 8;  // from here on the extremes decide
constexpr int kMaxRounds = 20;            // of least squares; it converges in about 10

// Shares of the full range from which the search begins.
constexpr double kFirstWidths[] = {1.0, 0.85, 0.7, 0.55};

// A channel's steps: real = scale * q + offset.
struct Steps {
  double scale, offset;
  double error;  // sum of squares
};

struct Levels {
  double lowest, highest;
};

double code_of(double weight, const Steps& steps, Levels levels) {
  return std::clamp(std::nearbyint((weight - steps.offset) / steps.scale), levels.lowest, levels.highest);
}

// The sum of squared errors of steps, and the steps of least squares for their codes.
struct Fit {
  double error;
  Steps steps;
};
Fit fit(std::span<const double> weights, const Steps& steps, Levels levels, bool whole_offset) {
  double sq = 0, sw = 0, sqq = 0, sqw = 0, error = 0;
  for (const double w : weights) {
    const double q = code_of(w, steps, levels);
    const double off = w - (q * steps.scale + steps.offset);
    error += off * off;
    sq += q, sw += w, sqq += q * q, sqw += q * w;
  }
  const auto n = static_cast<double>(weights.size());
  Steps next = steps;
  if (whole_offset) {  // offset = -zero_point * scale: one unknown
    const double zero_point = -std::nearbyint(steps.offset / steps.scale);
    const double squares = sqq - 2 * zero_point * sq + n * zero_point * zero_point;
    if (squares > 0) next.scale = (sqw - zero_point * sw) / squares;
    next.offset = -zero_point * next.scale;
  } else {
    const double spread = sqq - sq * sq / n;
    if (spread > 0) next.scale = (sqw - sq * sw / n) / spread;
    next.offset = (sw - next.scale * sq) / n;
  }
  return {error, next};
}

Steps descend(std::span<const double> weights, Steps steps, Levels levels, bool whole_offset) {
  Steps best = steps;
  best.error = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kMaxRounds; ++round) {
    const Fit found = fit(weights, steps, levels, whole_offset);
    if (!(found.error < best.error * (1 - 1e-9))) break;
    best = steps;
    best.error = found.error;
    steps = found.steps;
    if (!(steps.scale > 0) || !std::isfinite(steps.scale)) break;
  }
  return best;
}

Steps find_steps(std::span<const double> weights, Levels levels, bool whole_offset) {
  const auto [least, largest] = std::minmax_element(weights.begin(), weights.end());
  // A zero point has to be one of the codes: then zero lies in the range.
  const double lo = whole_offset ? std::min(*least, 0.0) : *least, hi = whole_offset ? std::max(*largest, 0.0) : *largest;
  const double middle = (lo + hi) / 2, range = hi - lo;
  if (!(range > 1e-30)) return {1.0, whole_offset ? 0.0 : lo, 0.0};
  Steps best{1.0, 0.0, std::numeric_limits<double>::infinity()};
  for (const double width : kFirstWidths) {
    Steps steps{range * width / (levels.highest - levels.lowest), 0.0, 0.0};
    steps.offset = middle - steps.scale * (levels.lowest + levels.highest) / 2;
    if (whole_offset) steps.offset = std::nearbyint(steps.offset / steps.scale) * steps.scale;
    const Steps found = descend(weights, steps, levels, whole_offset);
    if (found.error < best.error) best = found;
  }
  return best;
}

// Moves as few codes as needed, those nearest to a rounding border first, by one step, so that the errors of a channel add up to
// less than half a step: inputs are mostly of one sign (behind a ReLU all are), and a mean error of the weights would shift
// every output. Nothing else in the file has to say so.
void balance(std::span<const double> weights, const Steps& steps, Levels levels, std::span<double> codes) {
  std::vector<double> errors(codes.size());  // in steps
  double excess = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    errors[i] = codes[i] - (weights[i] - steps.offset) / steps.scale;
    excess += errors[i];
  }
  const double direction = excess > 0 ? -1.0 : 1.0;
  const auto moves = std::min(static_cast<std::size_t>(std::nearbyint(std::fabs(excess))), codes.size());
  if (moves == 0) return;
  std::vector<std::size_t> order(codes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_nearer = [&](std::size_t a, std::size_t b) {
    const double first = errors[a] * direction, second = errors[b] * direction;
    return first < second || (first == second && a < b);
  };
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(moves - 1), order.end(), is_nearer);
  for (std::size_t i = 0; i < moves; ++i) codes[order[i]] = std::clamp(codes[order[i]] + direction, levels.lowest, levels.highest);
}

// Scale and offset on a grid that channels share. A channel that its steps hit exactly keeps them.
Steps snapped(Steps steps, bool whole_offset) {
  if (steps.error == 0) return steps;
  steps.scale = shared_scale(steps.scale, SharedScale::kNearest);
  const double parts = whole_offset ? 1.0 : kOffsetsPerStep;
  steps.offset = std::nearbyint(steps.offset / steps.scale * parts) / parts * steps.scale;
  return steps;
}

// Steps that reach all weights: zero point 0, or one of 15 others where its scale is finer by more than one of the shared ones.
Steps full_range(std::span<const double> weights, Levels levels) {
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
  const double lo = std::min(*least, 0.0), hi = std::max(*most, 0.0);
  const auto reaching = [&](double zero_point) {
    return std::max(hi / (levels.highest - zero_point), -lo / (zero_point - levels.lowest));
  };
  const double part = (levels.highest - levels.lowest + 1) / kZeroPoints;
  double zero_point = 0;
  if (hi > lo) {
    const double wanted = levels.lowest - lo / ((hi - lo) / (levels.highest - levels.lowest));
    const double found = std::clamp(std::nearbyint(wanted / part), 1 - kZeroPoints / 2, kZeroPoints / 2 - 1) * part;
    if (reaching(found) < reaching(0) * std::exp2(-1.0 / kSharedScalesPerOctave)) zero_point = found;
  }
  const double scale = shared_scale(reaching(zero_point), SharedScale::kNotSmaller);
  return {scale, -zero_point * scale, 0};
}

}  // namespace

IntegerWeights quantize_weights_closely(std::span<const float> weights, const ChannelLayout& layout, int bits, bool correct) {
  const Levels levels{-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
  IntegerWeights result;
  result.codes.resize(weights.size());
  result.quant.bits = bits;
  const bool fine = bits >= kFineBits;
  const bool balanced = correct;
  correct = correct && !fine && layout.channels > 1;
  std::vector<double> channel(layout.channel_size()), codes(layout.channel_size());
  for (std::size_t c = 0; c < layout.channels; ++c) {
    for (std::size_t i = 0; i < channel.size(); ++i) channel[i] = weights[layout.index(c, i)];
    Steps steps = fine ? full_range(channel, levels) : snapped(find_steps(channel, levels, !correct), !correct);
    const auto scale = static_cast<float>(steps.scale);
    const auto zero_point = correct ? 0 : static_cast<std::int32_t>(std::clamp(-std::nearbyint(steps.offset / steps.scale), levels.lowest, levels.highest));
    steps.scale = scale;
    if (!correct) steps.offset = -static_cast<double>(zero_point) * steps.scale;
    for (std::size_t i = 0; i < channel.size(); ++i) codes[i] = code_of(channel[i], steps, levels);
    if (balanced) balance(channel, steps, levels, codes);
    for (std::size_t i = 0; i < channel.size(); ++i) result.codes[layout.index(c, i)] = static_cast<std::int16_t>(codes[i]);
    result.quant.scale.push_back(scale);
    result.quant.zero_point.push_back(zero_point);
    if (!correct) continue;
    result.quant.var_correction.push_back(1.0f);
    result.quant.mean_correction.push_back(static_cast<float>(steps.offset));
  }
  return result;
}

std::vector<float> dequantized(const IntegerWeights& integers, const ChannelLayout& layout) {
  std::vector<float> weights(integers.codes.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = dequantized(integers, i, i / layout.inner % layout.channels);
  return weights;
}

}  // namespace octet
