// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

constexpr const char* kLayer = R"(
      %x = input f32[{0}]
      %w = const f32[{1}] = [1,-2,3,0.5,5,-6,7,8,-9,1,2,3,-4,5,0.25,6,1,2,3,4,-5,6,7,8]
      %b = const f32[{2}] = [{3}]
      %y = conv_transpose(%x, %w, %b) {{{4}}}
      output %y)";

TEST(ConvertConvTranspose, MakesBlocksOfWindowsThatTouch) {
  expect_keeps_results(convert_conv_transpose, fmt::format(kLayer, "2,2,3,4", "2,3,2,2", 3, "1,2,3", "strides=[2,2]"),
                       "blocks");
  expect_keeps_results(convert_conv_transpose,
                       fmt::format(kLayer, "1,4,3,2", "4,3,1,2", 6, "1,2,3,4,5,6", "group=2, strides=[1,2]"),
                       "groups of blocks");
  const std::string text =
      run_pass(convert_conv_transpose, fmt::format(kLayer, "N,2,3,4", "2,3,2,2", 3, "1,2,3", "strides=[2,2]"));
  EXPECT_THAT(text, testing::HasSubstr("conv2d(%x, %y_blocks, %y_bias) {layout=nchw} : f32[N,12,3,4]"));
  EXPECT_THAT(text, testing::HasSubstr(": f32[N,3,6,8]"));
}

TEST(ConvertConvTranspose, SpreadsOthers) {
  for (const char* attrs : {"", "strides=[2,3]", "strides=[2,1], pads=[1,0,0,1]", "dilations=[2,1], pads=[2,0,0,1]",
                            "strides=[3,3], output_padding=[2,1]", "strides=[4,4]", "strides=[3,2], pads=[1,1,1,1]"})
    expect_keeps_results(convert_conv_transpose, fmt::format(kLayer, "2,2,3,4", "2,3,2,2", 3, "1,2,3", attrs), attrs);
  expect_keeps_results(convert_conv_transpose,
                       fmt::format(kLayer, "1,4,3,2", "4,1,2,3", 2, "1,2", "group=2, strides=[2,2], pads=[1,0,1,2]"),
                       "groups");
}

TEST(ConvertConvTranspose, LeavesOthersAlone) {
  for (const std::string& text :
       {fmt::format(kLayer, "1,2,3", "2,3,4", 3, "1,2,3", ""),
        fmt::format(kLayer, "1,2,3,N", "2,3,2,2", 3, "1,2,3", ""),
        fmt::format(kLayer, "1,2,3,4", "2,3,2,2", 3, "1,2,3", "pads=[2,0,0,0]"),
        std::string("%x = input f32[1,1,2,2]\n%w = input f32[1,1,2,2]\n%y = conv_transpose(%x, %w)\noutput %y")}) {
    EXPECT_EQ(run_pass(convert_conv_transpose, text), graph_text(text));
    EXPECT_EQ(pass_stats(convert_conv_transpose, text).skipped, 1u);
  }
}

}  // namespace
}  // namespace octet
