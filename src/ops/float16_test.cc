// SPDX-License-Identifier: Apache-2.0
#include "ops/float16.h"

#include <gtest/gtest.h>

#include <cmath>

namespace octet {
namespace {

TEST(Float16, EveryValueSurvivesARoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float16_to_float(half);
    if (std::isnan(value)) continue;
    ASSERT_EQ(float16_from_double(value), half) << value;
  }
}

TEST(Float16, RoundsHalfToEven) {
  // For each pair of neighbours: the middle goes to the even one, anything beside it to the nearer.
  for (std::uint16_t half = 0; half < 0x7BFF; ++half) {
    const double lo = float16_to_float(half);
    const double hi = float16_to_float(static_cast<std::uint16_t>(half + 1));
    const double middle = (lo + hi) / 2;
    ASSERT_EQ(float16_from_double(middle), half % 2 == 0 ? half : half + 1) << middle;
    ASSERT_EQ(float16_from_double(std::nextafter(middle, 0.0)), half);
    ASSERT_EQ(float16_from_double(std::nextafter(middle, 1e9)), half + 1);
  }
}

TEST(Float16, KnowsItsExtremes) {
  EXPECT_EQ(float16_to_float(0x3C00), 1.0f);
  EXPECT_EQ(float16_to_float(0x7BFF), 65504.0f);
  EXPECT_EQ(float16_to_float(0x0001), std::ldexp(1.0f, -24));
  EXPECT_EQ(float16_from_double(65519.99), 0x7BFF);
  EXPECT_EQ(float16_from_double(65520.0), 0x7C00);
  EXPECT_EQ(float16_from_double(-INFINITY), 0xFC00);
  EXPECT_EQ(float16_from_double(-0.0), 0x8000);
  EXPECT_TRUE(std::isnan(float16_to_float(float16_from_double(NAN))));
  EXPECT_TRUE(std::isinf(float16_to_float(0x7C00)));
}

}  // namespace
}  // namespace octet
