// SPDX-License-Identifier: Apache-2.0
#include "kernels/range_f32/range_f32.h"

#include <algorithm>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

class RangeF32Kernels : public testing::TestWithParam<const RangeF32Kernel*> {};

TEST_P(RangeF32Kernels, FindTheExtremesInEveryPosition) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    std::vector<float> src = random.reals(n, -1, 1);
    for (std::size_t i = 0; i + 1 < n; i += 1 + n / 37) {
      src[i] = -5.0f;
      src[i + 1] = 7.0f;
      const RangeF32 r = GetParam()->range(src.data(), n);
      EXPECT_EQ(r.min, -5.0f);
      EXPECT_EQ(r.max, 7.0f);
      EXPECT_TRUE(r.all_finite);
      src[i] = src[i + 1] = 0.0f;
    }
  }
}

TEST_P(RangeF32Kernels, GiveTheEmptyRangeForNoValues) {
  const RangeF32 r = GetParam()->range(nullptr, 0);
  EXPECT_EQ(r.min, kInfinity);
  EXPECT_EQ(r.max, -kInfinity);
  EXPECT_TRUE(r.all_finite);
}

TEST_P(RangeF32Kernels, FlagNaNAndInfinityInEveryPosition) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    for (std::size_t n = 1; n < 70; n += 3) {
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<float> src(n, 2.0f);
        src[i] = bad;
        const RangeF32 r = GetParam()->range(src.data(), n);
        EXPECT_FALSE(r.all_finite);
        if (std::isnan(bad) && n > 1) {
          EXPECT_EQ(r.min, 2.0f);
          EXPECT_EQ(r.max, 2.0f);
        }
      }
    }
  }
}

TEST_P(RangeF32Kernels, HaveNoNegativeZero) {
  for (const std::size_t n : {1, 8, 33}) {
    const std::vector<float> src(n, -0.0f);
    const RangeF32 r = GetParam()->range(src.data(), n);
    EXPECT_FALSE(std::signbit(r.min));
    EXPECT_FALSE(std::signbit(r.max));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, RangeF32Kernels, testing::ValuesIn(runnable(range_f32_kernels())),
                         kernel_test_name<RangeF32Kernel>);

}  // namespace
}  // namespace octet
