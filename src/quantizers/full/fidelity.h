// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_FIDELITY_H_
#define OCTET_QUANTIZERS_FULL_FIDELITY_H_

#include <memory>
#include <span>
#include <vector>

#include "calibration/calibrate.h"

namespace octet {

// How close candidate graphs come to the float one: for each, the mean over up to kFidelitySamples samples (spread evenly
// over the source) of the cosine between its first output and the float graph's. Independent of num_threads.
inline constexpr std::size_t kFidelitySamples = 32;
Result<std::vector<double>> mean_output_cosines(const std::shared_ptr<const Plan>& float_plan,
                                                std::span<const Graph* const> candidates, const SampleSource& samples,
                                                int num_threads);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_FIDELITY_H_
