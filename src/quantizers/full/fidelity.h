// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_FIDELITY_H_
#define OCTET_QUANTIZERS_FULL_FIDELITY_H_

#include <memory>
#include <span>
#include <vector>

#include "calibration/calibrate.h"

namespace octet {

// How close candidate graphs come to the float one: the cosine between a candidate's first output and the float graph's, by
// candidate, then sample, on up to kFidelitySamples samples spread evenly over the source. Independent of num_threads.
inline constexpr std::size_t kFidelitySamples = 32;
Result<std::vector<std::vector<double>>> output_cosines(const std::shared_ptr<const Plan>& float_plan,
                                                        std::span<const Graph* const> candidates, const SampleSource& samples,
                                                        int num_threads);

// The mean over samples, of one candidate.
Result<double> mean_output_cosine(const std::shared_ptr<const Plan>& float_plan, const Graph& candidate, const SampleSource& samples,
                                  int num_threads);

// 0 if there are none.
double mean_of(std::span<const double> values);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_FIDELITY_H_
