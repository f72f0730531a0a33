// SPDX-License-Identifier: Apache-2.0
#include "analysis/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace octet {

double cosine_similarity(std::span<const float> a, std::span<const float> b) {
  OCTET_CHECK(a.size() == b.size());
  double dot = 0, norm_a = 0, norm_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    norm_a += static_cast<double>(a[i]) * a[i];
    norm_b += static_cast<double>(b[i]) * b[i];
  }
  if (std::isnan(norm_a) || std::isnan(norm_b)) return std::numeric_limits<double>::quiet_NaN();
  constexpr double kAlmostZero = 1e-30;
  if (norm_a < kAlmostZero && norm_b < kAlmostZero) return 1.0;
  if (norm_a < kAlmostZero || norm_b < kAlmostZero) return 0.0;
  return dot / (std::sqrt(norm_a) * std::sqrt(norm_b));
}

double relative_error(std::span<const float> values, std::span<const float> reference) {
  OCTET_CHECK(values.size() == reference.size());
  double largest_error = 0, largest_reference = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = std::fabs(static_cast<double>(values[i]) - reference[i]);
    if (std::isnan(error)) return std::numeric_limits<double>::quiet_NaN();
    largest_error = std::max(largest_error, error);
    largest_reference = std::max(largest_reference, std::fabs(static_cast<double>(reference[i])));
  }
  if (largest_error == 0) return 0.0;
  return largest_reference == 0 ? std::numeric_limits<double>::infinity() : largest_error / largest_reference;
}

std::vector<std::size_t> top_k(std::span<const float> values, std::size_t k) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      const bool nan_a = std::isnan(values[a]), nan_b = std::isnan(values[b]);
                      if (nan_a != nan_b) return nan_b;
                      return nan_a || values[a] == values[b] ? a < b : values[a] > values[b];
                    });
  order.resize(k);
  return order;
}

}  // namespace octet
