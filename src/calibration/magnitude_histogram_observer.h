// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_CALIBRATION_MAGNITUDE_HISTOGRAM_OBSERVER_H_
#define OCTET_CALIBRATION_MAGNITUDE_HISTOGRAM_OBSERVER_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "calibration/observer.h"

namespace octet {

// How often |x| falls into each of 2048 bins of a given width, zeros not counted; what lies beyond falls into the last bin. As
// in MindSpore Lite's KL method, whose width is the largest |x| of all samples divided by 2048: a round of calibration of its
// own comes before.
class MagnitudeHistogramObserver : public Observer {
 public:
  static constexpr std::size_t kBins = 2048;

  explicit MagnitudeHistogramObserver(float width) : width_(width), counts_(kBins, 0) {}

  Result<void> observe(const ConstView& values) override {
    const float* data = values.as<float>();
    const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
    for (std::size_t i = 0; i < n && width_ > 0; ++i)
      if (data[i] != 0.0f) ++counts_[std::min(static_cast<std::size_t>(std::fabs(data[i]) / width_), kBins - 1)];
    return {};
  }
  void merge(Observer& later) override {
    auto& other = static_cast<MagnitudeHistogramObserver&>(later);
    for (std::size_t b = 0; b < kBins; ++b) counts_[b] += other.counts_[b];
    other = MagnitudeHistogramObserver(width_);
  }
  std::unique_ptr<Observer> fresh() const override { return std::make_unique<MagnitudeHistogramObserver>(width_); }
  std::size_t memory_bytes(const Shape&) const override { return sizeof(*this) + kBins * sizeof(std::uint64_t); }

  float width() const { return width_; }
  std::span<const std::uint64_t> counts() const { return counts_; }

 private:
  float width_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_MAGNITUDE_HISTOGRAM_OBSERVER_H_
