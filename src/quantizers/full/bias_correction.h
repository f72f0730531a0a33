// SPDX-License-Identifier: Apache-2.0
// Corrections of the mean error that quantization adds to each output channel.
#ifndef OCTET_QUANTIZERS_FULL_BIAS_CORRECTION_H_
#define OCTET_QUANTIZERS_FULL_BIAS_CORRECTION_H_

#include <span>
#include <vector>

#include "quantizers/weights.h"

namespace octet {

// Adds to `bias` what rounding the weights takes from the expected output:
//   bias[k] += sum over window positions r and input channels c of (w[k, r, c] - scale[k] * q[k, r, c]) * mean[c]
// weights: [K, positions, channels_per_group]; means: of all input channels; output channel k reads those of its group.
// Padding is not counted: at the border the error is a little smaller.
// Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.2, with measured instead of assumed means.
void add_weight_error_correction(std::span<const float> weights, const QuantizedWeights& quantized,
                                 std::span<const float> means, std::vector<float>& bias,
                                 std::size_t channels_per_group);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_BIAS_CORRECTION_H_
