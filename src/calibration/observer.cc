// SPDX-License-Identifier: Apache-2.0
#include "calibration/observer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octet {
namespace {

std::size_t element_count(const ConstView& values) { return static_cast<std::size_t>(num_elements(*values.shape).value_or(0)); }

}  // namespace

Result<void> RangeObserver::observe(const ConstView& values) {
  const float* data = values.as<float>();
  const std::size_t n = element_count(values);
  if (n == 0) return {};
  float lo = data[0], hi = data[0];
  float finite = 0.0f;  // becomes NaN at the first NaN or infinity: x * 0 is NaN for both
  for (std::size_t i = 0; i < n; ++i) {
    lo = data[i] < lo ? data[i] : lo;
    hi = data[i] > hi ? data[i] : hi;
    finite += data[i] * 0.0f;
  }
  if (std::isnan(finite)) return make_error(ErrorCode::kInvalidData, "holds a NaN or an infinity");
  min_ = std::min(min_, lo);
  max_ = std::max(max_, hi);
  sum_min_ += lo;
  sum_max_ += hi;
  ++num_samples_;
  return {};
}

void RangeObserver::merge(Observer& later) {
  auto& other = static_cast<RangeObserver&>(later);
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_min_ += other.sum_min_;
  sum_max_ += other.sum_max_;
  num_samples_ += other.num_samples_;
  other = RangeObserver();
}

std::unique_ptr<Observer> RangeObserver::fresh() const { return std::make_unique<RangeObserver>(); }

Result<void> ChannelMeanObserver::observe(const ConstView& values) {
  const std::size_t channels = values.shape->empty() ? 1 : static_cast<std::size_t>(values.shape->back());
  const std::size_t n = element_count(values);
  if (n == 0) return {};
  if (sums_.empty()) sums_.assign(channels, 0.0);
  if (sums_.size() != channels)
    return make_error(ErrorCode::kInvalidData, "has {} channels, earlier samples had {}", channels, sums_.size());
  // Float sums over short runs of pixels, double between them: fast, and exact enough for a mean.
  constexpr std::size_t kRun = 64;
  const float* data = values.as<float>();
  std::vector<float> partial(channels);
  for (std::size_t pixel = 0; pixel < n / channels;) {
    std::fill(partial.begin(), partial.end(), 0.0f);
    for (const std::size_t end = std::min(pixel + kRun, n / channels); pixel < end; ++pixel)
      for (std::size_t c = 0; c < channels; ++c) partial[c] += std::clamp(data[pixel * channels + c], lo_, hi_);
    for (std::size_t c = 0; c < channels; ++c) sums_[c] += partial[c];
  }
  count_ += static_cast<double>(n / channels);
  return {};
}

void ChannelMeanObserver::merge(Observer& later) {
  auto& other = static_cast<ChannelMeanObserver&>(later);
  if (sums_.empty()) sums_.assign(other.sums_.size(), 0.0);
  for (std::size_t c = 0; c < other.sums_.size(); ++c) sums_[c] += other.sums_[c];
  count_ += other.count_;
  other = ChannelMeanObserver(lo_, hi_);
}

std::unique_ptr<Observer> ChannelMeanObserver::fresh() const { return std::make_unique<ChannelMeanObserver>(lo_, hi_); }

std::size_t ChannelMeanObserver::memory_bytes(const Shape& shape) const {
  return sizeof(*this) + (shape.empty() ? 1 : static_cast<std::size_t>(shape.back())) * sizeof(double);
}

std::vector<float> ChannelMeanObserver::means() const {
  std::vector<float> means(sums_.size());
  for (std::size_t c = 0; c < means.size(); ++c) means[c] = static_cast<float>(sums_[c] / count_);
  return means;
}

}  // namespace octet
