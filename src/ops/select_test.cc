// SPDX-License-Identifier: Apache-2.0
#include "ops/select.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

TEST(TopK, OfEqualElementsTheFirstWins) {
  const auto outputs = run_graph("%x = const i32[2,4] = [3, 1, 3, 2, 0, 5, 5, 4]\n%k = const i64[1] = [2]\n%v, %i = top_k(%x, %k)\noutput %v, %i\n");
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_THAT(outputs[0].values<std::int32_t>(), ElementsAre(3, 3, 5, 5));
  EXPECT_THAT(outputs[1].values<std::int64_t>(), ElementsAre(0, 2, 1, 2));
}

TEST(TopK, GoesAlongAnyAxisAndTakesTheSmallest) {
  const auto outputs = run_graph(
      "%x = const f32[3,2] = [3, 1, 2, 9, 1, 5]\n%k = const i64[1] = [1]\n%v, %i = top_k(%x, %k) {axis=0, largest=false}\noutput %v, %i\n");
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_THAT(outputs[0].values<float>(), ElementsAre(1, 1));
  EXPECT_THAT(outputs[1].values<std::int64_t>(), ElementsAre(2, 0));
}

TEST(TopK, MoreThanThereAreIsAnError) {
  EXPECT_THAT(op_error("%x = const f32[2] = [3, 1]\n%k = const i64[1] = [3]\n%v, %i = top_k(%x, %k)\noutput %v, %i\n"), testing::HasSubstr("k is 3 of 2"));
}

TEST(NonZero, GivesPositionsByDimension) {
  const auto outputs = run_graph("%x = const f32[2,3] = [0, 1, 0, 2, 0, -3]\n%y = non_zero(%x)\noutput %y\n");
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].shape, (Shape{2, 3}));
  EXPECT_THAT(outputs[0].values<std::int64_t>(), ElementsAre(0, 1, 1, 1, 0, 2));
  EXPECT_EQ(output_type("%x = input f32[2,3]\n%y = non_zero(%x)\noutput %y\n"), "i64[2,?]");
}

TEST(Compress, KeepsSlicesOrElements) {
  const std::string x = "%x = const f32[2,3] = [1, 2, 3, 4, 5, 6]\n%c = const bool[2] = [0, 1]\n";
  EXPECT_THAT(run_op<float>(x + "%y = compress(%x, %c) {axis=1}\noutput %y\n"), ElementsAre(2, 5));
  EXPECT_THAT(run_op<float>(x + "%y = compress(%x, %c) {flat=true}\noutput %y\n"), ElementsAre(2));
}

TEST(Unique, GivesValuesFirstsGroupsAndCounts) {
  const auto run = [](const char* sorted) {
    return run_graph(fmt::format("%x = const f32[6] = [2, 1, 1, 3, 4, 3]\n%y, %i, %r, %c = unique(%x) {{sorted={}}}\noutput %y, %i, %r, %c\n", sorted));
  };
  const auto sorted = run("true"), as_they_come = run("false");
  ASSERT_EQ(sorted.size(), 4u);
  ASSERT_EQ(as_they_come.size(), 4u);
  EXPECT_THAT(sorted[0].values<float>(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sorted[1].values<std::int64_t>(), ElementsAre(1, 0, 3, 4));
  EXPECT_THAT(sorted[2].values<std::int64_t>(), ElementsAre(1, 0, 0, 2, 3, 2));
  EXPECT_THAT(sorted[3].values<std::int64_t>(), ElementsAre(2, 1, 2, 1));
  EXPECT_THAT(as_they_come[0].values<float>(), ElementsAre(2, 1, 3, 4));
  EXPECT_THAT(as_they_come[2].values<std::int64_t>(), ElementsAre(0, 1, 1, 2, 3, 2));
}

TEST(NonMaxSuppression, DropsBoxesThatOverlapABetterOne) {
  const auto outputs = run_graph(R"(
      %b = const f32[1,3,4] = [0, 0, 1, 1,  0, 0.1, 1, 1.1,  0, 10, 1, 11]
      %s = const f32[1,1,3] = [0.6, 0.9, 0.5]
      %n = const i64[1] = [5]
      %t = const f32[1] = [0.5]
      %y = non_max_suppression(%b, %s, %n, %t)
      output %y)");
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].shape, (Shape{2, 3}));
  EXPECT_THAT(outputs[0].values<std::int64_t>(), ElementsAre(0, 0, 1, 0, 0, 2));
}

}  // namespace
}  // namespace octet
