// SPDX-License-Identifier: Apache-2.0
#include "api/ascend_profiles.h"

#include <gmock/gmock.h>

namespace octet {
namespace {

using ::testing::HasSubstr;

AscendContext context(std::vector<std::vector<DimRange>> dims) {
  return {.present = true, .provider = "ge", .input_shape = {{"x", {-1, 3, -1}}, {"y", {2}}}, .dynamic_dims = std::move(dims)};
}

TEST(AscendProfiles, AreTheEndsOfEachChoice) {
  const auto profiles = ascend_profiles(context({{{1, 4}, {8, 8}}, {{2, 2}, {5, 5}}}));
  ASSERT_TRUE(profiles) << profiles.error().message;
  const auto shapes = [](std::int64_t a, std::int64_t b) { return InputShapes{{"x", {a, 3, b}}, {"y", {2}}}; };
  EXPECT_EQ(*profiles, (std::vector<InputShapes>{shapes(1, 8), shapes(4, 8), shapes(2, 5)}));
}

TEST(AscendProfiles, OfFixedShapesIsOne) {
  const auto profiles = ascend_profiles({.present = true, .provider = "ge", .input_shape = {{"x", {1, 2}}}, .dynamic_dims = {}});
  ASSERT_TRUE(profiles);
  EXPECT_EQ(*profiles, (std::vector<InputShapes>{{{"x", {1, 2}}}}));
  EXPECT_TRUE(ascend_profiles(AscendContext{})->empty());
}

TEST(AscendProfiles, RefusesChoicesThatDoNotFit) {
  EXPECT_THAT(ascend_profiles(context({})).error().message, HasSubstr("missing; input_shape has 2 dimensions of -1"));
  EXPECT_THAT(ascend_profiles(context({{{1, 1}}})).error().message, HasSubstr("a choice has 1 values, input_shape 2"));
  EXPECT_THAT(ascend_profiles({.present = true, .provider = "", .input_shape = {{"x", {1}}}, .dynamic_dims = {{{1, 1}}}}).error().message,
              HasSubstr("no dimension of -1"));
}

}  // namespace
}  // namespace octet
