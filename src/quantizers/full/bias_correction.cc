// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/bias_correction.h"

#include "base/error.h"

namespace octet {

void add_weight_error_correction(std::span<const float> weights, const QuantizedWeights& quantized,
                                 std::span<const float> means, std::vector<float>& bias,
                                 std::size_t channels_per_group) {
  const std::size_t num_outputs = bias.size();
  const std::size_t per_output = weights.size() / num_outputs;
  const std::size_t num_groups = means.size() / channels_per_group;
  OCTET_CHECK(per_output % channels_per_group == 0 && num_outputs % num_groups == 0);
  for (std::size_t k = 0; k < num_outputs; ++k) {
    const float scale = quantized.scale[quantized.scale.size() > 1 ? k : 0];
    const std::size_t first_mean = k / (num_outputs / num_groups) * channels_per_group;
    double error = 0;
    for (std::size_t i = 0; i < per_output; ++i) {
      const std::size_t w = k * per_output + i;
      const double difference = weights[w] - static_cast<double>(scale) * quantized.values[w];
      error += difference * means[first_mean + i % channels_per_group];
    }
    bias[k] += static_cast<float>(error);
  }
}

}  // namespace octet
