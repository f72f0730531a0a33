// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_CALIBRATION_SAMPLE_SUBSET_H_
#define OCTET_CALIBRATION_SAMPLE_SUBSET_H_

#include <algorithm>
#include <vector>

#include "calibration/calibrate.h"

namespace octet {

// Some samples of another source, which must live longer.
class SampleSubset : public SampleSource {
 public:
  SampleSubset(const SampleSource& all, std::vector<std::size_t> indices) : all_(&all), indices_(std::move(indices)) {}

  // At most `count` of them, spread evenly.
  static SampleSubset spread(const SampleSource& all, std::size_t count) {
    count = std::min(count, all.size());
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < count; ++i) indices.push_back(i * all.size() / count);
    return SampleSubset(all, std::move(indices));
  }

  std::size_t size() const override { return indices_.size(); }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    return all_->load(indices_[index], inputs);
  }

 private:
  const SampleSource* all_;
  std::vector<std::size_t> indices_;
};

}  // namespace octet

#endif  // OCTET_CALIBRATION_SAMPLE_SUBSET_H_
