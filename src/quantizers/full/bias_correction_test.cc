// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/bias_correction.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(WeightErrorCorrection, AddsErrorTimesMean) {
  // Scale 1, quantized to 1 and -2: errors 0.25 and -0.5.
  const std::vector<float> weights = {1.25f, -2.5f};
  const QuantizedWeights quantized = {{1, -2}, {1.0f}};
  std::vector<float> bias = {10.0f};
  add_weight_error_correction(weights, quantized, std::vector<float>{4.0f, 2.0f}, bias, 2);
  EXPECT_FLOAT_EQ(bias[0], 10.0f + 0.25f * 4.0f - 0.5f * 2.0f);
}

TEST(WeightErrorCorrection, SumsOverPositionsAndReadsTheGroupsMeans) {
  // Two groups of one channel, two outputs each, two window positions; every weight is 0.5 too large for its step.
  const std::vector<float> weights(8, 1.5f);
  const QuantizedWeights quantized = {std::vector<std::int8_t>(8, 1), {1.0f, 1.0f, 1.0f, 1.25f}};
  std::vector<float> bias(4, 0.0f);
  add_weight_error_correction(weights, quantized, std::vector<float>{3.0f, 5.0f}, bias, 1);
  EXPECT_EQ(bias, (std::vector<float>{3.0f, 3.0f, 5.0f, 2.5f}));
}

}  // namespace
}  // namespace octet
