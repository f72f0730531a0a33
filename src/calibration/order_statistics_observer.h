// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_CALIBRATION_ORDER_STATISTICS_OBSERVER_H_
#define OCTET_CALIBRATION_ORDER_STATISTICS_OBSERVER_H_

#include "calibration/observer.h"

namespace octet {

// Mean over samples of two order statistics of each sample's n values: those at positions trunc(low * n) and trunc(high * n)
// of the sorted values. What MindSpore Lite calls removal of outliers, with low = 0.0001 and high = 0.9999.
class OrderStatisticsObserver : public Observer {
 public:
  OrderStatisticsObserver(double low, double high) : low_(low), high_(high) {}

  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override { return std::make_unique<OrderStatisticsObserver>(low_, high_); }
  std::size_t memory_bytes(const Shape& shape) const override;  // a copy of the tensor, while it is sorted

  float mean_low() const { return static_cast<float>(sum_low_ / static_cast<double>(num_samples_)); }
  float mean_high() const { return static_cast<float>(sum_high_ / static_cast<double>(num_samples_)); }

 private:
  double low_, high_;
  double sum_low_ = 0, sum_high_ = 0;
  std::int64_t num_samples_ = 0;
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_ORDER_STATISTICS_OBSERVER_H_
