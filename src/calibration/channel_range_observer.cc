// SPDX-License-Identifier: Apache-2.0
#include "calibration/channel_range_observer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octet {

Result<void> ChannelRangeObserver::observe(const ConstView& values) {
  const std::size_t channels = values.shape->empty() ? 1 : static_cast<std::size_t>(values.shape->back());
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  if (n == 0) return {};
  if (min_.empty()) {
    min_.assign(channels, std::numeric_limits<float>::infinity());
    max_.assign(channels, -std::numeric_limits<float>::infinity());
    sum_squares_.assign(channels, 0.0);
  }
  if (min_.size() != channels)
    return make_error(ErrorCode::kInvalidData, "has {} channels, earlier samples had {}", channels, min_.size());
  const float* data = values.as<float>();
  std::vector<float> squares(channels, 0.0f);  // of one run of rows: short enough for float sums
  constexpr std::size_t kRun = 64;
  for (std::size_t row = 0; row < n / channels;) {
    std::fill(squares.begin(), squares.end(), 0.0f);
    for (const std::size_t end = std::min(row + kRun, n / channels); row < end; ++row) {
      const float* x = data + row * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        min_[c] = x[c] < min_[c] ? x[c] : min_[c];
        max_[c] = x[c] > max_[c] ? x[c] : max_[c];
        squares[c] += x[c] * x[c];
      }
    }
    for (std::size_t c = 0; c < channels; ++c) sum_squares_[c] += squares[c];
  }
  for (std::size_t c = 0; c < channels; ++c)
    if (!std::isfinite(sum_squares_[c])) return make_error(ErrorCode::kInvalidData, "holds a NaN, an infinity, or values whose squares are too large");
  count_ += static_cast<double>(n / channels);
  return {};
}

void ChannelRangeObserver::merge(Observer& later) {
  auto& other = static_cast<ChannelRangeObserver&>(later);
  if (min_.empty()) {
    *this = std::move(other);
  } else {
    for (std::size_t c = 0; c < other.min_.size(); ++c) {
      min_[c] = std::min(min_[c], other.min_[c]);
      max_[c] = std::max(max_[c], other.max_[c]);
      sum_squares_[c] += other.sum_squares_[c];
    }
    count_ += other.count_;
  }
  other = ChannelRangeObserver();
}

std::unique_ptr<Observer> ChannelRangeObserver::fresh() const { return std::make_unique<ChannelRangeObserver>(); }

std::size_t ChannelRangeObserver::memory_bytes(const Shape& shape) const {
  const std::size_t channels = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  return sizeof(*this) + channels * (2 * sizeof(float) + sizeof(double));
}

}  // namespace octet
