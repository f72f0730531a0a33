// SPDX-License-Identifier: Apache-2.0
// What a calibration run gathers of one tensor, in memory that does not grow with the number of samples.
#ifndef OCTET_CALIBRATION_OBSERVER_H_
#define OCTET_CALIBRATION_OBSERVER_H_

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "ir/op.h"

namespace octet {

class Observer {
 public:
  virtual ~Observer() = default;

  // Takes in one sample's values (float32).
  // Error: kInvalidData if a value is not finite.
  virtual Result<void> observe(const ConstView& values) = 0;

  // Takes in what another observer of the same kind gathered from later samples, and empties that one. Merging sample by
  // sample in their order gives the same bits as observing them all in order.
  virtual void merge(Observer& later) = 0;

  // An observer of the same kind that has seen nothing.
  virtual std::unique_ptr<Observer> fresh() const = 0;

  // Whether it tells the channels (last dimension) apart, so that all samples must have equally many.
  virtual bool is_per_channel() const { return false; }

  // What it takes for a tensor of this shape, however many samples it sees.
  virtual std::size_t memory_bytes(const Shape& shape) const = 0;
};

// Extremes over all samples, and the mean over samples of each sample's extremes.
class RangeObserver : public Observer {
 public:
  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override;
  std::size_t memory_bytes(const Shape&) const override { return sizeof(*this); }

  std::int64_t num_samples() const { return num_samples_; }
  float min() const { return min_; }
  float max() const { return max_; }
  float mean_min() const { return static_cast<float>(sum_min_ / static_cast<double>(num_samples_)); }
  float mean_max() const { return static_cast<float>(sum_max_ / static_cast<double>(num_samples_)); }

 private:
  std::int64_t num_samples_ = 0;
  float min_ = std::numeric_limits<float>::infinity();
  float max_ = -std::numeric_limits<float>::infinity();
  double sum_min_ = 0, sum_max_ = 0;
};

// Mean of each channel (last dimension) over all other dimensions and samples, of values clamped to [lo, hi].
class ChannelMeanObserver : public Observer {
 public:
  explicit ChannelMeanObserver(float lo = -std::numeric_limits<float>::infinity(), float hi = std::numeric_limits<float>::infinity())
      : lo_(lo), hi_(hi) {}

  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override;
  bool is_per_channel() const override { return true; }
  std::size_t memory_bytes(const Shape& shape) const override;

  std::vector<float> means() const;  // [C]; empty if nothing was observed

 private:
  float lo_, hi_;
  std::vector<double> sums_;  // [C]
  double count_ = 0;          // of values per channel
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_OBSERVER_H_
