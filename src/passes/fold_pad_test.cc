// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(FoldPad, AddsToTheConvolutionsPads) {
  EXPECT_EQ(run_pass(fold_pad, R"(
      %x = input f32[1,3,4,4]
      %w = const f32[2,3,3,3] = [1]
      %p = pad(%x) {pads=[0,0,1,2,0,0,3,4]}
      %y = conv2d(%p, %w) {pads=[1,1,0,0], layout=nchw}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,3,4,4]
      %w = const f32[2,3,3,3] = [1]
      %y = conv2d(%x, %w) {pads=[2,4,2,4], layout=nchw}
      output %y)"));
}

TEST(FoldPad, KeepsResults) {
  for (const char* reader : {"conv2d(%p, %w) {strides=[2,1], layout=nchw}", "conv2d(%p, %w) {layout=nchw, pads=[1,0,2,1]}"}) {
    const std::string text = fmt::format(R"(
      %x = input f32[2,3,5,6]
      %w = const f32[2,3,1,2] = [1, -2, 3, 4, 5, 0.5, 7, 8, 9, -10, 11, 12]
      %p = pad(%x) {{pads=[0,0,1,0,0,0,2,1]}}
      %y = {}
      output %y)", reader);
    expect_keeps_results(fold_pad, text, reader);
    EXPECT_EQ(passed(fold_pad, text).nodes.size(), 1u) << reader;
  }
}

TEST(FoldPad, SkipsWhatWouldChangeTheResult) {
  const char* const kPads[] = {"{pads=[0,0,1,0,0,0,1,0], value=1}", "{pads=[0,1,0,0,0,-1,0,0]}", "{pads=[0,0,-1,0,0,0,2,0]}",
                               "{pads=[0,0,1,0,0,0,1,0], mode=reflect}"};
  for (const char* pads : kPads) {
    const std::string text = fmt::format(R"(
      %x = input f32[1,2,4,4]
      %w = const f32[1,2,1,1] = [1]
      %p = pad(%x) {}
      %y = conv2d(%p, %w) {{layout=nchw}}
      output %y)", pads);
    EXPECT_EQ(run_pass(fold_pad, text), graph_text(text));
    EXPECT_EQ(pass_stats(fold_pad, text).skipped, 1u);
  }
  const char* const kReaders[] = {"max_pool2d(%p) {kernel=[2,2], layout=nchw}", "relu(%p)",
                                  "avg_pool2d(%p) {kernel=[2,2], layout=nchw}",
                                  "conv2d(%p, %w) {pad_mode=same_upper, layout=nchw}"};
  for (const char* reader : kReaders) {
    const std::string text = fmt::format(R"(
      %x = input f32[1,2,4,4]
      %w = const f32[1,2,1,1] = [1]
      %p = pad(%x) {{pads=[0,0,1,0,0,0,1,0]}}
      %y = {}
      output %y)", reader);
    EXPECT_EQ(passed(fold_pad, text).nodes.size(), 2u) << reader;
    EXPECT_EQ(pass_stats(fold_pad, text).skipped, 1u) << reader;
  }
}

TEST(FoldPad, KeepsAPadThatOthersRead) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2,4,4]
      %w = const f32[1,2,1,1] = [1]
      %p = pad(%x) {pads=[0,0,1,0,0,0,1,0]}
      %y = conv2d(%p, %w) {layout=nchw}
      output %y, %p)";
  EXPECT_EQ(run_pass(fold_pad, kText), graph_text(kText));
}

}  // namespace
}  // namespace octet
