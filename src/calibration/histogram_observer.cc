// SPDX-License-Identifier: Apache-2.0
#include "calibration/histogram_observer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace octet {
namespace {

// A step through n values that takes about `wanted` of them and, having no common divisor with the number of channels, meets
// all channels alike.
std::size_t sampling_step(std::size_t n, std::size_t channels, std::size_t wanted) {
  std::size_t step = std::max<std::size_t>(n / wanted, 1);
  while (step > 1 && std::gcd(step, channels) != 1) ++step;
  return step;
}

// The power of two with which `magnitude` is below half of all bins, and not below a quarter.
double width_for(double magnitude) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude < 2^exponent
  return std::ldexp(2.0 / HistogramObserver::kBins, exponent);
}

}  // namespace

Result<void> HistogramObserver::observe(const ConstView& values) {
  const float* data = values.as<float>();
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  if (n == 0) return {};
  const auto channels = static_cast<std::size_t>(values.shape->empty() ? 1 : values.shape->back());
  const std::size_t step = sampling_step(n, channels, kValuesPerSample);
  float largest = 0.0f, finite = 0.0f;
  for (std::size_t i = 0; i < n; i += step) {
    largest = std::max(largest, std::fabs(data[i]));
    finite += data[i] * 0.0f;  // NaN from the first NaN or infinity on
  }
  if (std::isnan(finite)) return make_error(ErrorCode::kInvalidData, "holds a NaN or an infinity");
  cover(largest);
  const auto per_width = static_cast<float>(width_ > 0 ? 1.0 / width_ : 0.0);  // a power of two: products are exact
  for (std::size_t i = 0; i < n; i += step) {
    const float value = data[i];
    ++num_values_;
    if (std::fabs(value) < std::numeric_limits<float>::min()) {  // denormal numbers are zeros for every purpose
      ++num_zeros_;
      continue;
    }
    ++counts_[static_cast<std::size_t>(static_cast<int>(std::floor(value * per_width)) + kBins / 2)];
  }
  return {};
}

// Widens the bins until `magnitude` lies inside.
void HistogramObserver::cover(double magnitude) {
  if (magnitude < std::numeric_limits<float>::min()) return;
  const double needed = width_for(magnitude);
  if (width_ == 0) {
    width_ = needed;
    counts_.assign(kBins, 0);
  }
  while (width_ < needed) double_width();
}

void HistogramObserver::double_width() {
  std::vector<std::uint32_t> joined(kBins, 0);
  // floor(floor(x / w) / 2) == floor(x / (2 w)): what a wider histogram would have counted itself.
  for (int b = 0; b < kBins; ++b) joined[static_cast<std::size_t>(((b - kBins / 2) >> 1) + kBins / 2)] += counts_[static_cast<std::size_t>(b)];
  counts_ = std::move(joined);
  width_ *= 2;
}

void HistogramObserver::merge(Observer& later) {
  auto& other = static_cast<HistogramObserver&>(later);
  num_zeros_ += other.num_zeros_;
  num_values_ += other.num_values_;
  if (other.width_ > 0) {
    if (width_ == 0) {
      width_ = other.width_;
      counts_ = std::move(other.counts_);
    } else {
      while (width_ < other.width_) double_width();
      while (other.width_ < width_) other.double_width();
      for (std::size_t b = 0; b < kBins; ++b) counts_[b] += other.counts_[b];
    }
  }
  other = HistogramObserver();
}

std::unique_ptr<Observer> HistogramObserver::fresh() const { return std::make_unique<HistogramObserver>(); }

std::size_t HistogramObserver::memory_bytes(const Shape&) const { return sizeof(*this) + kBins * sizeof(std::uint32_t); }

}  // namespace octet
