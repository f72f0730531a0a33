// SPDX-License-Identifier: Apache-2.0
// The calibration run: streams samples through the float graph and lets observers see its tensors.
#ifndef OCTET_CALIBRATION_CALIBRATE_H_
#define OCTET_CALIBRATION_CALIBRATE_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "calibration/observer.h"
#include "runtime/plan.h"

namespace octet {

// One thing somebody wants to know of one tensor. Several points may name the same tensor.
struct StatisticPoint {
  TensorId tensor;
  std::unique_ptr<Observer> observer;
};

// Samples by index. load() fills the buffers of all graph inputs, in their order and layout, and may be called from several
// threads at once.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual std::size_t size() const = 0;
  virtual Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const = 0;
};

// The network that is calibrated at other input shapes, and samples of these shapes, maybe none. Tensors of equal names hold the same.
struct CalibrationProfile {
  std::string name;  // for messages
  const Graph* graph;
  const SampleSource* samples;
};

struct CalibrationOptions {
  int num_threads = 1;
  std::function<void(std::size_t done, std::size_t total)> progress;  // may be empty; called from the calling thread
  std::span<const CalibrationProfile> profiles = {};
};

// Runs all samples. `num_threads` samples are in memory at a time, whatever their number; observers see them merged in the
// order of the samples, so the statistics do not depend on num_threads. The samples of options.profiles follow, one profile and its
// plan after the other. A point whose tensor a profile lacks sees nothing of it, nor does one per channel whose tensor has
// another number of channels there: it is no statistic of channels in the first place.
// Error: kInvalidData if there is no sample, or naming tensor and sample if a value is not finite; what load() reports, and for
// profiles Plan::make.
Result<void> calibrate(const std::shared_ptr<const Plan>& plan, const SampleSource& samples,
                       std::span<StatisticPoint> points, const CalibrationOptions& options);

}  // namespace octet

#endif  // OCTET_CALIBRATION_CALIBRATE_H_
