// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_MEASURED_BIAS_CORRECTION_H_
#define OCTET_QUANTIZERS_FULL_MEASURED_BIAS_CORRECTION_H_

#include "calibration/calibrate.h"

namespace octet {

// Takes off the mean error of each layer with weights, as the whole quantized network makes it, layer after layer:
//   bias[k] += (mean of the float layer's output channel k - mean of the quantized layer's) / (src_scale * weights_scale[k])
// where float outputs count as clamped to the range that the quantized output can hold, and the quantized layer reads what the already corrected layers before it make. All samples go through the network
// together, a step at a time, so the cost is that of running each once. Layers without bias stay.
// Source: Nagel et al. 2019 (arXiv:1906.04721), appendix on empirical bias correction.
struct MeasuredBiasCorrectionOptions {
  // Samples, spread evenly over the source. All are in memory at a time, so there are fewer if their tensors would need more
  // than max_bytes together, but never fewer than 4.
  std::size_t num_samples = 32;
  std::size_t max_bytes = std::size_t{128} << 20;
  int num_threads = 1;           // does not change the result
};
Result<Graph> correct_biases_by_measurement(const std::shared_ptr<const Plan>& float_plan, const Graph& quantized,
                                            const SampleSource& samples, const MeasuredBiasCorrectionOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_MEASURED_BIAS_CORRECTION_H_
