// SPDX-License-Identifier: Apache-2.0
#include "ops/interpolation.h"

#include <cmath>

namespace octet {

double nearest_pixel(double x, NearestMode mode) {
  switch (mode) {
    case NearestMode::kRoundPreferFloor: return std::ceil(x - 0.5);
    case NearestMode::kRoundPreferCeil: return std::floor(x + 0.5);
    case NearestMode::kFloor: return std::floor(x);
    case NearestMode::kCeil: break;
  }
  return std::ceil(x);
}

double cubic_weight(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0.0;
}

std::array<double, 4> cubic_weights(double f, double a) {
  return {cubic_weight(1 + f, a), cubic_weight(f, a), cubic_weight(1 - f, a), cubic_weight(2 - f, a)};
}

}  // namespace octet
