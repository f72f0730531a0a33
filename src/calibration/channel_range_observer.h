// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_CALIBRATION_CHANNEL_RANGE_OBSERVER_H_
#define OCTET_CALIBRATION_CHANNEL_RANGE_OBSERVER_H_

#include <span>

#include "calibration/observer.h"

namespace octet {

// Extremes and mean square of each channel (last dimension) over all other dimensions and samples.
class ChannelRangeObserver : public Observer {
 public:
  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override;
  bool is_per_channel() const override { return true; }
  std::size_t memory_bytes(const Shape& shape) const override;

  std::size_t num_channels() const { return min_.size(); }  // 0 if nothing was observed
  std::span<const float> min() const { return min_; }
  std::span<const float> max() const { return max_; }
  double mean_square(std::size_t channel) const { return sum_squares_[channel] / count_; }

 private:
  std::vector<float> min_, max_;
  std::vector<double> sum_squares_;
  double count_ = 0;  // of values per channel
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_CHANNEL_RANGE_OBSERVER_H_
