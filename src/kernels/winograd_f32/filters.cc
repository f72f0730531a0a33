// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "kernels/winograd_f32/points.h"
#include "kernels/winograd_f32/winograd_f32.h"

namespace octet {
namespace {

constexpr WinogradForm kForms[] = {
    {3, 3, 4, 4, 6, 6}, {3, 3, 2, 2, 4, 4}, {5, 5, 2, 2, 6, 6}, {1, 3, 1, 4, 1, 6}, {3, 1, 4, 1, 6, 1}, {1, 7, 1, 2, 1, 8}, {7, 1, 2, 1, 8, 1},
};

std::span<const float> points_of(std::size_t count) {
  if (count == 4) return WinogradPoints<4>::kValues;
  if (count == 6) return WinogradPoints<6>::kValues;
  if (count == 8) return WinogradPoints<8>::kValues;
  return {};
}

// Row `point` of G for an axis: the filter as a polynomial at that point, over the product of its distances to the other points.
// The order is 0, p, -p, ..., infinity.
std::vector<double> factors(std::size_t point, std::size_t count, std::size_t taps) {
  if (count == 1) return {1.0};
  std::vector<double> row(taps, 0.0);
  if (point + 1 == count) {
    row.back() = 1.0;
    return row;
  }
  const std::span<const float> points = points_of(count);
  const auto at = [&](std::size_t i) { return i == 0 ? 0.0 : (i % 2 == 1 ? 1.0 : -1.0) * double{points[(i - 1) / 2]}; };
  double power = 1.0;
  for (std::size_t i = 0; i + 1 < count; ++i)
    if (i != point) power /= at(point) - at(i);
  for (double& factor : row) {
    factor = power;
    power *= at(point);
  }
  return row;
}

}  // namespace

std::span<const WinogradForm> winograd_f32_forms() { return kForms; }

void winograd_f32_filter(const WinogradForm& form, std::size_t point, const float* filters, std::size_t k, std::size_t c, float* dst) {
  const std::vector<double> along_y = factors(point / form.points_x, form.points_y, form.taps_y);
  const std::vector<double> along_x = factors(point % form.points_x, form.points_x, form.taps_x);
  std::vector<double> sums(c);
  for (std::size_t row = 0; row < k; ++row, dst += c) {
    sums.assign(c, 0.0);
    for (const double y : along_y) {
      for (const double x : along_x) {
        const double factor = y * x;
        for (std::size_t i = 0; i < c; ++i) sums[i] += factor * double{filters[i]};
        filters += c;
      }
    }
    for (std::size_t i = 0; i < c; ++i) dst[i] = static_cast<float>(sums[i]);
  }
}

}  // namespace octet
