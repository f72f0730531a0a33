// SPDX-License-Identifier: Apache-2.0
#include "base/edit_distance.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(EditDistance, CountsSingleEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("quant_type", "quant_tpye"), 2u);
}

TEST(NearestWords, ComeNearestFirst) {
  const std::vector<std::string> known = {"conv1", "conv10", "pool1"};
  EXPECT_EQ(nearest_words("conv11", known, 2), (std::vector<std::string>{"conv1", "conv10"}));
  EXPECT_TRUE(nearest_words("x", {}, 3).empty());
}

}  // namespace
}  // namespace octet
