// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_COMPATIBLE_LAYER_BIAS_CORRECTION_H_
#define OCTET_QUANTIZERS_COMPATIBLE_LAYER_BIAS_CORRECTION_H_

#include "calibration/calibrate.h"

namespace octet {

// Bias correction as in MindSpore Lite: each int8 convolution of `quantized` runs alone, on the quantized input of the float
// convolution of the same name, and
//   bias[k] += round((mean over samples of (mean of float output k - mean of int8 output k)) / bias scale[k])
// unless the bias would then lie beyond 0.6 * 2^31. Needs a bias; convolutions without one are left alone.
Result<void> correct_convolution_biases(const std::shared_ptr<const Plan>& float_plan, const SampleSource& samples, int num_threads,
                                        Graph& quantized);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_COMPATIBLE_LAYER_BIAS_CORRECTION_H_
