// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ConvertScale, IsADepthwiseConvolutionOfOnePixel) {
  EXPECT_EQ(run_pass(convert_scale, R"(
      %x = input f32[1,4,4,2]
      %s = const f32[2] = [3, 4]
      %t = const f32[2] = [5, 6]
      %y = scale(%x, %s, %t) {axis=-1, activation=relu}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,4,4,2]
      %s = const f32[2,1,1,1] = [3, 4]
      %t = const f32[2] = [5, 6]
      %y = conv2d(%x, %s, %t) {group=2, activation=relu}
      output %y)"));
}

TEST(ConvertScale, KeepsResultsOfSharedAndBiaslessScales) {
  expect_keeps_results(convert_scale, R"(
      %x = input f32[2,3,4,2]
      %s = const f32[2] = [3, 4]
      %a = scale(%x, %s) {axis=3}
      %b = scale(%a, %s, %s) {axis=3}
      %y = mul(%b, %s)
      output %y)");
}

TEST(ConvertScale, SkipsOtherAxesAndRanks) {
  for (const char* text : {"%x = input f32[1,2,4,4]\n%s = const f32[2] = [3, 4]\n%y = scale(%x, %s)\noutput %y",
                           "%x = input f32[1,2]\n%s = const f32[2] = [3, 4]\n%y = scale(%x, %s)\noutput %y",
                           "%x = input f32[1,4,4,2]\n%s = input f32[2]\n%y = scale(%x, %s) {axis=3}\noutput %y"}) {
    EXPECT_EQ(run_pass(convert_scale, text), graph_text(text));
    EXPECT_EQ(pass_stats(convert_scale, text).skipped, 1u);
  }
}

}  // namespace
}  // namespace octet
