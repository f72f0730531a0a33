// SPDX-License-Identifier: Apache-2.0
// Integer weights from float ones.
#ifndef OCTET_QUANTIZERS_WEIGHTS_H_
#define OCTET_QUANTIZERS_WEIGHTS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ir/tensor.h"

namespace octet {

// Error: kInvalidModel, with the names of node and weights, if one of these float32 weights is NaN or infinite.
Result<void> check_finite(std::string_view node, const Tensor& weights);

// Symmetric int8 weights, real = scale * q, q in [-127, 127], or fewer levels.
struct QuantizedWeights {
  std::vector<std::int8_t> values;  // in the order of the float weights
  std::vector<float> scale;         // one, or one per channel
};

// Quantizes `weights` [channels, per_channel elements each], per channel or with one scale for all:
//   scale[k] = max(max_i |w[k, i]| / 127, floor_scale[k]),  q = round_half_even(w / scale[k])
// With fewer bits 127 is 2^(bits - 1) - 1. One bit has two levels and no zero: q = +-1, scale[k] the mean of |w[k, i]|.
// floor_scale (empty: none) keeps a bias representable: see bias_floor_scale(). A channel of zeros gets its floor, or 1.
QuantizedWeights quantize_weights(std::span<const float> weights, std::size_t channels, bool per_channel,
                                  std::span<const float> floor_scale = {}, int bits = 8);

// One of the scales 2^(i / per_octave): parameters that channels share are stored once. A scale of (nearly) 0 gives 1.
enum class SharedScale { kNearest, kNotLarger, kNotSmaller };
inline constexpr double kSharedScalesPerOctave = 16;  // 4.4 % apart
float shared_scale(double scale, SharedScale which, double per_octave = kSharedScalesPerOctave);

// The least weight scale with which a bias of `bias` is below 2^30 steps of src_scale * weight scale, so that adding
// products to it cannot overflow int32. MindSpore Lite enlarges the weight scale for the same reason.
float bias_floor_scale(float bias, float src_scale);

// round_half_even(bias[k] / (src_scale * weights_scale[k or 0])), clamped to +-2^30.
std::vector<std::int32_t> quantize_bias(std::span<const float> bias, float src_scale, std::span<const float> weights_scale);

// Asymmetric int8 activations for values in [min, max]: 0 is always inside and exact.
//   scale = (max - min) / 255,  zero_point = round_half_even(-128 - min / scale)
// symmetric: scale = max(|min|, |max|) / 127, zero_point 0. An empty range gives scale 1.
// With fewer bits 255, -128 and 127 are 2^bits - 1, -2^(bits - 1) and 2^(bits - 1) - 1; symmetric needs 2.
QuantParams activation_quant_params(float min, float max, bool symmetric, int bits = 8);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHTS_H_
