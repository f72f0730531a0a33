// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(FoldScale, FoldsScaleIntoConvolution) {
  EXPECT_EQ(run_pass(fold_scale, R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %b = const f32[2] = [1, 1]
      %s = const f32[2] = [2, 10]
      %t = const f32[2] = [0.5, 1]
      %c = conv2d(%x, %w, %b) {layout=nchw}
      %y = scale(%c, %s, %t)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [2, 4, 30, 40]
      %b = const f32[2] = [2.5, 11]
      %y = conv2d(%x, %w, %b) {layout=nchw} @"c"
      output %y)"));
}

TEST(FoldScale, FoldsMulThenAddThenSubOfConstantsPerChannel) {
  EXPECT_EQ(run_pass(fold_scale, R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %s = const f32[2,1,1] = [2, 10]
      %t = const f32[1,2,1,1] = [0.5, 1]
      %c = conv2d(%x, %w) {layout=nchw}
      %m = mul(%s, %c)
      %a = add(%m, %t)
      %y = sub(%a, %s)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [2, 4, 30, 40]
      %c_bias = const f32[2] = [-1.5, -9]
      %y = conv2d(%x, %w, %c_bias) {layout=nchw} @"c"
      output %y)"));
}

TEST(FoldScale, MergesTwoScales) {
  EXPECT_EQ(run_pass(fold_scale, R"(
      %x = input f32[1,2]
      %s = const f32[2] = [2, 10]
      %t = const f32[2] = [1, 3]
      %a = scale(%x, %s, %t)
      %y = scale(%a, %s, %t)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2]
      %y_scale = const f32[2] = [4, 100]
      %y_bias = const f32[2] = [3, 33]
      %y = scale(%x, %y_scale, %y_bias) @"a"
      output %y)"));
}

TEST(FoldScale, FollowsAChainOfThreeScales) {
  constexpr std::string_view kText = R"(
      %x = input f32[2,3,2,2]
      %s = const f32[3] = [2, -1, 0.5]
      %a = scale(%x, %s, %s)
      %b = scale(%a, %s)
      %y = scale(%b, %s, %s)
      output %y)";
  expect_keeps_results(fold_scale, kText);
  EXPECT_EQ(passed(fold_scale, kText).nodes.size(), 1u);
}

TEST(FoldScale, RemembersWhatTheAbsorbedNodesAbsorbed) {
  Graph graph = parsed(R"(
      %x = input f32[2,3,2,2]
      %s = const f32[3] = [2, -1, 0.5]
      %a = scale(%x, %s)
      %y = scale(%a, %s)
      output %y)");
  graph.nodes[1].absorbed = {"former"};
  ASSERT_TRUE(fold_scale(graph));
  EXPECT_EQ(graph.nodes[0].absorbed, (std::vector<std::string>{"y", "former"}));
}

// Each of these looks like a constant per channel, and is none.
TEST(FoldScale, LeavesOtherBroadcastsAlone) {
  for (const char* text : {R"(
      %x = input f32[1,2,2,2]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %s = const f32[2] = [2, 10]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = mul(%c, %s)
      output %y)",  // along the width
                           R"(
      %x = input f32[3,2]
      %w = const f32[3,2] = [1, 2, 3, 4, 5, 6]
      %s = const f32[1,3,1] = [2, 10, 5]
      %c = fully_connected(%x, %w)
      %y = mul(%c, %s)
      output %y)",  // along the rows, which become dimension 1
                           R"(
      %x = input f32[1,3]
      %k = const f32[3] = [1, 2, 3]
      %s = const f32[1,3,1] = [2, 10, 5]
      %c = scale(%x, %k)
      %y = mul(%c, %s)
      output %y)",
                           R"(
      %x = input f32[1,1,2,2]
      %w = const f32[1,1,1,1] = [3]
      %s = const f32[1,2,1,1] = [2, 10]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = mul(%c, %s)
      output %y)",  // makes more channels
                           R"(
      %x = input f32[1,2,2,2]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %s = const f32[2,1,1] = [2, 10]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = sub(%s, %c)
      output %y)",
                           R"(
      %x = input f32[1,2,2,2]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %s = const f32[2,1,1] = [2, 10]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = mul(%c, %s) {activation=relu}
      output %y)"}) {
    EXPECT_EQ(run_pass(fold_scale, text), graph_text(text));
    expect_keeps_results(fold_scale, text);
  }
}

TEST(FoldScale, SkipsALayerThatOthersRead) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2]
      %w = const f32[2,2] = [1, 2, 3, 4]
      %s = const f32[2] = [2, 10]
      %c = fully_connected(%x, %w)
      %y = mul(%c, %s)
      %z = relu(%c)
      output %y, %z)";
  EXPECT_EQ(run_pass(fold_scale, kText), graph_text(kText));
  EXPECT_EQ(pass_stats(fold_scale, kText).skipped, 1u);
}

TEST(FoldScale, TakesNegativeAxes) {
  EXPECT_EQ(passed(fold_scale, R"(
      %x = input f32[1,4,4,2]
      %w = const f32[2,1,1,2] = [1]
      %v = const f32[2] = [1]
      %c = conv2d(%x, %w)
      %y = scale(%c, %v) {axis=-1}
      output %y)").nodes.size(),
            1u);
}

}  // namespace
}  // namespace octet
