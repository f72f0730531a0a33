// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_CALIBRATION_HISTOGRAM_OBSERVER_H_
#define OCTET_CALIBRATION_HISTOGRAM_OBSERVER_H_

#include <cstdint>

#include "calibration/observer.h"

namespace octet {

// How often values fall into each of kBins equal bins. Zeros are counted apart: quantization keeps them exactly, and behind a
// ReLU they would drown everything else.
//
// Bin b holds [(b - kBins / 2) * width, (b + 1 - kBins / 2) * width). The width is a power of two that doubles, joining pairs of
// bins, whenever a value lies outside; so the counts depend neither on the order of samples nor on how they were split, and
// merging is exact. The larger side of the data always covers at least kBins / 4 bins.
//
// Of a large tensor about kValuesPerSample values are taken in each sample, evenly spread over positions and channels, so that
// the cost does not grow with the network's resolution; extremes are RangeObserver's business, which sees every value.
class HistogramObserver : public Observer {
 public:
  static constexpr int kBins = 8192;
  static constexpr std::size_t kValuesPerSample = 16384;

  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override;
  std::size_t memory_bytes(const Shape& shape) const override;

  std::int64_t num_zeros() const { return num_zeros_; }
  std::int64_t num_values() const { return num_values_; }  // with zeros
  // [kBins], or empty if only zeros were seen.
  std::span<const std::uint32_t> counts() const { return counts_; }
  double bin_width() const { return width_; }
  double bin_begin(std::size_t bin) const { return (static_cast<double>(bin) - kBins / 2) * width_; }

 private:
  void cover(double magnitude);
  void double_width();

  std::int64_t num_zeros_ = 0, num_values_ = 0;
  double width_ = 0;  // 0: nothing but zeros so far
  std::vector<std::uint32_t> counts_;
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_HISTOGRAM_OBSERVER_H_
