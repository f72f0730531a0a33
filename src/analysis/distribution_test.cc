// SPDX-License-Identifier: Apache-2.0
#include "analysis/distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace octet {
namespace {

TEST(Describe, QuartilesLieBetweenValues) {
  const Distribution d = describe(std::vector<float>{4, 1, 0, 2});
  EXPECT_EQ(d.min, 0);
  EXPECT_EQ(d.q1, 0.75f);  // position 0.75 between 0 and 1
  EXPECT_EQ(d.median, 1.5f);
  EXPECT_EQ(d.q3, 2.5f);
  EXPECT_EQ(d.max, 4);
  EXPECT_DOUBLE_EQ(d.mean, 1.75);
  EXPECT_DOUBLE_EQ(d.standard_deviation, 1.479019945774904);
  EXPECT_DOUBLE_EQ(d.sparsity, 0.25);
}

// As MindSpore Lite 2.0.0 shows 12 numbers, in whatever order they are.
TEST(Describe, OriginalQuartilesDependOnTheFirstValue) {
  std::vector<float> values(12);
  std::iota(values.begin(), values.end(), 0.0f);
  const auto quartiles = [&] {
    const Distribution d = describe(values, Quartiles::kOriginal);
    return std::vector<float>{d.q1, d.median, d.q3};
  };
  EXPECT_EQ(quartiles(), (std::vector<float>{3, 6, 9}));
  std::swap(values[0], values[4]);
  EXPECT_EQ(quartiles(), (std::vector<float>{2, 6, 9}));
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(quartiles(), (std::vector<float>{2, 5, 8}));
  EXPECT_EQ(describe(std::vector<float>{8, 1, 48}, Quartiles::kOriginal).q1, 8);
}

TEST(Describe, OneValueAndNone) {
  const Distribution one = describe(std::vector<float>{3});
  EXPECT_EQ(one.q1, 3);
  EXPECT_EQ(one.standard_deviation, 0);
  EXPECT_EQ(describe({}).max, 0);
}

TEST(ClippedShare, CountsWhatLiesOutside) { EXPECT_DOUBLE_EQ(clipped_share(std::vector<float>{-2, -1, 0, 1, 3}, -1, 1), 0.4); }

}  // namespace
}  // namespace octet
