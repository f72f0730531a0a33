// SPDX-License-Identifier: Apache-2.0
#include "calibration/order_statistics_observer.h"

#include <algorithm>

namespace octet {

Result<void> OrderStatisticsObserver::observe(const ConstView& values) {
  const float* data = values.as<float>();
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  if (n == 0) return {};
  std::vector<float> sorted(data, data + n);
  const auto statistic = [&](double share) {
    const std::size_t position = std::min(static_cast<std::size_t>(share * static_cast<double>(n)), n - 1);
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(position), sorted.end());
    return sorted[position];
  };
  sum_low_ += statistic(low_);
  sum_high_ += statistic(high_);
  ++num_samples_;
  return {};
}

void OrderStatisticsObserver::merge(Observer& later) {
  auto& other = static_cast<OrderStatisticsObserver&>(later);
  sum_low_ += other.sum_low_;
  sum_high_ += other.sum_high_;
  num_samples_ += other.num_samples_;
  other = OrderStatisticsObserver(low_, high_);
}

std::size_t OrderStatisticsObserver::memory_bytes(const Shape& shape) const {
  return sizeof(*this) + static_cast<std::size_t>(num_elements(shape).value_or(0)) * sizeof(float);
}

}  // namespace octet
