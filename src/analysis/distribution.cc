// SPDX-License-Identifier: Apache-2.0
#include "analysis/distribution.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace octet {

namespace {

float interpolated_quantile(std::span<const float> sorted, double q) {
  const double position = static_cast<double>(sorted.size() - 1) * q;
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  return static_cast<float>(sorted[below] * (1 - share) + sorted[above] * share);
}

// With the first value taken to the front the others stay sorted: those below it move up by one.
float original_quantile(std::span<const float> sorted, float first, std::size_t place) {
  if (place == 0) return first;
  return sorted[place] <= first ? sorted[place - 1] : sorted[place];
}

}  // namespace

Distribution describe(std::span<const float> values, Quartiles quartiles) {
  Distribution d;
  if (values.empty()) return d;
  std::vector<float> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](std::size_t quarters) {
    if (quartiles == Quartiles::kOriginal) return original_quantile(sorted, values[0], sorted.size() * quarters / 4);
    return interpolated_quantile(sorted, static_cast<double>(quarters) / 4);
  };
  d.min = sorted.front();
  d.max = sorted.back();
  d.q1 = quantile(1);
  d.median = quantile(2);
  d.q3 = quantile(3);
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  std::size_t zeros = 0;
  for (const float value : values) {
    sum += value;
    zeros += value == 0.0f;
  }
  d.mean = sum / n;
  for (const float value : values) squares += (value - d.mean) * (value - d.mean);
  d.standard_deviation = std::sqrt(squares / n);
  d.sparsity = static_cast<double>(zeros) / n;
  return d;
}

double clipped_share(std::span<const float> values, float min, float max) {
  if (values.empty()) return 0;
  const auto outside = std::count_if(values.begin(), values.end(), [&](float v) { return v < min || v > max; });
  return static_cast<double>(outside) / static_cast<double>(values.size());
}

}  // namespace octet
