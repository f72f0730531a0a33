// SPDX-License-Identifier: Apache-2.0
#include "analysis/distribution.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace octet {

Distribution describe(std::span<const float> values) {
  Distribution d;
  if (values.empty()) return d;
  std::vector<float> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    const double position = static_cast<double>(sorted.size() - 1) * q;
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double share = position - static_cast<double>(below);
    return static_cast<float>(sorted[below] * (1 - share) + sorted[above] * share);
  };
  d.min = sorted.front();
  d.max = sorted.back();
  d.q1 = quantile(0.25);
  d.median = quantile(0.5);
  d.q3 = quantile(0.75);
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
