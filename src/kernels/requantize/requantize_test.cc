// SPDX-License-Identifier: Apache-2.0
#include "kernels/requantize/requantize.h"

#include <bit>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

TEST(RoundMultiplier, Keeps22SignificantBits) {
  Random random;
  for (int i = 0; i < 10000; ++i) {
    const float m = std::ldexp(random.real(0.5f, 1.0f), random.integer(-30, 3));
    const float rounded = round_multiplier(m);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(rounded) & 3u, 0u);
    EXPECT_LE(std::fabs(rounded - m), m * std::ldexp(1.0f, -22));
    EXPECT_EQ(static_cast<double>(12582912.0f * rounded), 12582912.0 * static_cast<double>(rounded));
    EXPECT_EQ(round_multiplier(rounded), rounded);
  }
}

TEST(RoundMultiplier, TiesGoToEven) {
  const auto bits = [](std::uint32_t fraction) { return std::bit_cast<float>(0x3F000000u | fraction); };
  EXPECT_EQ(round_multiplier(bits(2)), bits(0));
  EXPECT_EQ(round_multiplier(bits(6)), bits(8));
  EXPECT_EQ(round_multiplier(bits(0x7FFFFF)), 1.0f);
}

TEST(Requantize, RoundsTiesToEvenInAWindowAroundEveryTie) {
  const Qs8Output output{.zero_point = 0, .lo = -128, .hi = 127};
  for (std::int32_t acc = -3000; acc <= 3000; ++acc) {
    for (const float scale : {0.5f, 0.25f, 0.125f, 0.1f, 0.0371f}) {
      EXPECT_EQ(requantize(acc, scale, output), expected_qs8(static_cast<float>(acc) * scale, 0, -128, 127));
    }
  }
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
                expected_qs8(static_cast<float>(acc) * scale, zero_point, -128, 127));
    }
  }
}

}  // namespace
}  // namespace octet
