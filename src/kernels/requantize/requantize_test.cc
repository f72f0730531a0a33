// SPDX-License-Identifier: Apache-2.0
#include "kernels/requantize/requantize.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

// gemmlowp's arithmetic, in its own steps: what TFLite and MindSpore Lite compute for a scale below 1.
std::int32_t fixed_point(std::int32_t acc, double scale) {
  int exponent;
  const auto multiplier = static_cast<std::int64_t>(std::llround(std::frexp(scale, &exponent) * 2147483648.0));
  const std::int64_t product = acc * multiplier;
  const std::int64_t high = (product + (product >= 0 ? 1ll << 30 : 1 - (1ll << 30))) / (1ll << 31);
  const std::int64_t mask = (1ll << -exponent) - 1;
  return static_cast<std::int32_t>((high >> -exponent) + ((high & mask) > (mask >> 1) + (high < 0 ? 1 : 0) ? 1 : 0));
}

TEST(RequantizeOffset, IsThePowerOfTwoBelowTheScaleAndZeroFromOneHalfOn) {
  EXPECT_EQ(requantize_offset(0.25f), 0.25f);
  EXPECT_EQ(requantize_offset(std::nextafter(0.5f, 0.0f)), 0.25f);
  EXPECT_EQ(requantize_offset(0.0037f), 1.0f / 512);
  EXPECT_EQ(requantize_offset(0.5f), 0.0f);
  EXPECT_EQ(requantize_offset(3.0f), 0.0f);
}

// The fixed-point multiplier of a float32 scale is exact. Only a value whose float32 form falls on a tie can differ.
TEST(Requantize, EqualsFixedPointRuntimesButForOneValueIn50000) {
  Random random;
  int num_values = 0, num_different = 0;
  for (int i = 0; i < 4000; ++i) {
    const float scale = std::ldexp(random.real(0.5f, 1.0f), random.integer(-14, 0));
    const auto most = static_cast<std::int32_t>(130.0f / scale);
    for (int j = 0; j < 500; ++j, ++num_values) {
      const std::int32_t acc = random.integer(-most, most);
      const std::int32_t expected = std::clamp(fixed_point(acc, scale), -128, 127);
      const int got = requantize(acc, scale, {0, -128, 127});
      ASSERT_LE(std::abs(got - expected), 1) << acc << " * " << scale;
      num_different += got != expected;
    }
  }
  EXPECT_LE(num_different, num_values / 50000);
}

TEST(Requantize, SaturatesAtTheBounds) {
  const Qs8Output output{.zero_point = -7, .lo = -7, .hi = 100};
  EXPECT_EQ(requantize(std::numeric_limits<std::int32_t>::max(), 1e30f, output), 100);
  EXPECT_EQ(requantize(std::numeric_limits<std::int32_t>::min(), 1e30f, output), -7);
  EXPECT_EQ(requantize(std::numeric_limits<std::int32_t>::max(), 3e38f, output), 100);  // infinity after the product
  EXPECT_EQ(requantize(0, 1.0f, output), -7);
}

TEST(Requantize, EqualsTheFormulaForAllZeroPoints) {
  Random random;
  for (int zero_point = -128; zero_point <= 127; ++zero_point) {
    for (int i = 0; i < 50; ++i) {
      const std::int32_t acc = random.integer(-1000000, 1000000);
      const float scale = random.real(1e-6f, 1e-3f);
      EXPECT_EQ(requantize(acc, scale, {zero_point, -128, 127}),
                expected_requantized(acc, scale, zero_point, -128, 127));
    }
  }
}

}  // namespace
}  // namespace octet
