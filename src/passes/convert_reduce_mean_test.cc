// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ConvertReduceMean, SpatialMeanIsAGlobalPool) {
  EXPECT_EQ(run_pass(convert_reduce_mean, R"(
      %x = input f32[2,3,4,5]
      %y = reduce_mean(%x) {axes=[-2,1]}
      output %y)"),
            graph_text(R"(
      %x = input f32[2,3,4,5]
      %y = avg_pool2d(%x) {global=true}
      output %y)"));
}

TEST(ConvertReduceMean, WithoutKeepDimsASqueezeFollows) {
  constexpr std::string_view kText = R"(
      %x = input f32[2,3,4,5]
      %y = reduce_mean(%x) {axes=[1,2], keep_dims=false}
      output %y)";
  EXPECT_EQ(run_pass(convert_reduce_mean, kText), graph_text(R"(
      %x = input f32[2,3,4,5]
      %y_pooled = avg_pool2d(%x) {global=true} @"y"
      %y = squeeze(%y_pooled) {axes=[1,2]} @"y_squeeze"
      output %y)"));
  expect_keeps_results(convert_reduce_mean, kText);
}

TEST(ConvertReduceMean, LeavesOtherMeansAlone) {
  for (const char* text : {"%x = input f32[2,3,4,5]\n%y = reduce_mean(%x) {axes=[2,3]}\noutput %y",
                           "%x = input f32[2,3,4,5]\n%y = reduce_mean(%x)\noutput %y",
                           "%x = input f32[2,3,4]\n%y = reduce_mean(%x) {axes=[1,2]}\noutput %y",
                           "%x = input f32[2,3,4,5]\n%y = reduce_max(%x) {axes=[1,2]}\noutput %y"})
    EXPECT_EQ(run_pass(convert_reduce_mean, text), graph_text(text));
}

}  // namespace
}  // namespace octet
