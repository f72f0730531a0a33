// SPDX-License-Identifier: Apache-2.0
// Scales, zero points and thresholds as MindSpore Lite 2.0.0 computes them, to the bit of what it stores.
#ifndef OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_PARAMS_H_
#define OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_PARAMS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "ir/tensor.h"

namespace octet {

// An activation's parameters for values in [min, max], steps in [-128, 127]; symmetric: +-127.
//   step = (max - min) / 255, and the ends move so that 0 lies on a step:
//   n = round(-min / step),  scale = ((255 - n) * step + n * step) / 255,  zero_point = round(-128 + n * step / scale)
// Rounding is away from zero, sums are float32, divisions double.
QuantParams compatible_activation_params(float min, float max, bool symmetric);

// Weights [channels, elements each]: per channel symmetric +-127; over all of them asymmetric [-128, 127].
struct CompatibleWeights {
  std::vector<std::int8_t> values;
  QuantParams quant;
};
CompatibleWeights compatible_weights(std::span<const float> weights, std::size_t channels, bool per_channel, float src_scale,
                                     std::span<const float> bias);

// round(bias / (src_scale * weights_scale)), int32; `scale` gets the products.
std::vector<std::int32_t> compatible_bias(std::span<const float> bias, float src_scale, std::span<const float> weights_scale,
                                          std::vector<float>& scale);

// The threshold T of the KL method: of a histogram of magnitudes, the end (i + 0.5) * width of the first i bins, i in
// [128, bins), with the least divergence between those (what lies beyond added to the last) and what 128 levels leave of them.
float compatible_kl_threshold(std::span<const std::uint64_t> counts, float width);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_PARAMS_H_
