// SPDX-License-Identifier: Apache-2.0
#include "analysis/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace octet {
namespace {

using Floats = std::vector<float>;

TEST(CosineSimilarity, KnownAngles) {
  EXPECT_DOUBLE_EQ(cosine_similarity(Floats{1, 2, 3}, Floats{2, 4, 6}), 1.0);
  EXPECT_DOUBLE_EQ(cosine_similarity(Floats{1, 0}, Floats{0, 5}), 0.0);
  EXPECT_DOUBLE_EQ(cosine_similarity(Floats{1, -1}, Floats{-1, 1}), -1.0);
  EXPECT_NEAR(cosine_similarity(Floats{1, 0}, Floats{1, 1}), std::sqrt(0.5), 1e-12);
}

TEST(CosineSimilarity, ZerosAreEqualToZerosOnly) {
  EXPECT_EQ(cosine_similarity(Floats{0, 0}, Floats{0, 0}), 1.0);
  EXPECT_EQ(cosine_similarity(Floats{}, Floats{}), 1.0);
  EXPECT_EQ(cosine_similarity(Floats{0, 0}, Floats{1, 0}), 0.0);
}

TEST(CosineSimilarity, SurvivesLargeValuesAndPassesNaNOn) {
  EXPECT_DOUBLE_EQ(cosine_similarity(Floats{3e38f, 3e38f}, Floats{3e38f, 3e38f}), 1.0);
  EXPECT_TRUE(std::isnan(cosine_similarity(Floats{NAN, 1}, Floats{1, 1})));
  EXPECT_TRUE(std::isnan(cosine_similarity(Floats{NAN, 1}, Floats{0, 0})));
}

TEST(RelativeError, ComparesWithTheLargestReference) {
  EXPECT_DOUBLE_EQ(relative_error(Floats{1, 2, 5}, Floats{1, 2, 4}), 0.25);
  EXPECT_EQ(relative_error(Floats{0, 0}, Floats{0, 0}), 0.0);
  EXPECT_TRUE(std::isinf(relative_error(Floats{1}, Floats{0})));
  EXPECT_TRUE(std::isnan(relative_error(Floats{NAN, 1}, Floats{1, 1})));
}

TEST(TopK, LargestFirstSmallerIndexOnATie) {
  EXPECT_EQ(top_k(Floats{1, 7, 3, 7, 5}, 3), (std::vector<std::size_t>{1, 3, 4}));
  EXPECT_EQ(top_k(Floats{1, 2}, 5), (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(top_k(Floats{}, 1).empty());
}

// Comparisons with NaN are no order, and must not confuse the sort.
TEST(TopK, NaNComesLast) { EXPECT_EQ(top_k(Floats{NAN, 1, NAN, 2}, 3), (std::vector<std::size_t>{3, 1, 0})); }

}  // namespace
}  // namespace octet
