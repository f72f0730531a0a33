// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ExposeCountedPadding, MakesThePadANode) {
  EXPECT_EQ(run_pass(expose_counted_padding, R"(
      %x = input f32[1,3,4,4]
      %y = avg_pool2d(%x) {kernel=[3,3], pads=[1,2,3,4], count_include_pad=true, layout=nchw}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,3,4,4]
      %x_padded = pad(%x) {pads=[0,0,1,3,0,0,2,4]} @"y_pad"
      %y = avg_pool2d(%x_padded) {kernel=[3,3], layout=nchw}
      output %y)"));
}

TEST(ExposeCountedPadding, KeepsResults) {
  for (const char* attrs : {"{kernel=[3,3], pads=[1,1,1,1], count_include_pad=true}",
                            "{kernel=[2,3], strides=[2,2], pads=[0,1,2,0], count_include_pad=true, layout=nchw}",
                            "{kernel=[3,3], strides=[2,2], pads=[1,1,1,1], ceil_mode=true, count_include_pad=true, layout=nchw}",
                            "{kernel=[2,2], count_include_pad=true, activation=relu}"}) {
    const std::string text = fmt::format(R"(
      %x = input f32[2,5,6,4]
      %y = avg_pool2d(%x) {}
      output %y)", attrs);
    expect_keeps_results(expose_counted_padding, text, attrs);
  }
}

TEST(ExposeCountedPadding, LeavesOtherPoolsAlone) {
  for (const char* pool : {"avg_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1]}", "max_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1]}",
                           "avg_pool2d(%x) {kernel=[3,3], pad_mode=same_upper, count_include_pad=true}"}) {
    const std::string text = fmt::format(R"(
      %x = input f32[1,4,4,3]
      %y = {}
      output %y)", pool);
    EXPECT_EQ(run_pass(expose_counted_padding, text), graph_text(text));
  }
}

}  // namespace
}  // namespace octet
