// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weights.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

TEST(QuantizeWeights, StayWithin127AndHalfAStep) {
  Random random(1);
  for (const bool per_channel : {false, true}) {
    const auto weights = random.reals(6 * 50, -3.0f, 2.0f);
    const QuantizedWeights result = quantize_weights(weights, 6, per_channel);
    ASSERT_EQ(result.scale.size(), per_channel ? 6u : 1u);
    int largest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const float scale = result.scale[per_channel ? i / 50 : 0];
      EXPECT_GE(result.values[i], -127);
      largest = std::max<int>(largest, std::abs(result.values[i]));
      EXPECT_NEAR(weights[i], scale * result.values[i], scale * 0.5001f);
    }
    EXPECT_EQ(largest, 127);
  }
}

TEST(QuantizeWeights, ChannelsOfEqualExtremesGiveThePerTensorResult) {
  Random random(1);
  auto weights = random.reals(4 * 20, -1.0f, 1.0f);
  for (std::size_t k = 0; k < 4; ++k) weights[k * 20 + k] = k % 2 == 0 ? 1.5f : -1.5f;
  const QuantizedWeights tensor = quantize_weights(weights, 4, false), channels = quantize_weights(weights, 4, true);
  EXPECT_EQ(tensor.values, channels.values);
  EXPECT_EQ(channels.scale, std::vector<float>(4, tensor.scale[0]));
}

TEST(QuantizeWeights, QuantizingDequantizedValuesGivesThemBack) {
  Random random(1);
  const QuantizedWeights once = quantize_weights(random.reals(300, -3.0f, 2.0f), 3, true);
  std::vector<float> real(300);
  for (std::size_t i = 0; i < 300; ++i) real[i] = once.scale[i / 100] * once.values[i];
  EXPECT_EQ(quantize_weights(real, 3, true).values, once.values);
}

TEST(QuantizeWeights, AChannelOfZerosGetsScaleOne) {
  const std::vector<float> weights = {0, 0, 1, -2, 1e-40f, 0};
  const QuantizedWeights result = quantize_weights(weights, 3, true);
  EXPECT_EQ(result.scale, (std::vector<float>{1.0f, 2.0f / 127.0f, 1.0f}));
  EXPECT_EQ(result.values, (std::vector<std::int8_t>{0, 0, 64, -127, 0, 0}));
}

TEST(QuantizeWeights, TheFloorKeepsBiasesBelowTwoToTheThirty) {
  const std::vector<float> weights = {1e-6f, 1e-6f}, bias = {1000.0f, 0.0f};
  const float src_scale = 0.01f;
  std::vector<float> floors;
  for (const float b : bias) floors.push_back(bias_floor_scale(b, src_scale));
  for (const bool per_channel : {false, true}) {
    const QuantizedWeights result = quantize_weights(weights, 2, per_channel, floors);
    const auto steps = quantize_bias(bias, src_scale, result.scale);
    EXPECT_LE(std::abs(steps[0]), 1 << 30);
    EXPECT_NEAR(steps[0] * static_cast<double>(src_scale) * result.scale[0], 1000.0, 0.01);
    EXPECT_EQ(result.scale.back() > 1e-5f, !per_channel);  // the other channel keeps its own
  }
}

TEST(QuantizeBias, RoundsHalfToEvenAndSaturates) {
  const std::vector<float> scales = {0.5f, 2.0f, 1.0f, 1.0f};
  EXPECT_EQ(quantize_bias(std::vector<float>{2.5f, -5.0f, 1e20f, -1e20f}, 1.0f, scales),
            (std::vector<std::int32_t>{5, -2, 1 << 30, -(1 << 30)}));
  EXPECT_EQ(quantize_bias(std::vector<float>{2.5f, -5.0f}, 2.0f, std::vector<float>{0.25f}), (std::vector<std::int32_t>{5, -10}));
}

TEST(ActivationQuantParams, CoverTheRangeWithZeroExact) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const float min = random.real(-10.0f, 5.0f), max = min + random.real(0.0f, 20.0f);
    const QuantParams quant = activation_quant_params(min, max, false);
    const double scale = quant.scale[0], zero_point = quant.zero_point[0];
    EXPECT_GE(zero_point, -128);
    EXPECT_LE(zero_point, 127);
    EXPECT_NEAR(scale * (-128 - zero_point), std::min(min, 0.0f), scale * 0.51);
    EXPECT_NEAR(scale * (127 - zero_point), std::max(max, 0.0f), scale * 0.51);
  }
}

TEST(ActivationQuantParams, KnownValues) {
  EXPECT_EQ(activation_quant_params(0.0f, 255.0f, false), (QuantParams{{1.0f}, {-128}, -1, 8}));
  EXPECT_EQ(activation_quant_params(-128.0f, 127.0f, false), (QuantParams{{1.0f}, {0}, -1, 8}));
  EXPECT_EQ(activation_quant_params(10.0f, 255.0f, false), (QuantParams{{1.0f}, {-128}, -1, 8}));
  EXPECT_EQ(activation_quant_params(-255.0f, -10.0f, false), (QuantParams{{1.0f}, {127}, -1, 8}));
  EXPECT_EQ(activation_quant_params(0.0f, 255.0f / 256.0f, false), (QuantParams{{1.0f / 256.0f}, {-128}, -1, 8}));
  EXPECT_EQ(activation_quant_params(-1.0f, 127.0f / 128.0f, false), (QuantParams{{1.0f / 128.0f}, {0}, -1, 8}));
  EXPECT_EQ(activation_quant_params(-254.0f, 10.0f, true), (QuantParams{{2.0f}, {0}, -1, 8}));
}

TEST(ActivationQuantParams, AnEmptyRangeHasScaleOne) {
  for (const float tiny : {0.0f, 1e-40f}) {
    EXPECT_EQ(activation_quant_params(-tiny, tiny, false).scale[0], 1.0f);
    EXPECT_EQ(activation_quant_params(-tiny, tiny, true), (QuantParams{{1.0f}, {0}, -1, 8}));
  }
}

}  // namespace
}  // namespace octet
