// SPDX-License-Identifier: Apache-2.0
#include "ops/slice.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<float> slice5(const std::string& attrs) {
  return run_op<float>("%x = const f32[5] = [0, 1, 2, 3, 4]\n%y = slice(%x) {" + attrs + "}\noutput %y");
}

TEST(Slice, FollowsPythonsRules) {
  EXPECT_THAT(slice5("starts=[1], ends=[3], axes=[0], steps=[1]"), ElementsAre(1, 2));
  EXPECT_THAT(slice5("starts=[-2], ends=[100], axes=[0], steps=[1]"), ElementsAre(3, 4));
  EXPECT_THAT(slice5("starts=[0], ends=[-1], axes=[0], steps=[2]"), ElementsAre(0, 2));
  EXPECT_THAT(slice5("starts=[-100], ends=[2], axes=[-1], steps=[1]"), ElementsAre(0, 1));
  EXPECT_THAT(slice5("starts=[3], ends=[1], axes=[0], steps=[1]"), IsEmpty());
}

TEST(Slice, GoesBackwards) {
  EXPECT_THAT(slice5("starts=[-1], ends=[-9223372036854775808], axes=[0], steps=[-1]"), ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(slice5("starts=[3], ends=[0], axes=[0], steps=[-2]"), ElementsAre(3, 1));
  EXPECT_THAT(slice5("starts=[100], ends=[1], axes=[0], steps=[-1]"), ElementsAre(4, 3, 2));
}

TEST(Slice, SurvivesExtremeNumbers) {
  EXPECT_THAT(slice5("starts=[0], ends=[9223372036854775807], axes=[0], steps=[9223372036854775807]"), ElementsAre(0));
  EXPECT_THAT(slice5("starts=[4], ends=[-9223372036854775808], axes=[0], steps=[-9223372036854775808]"), ElementsAre(4));
  EXPECT_THAT(slice5("starts=[-9223372036854775808], ends=[1], axes=[0], steps=[1]"), ElementsAre(0));
}

TEST(Slice, CutsSeveralAxes) {
  EXPECT_THAT(run_op<std::int64_t>(R"(
      %x = const i64[2,3] = [1, 2, 3, 4, 5, 6]
      %y = slice(%x) {starts=[1,1], ends=[0,3], axes=[0,1], steps=[-1,1]}
      output %y)"),
              ElementsAre(5, 6));
}

TEST(Slice, KeepsASymbolThatIsTakenWhole) {
  const std::string x = "%x = input f32[N,4]\n";
  EXPECT_EQ(output_type(x + "%y = slice(%x) {starts=[0], ends=[9223372036854775807], axes=[0], steps=[1]}\noutput %y"),
            "f32[N,4]");
  EXPECT_EQ(output_type(x + "%y = slice(%x) {starts=[1], ends=[3], axes=[0], steps=[1]}\noutput %y"), "f32[?,4]");
  EXPECT_EQ(output_type(x + "%y = slice(%x) {starts=[1], ends=[3], axes=[1], steps=[1]}\noutput %y"), "f32[N,2]");
}

TEST(Slice, RefusesMalformedAttributes) {
  const std::string x = "%x = const f32[2,2] = [1]\n";
  EXPECT_NE(op_error(x + "%y = slice(%x) {starts=[0], ends=[1], axes=[0], steps=[0]}\noutput %y"), "");
  EXPECT_NE(op_error(x + "%y = slice(%x) {starts=[0], ends=[1], axes=[2], steps=[1]}\noutput %y"), "");
  EXPECT_NE(op_error(x + "%y = slice(%x) {starts=[0,0], ends=[1,1], axes=[1,-1], steps=[1,1]}\noutput %y"), "");
  EXPECT_NE(op_error(x + "%y = slice(%x) {starts=[0,0], ends=[1], axes=[1], steps=[1]}\noutput %y"), "");
}

TEST(SliceRanges, GivesOneRangePerDimension) {
  const auto ranges = slice_ranges({.starts = {-1}, .ends = {INT64_MIN}, .axes = {1}, .steps = {-2}}, {-1, 4});
  ASSERT_TRUE(ranges);
  EXPECT_EQ((*ranges)[0].count, -1);
  EXPECT_EQ((*ranges)[1].start, 3);
  EXPECT_EQ((*ranges)[1].step, -2);
  EXPECT_EQ((*ranges)[1].count, 2);
}

}  // namespace
}  // namespace octet
