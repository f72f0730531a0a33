// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(FoldBatchNorm, ScalesWeightsPerOutputChannel) {
  EXPECT_EQ(run_pass(fold_batch_norm, R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,1,1,1] = [1, 2]
      %b = const f32[2] = [0, 1]
      %gamma = const f32[2] = [2, 1]
      %beta = const f32[2] = [0, 3]
      %mean = const f32[2] = [0, 1]
      %var = const f32[2] = [1, 1]
      %c = conv2d(%x, %w, %b) {group=2, layout=nchw}
      %y = batch_norm(%c, %gamma, %beta, %mean, %var) {epsilon=0}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,1,1,1] = [2, 2]
      %b = const f32[2] = [0, 3]
      %y = conv2d(%x, %w, %b) {group=2, layout=nchw} @"c"
      output %y)"));
}

TEST(FoldBatchNorm, MakesABiasWhereThereIsNone) {
  EXPECT_EQ(run_pass(fold_batch_norm, R"(
      %x = input f32[1,2]
      %w = const f32[1,2] = [1, 2]
      %one = const f32[1] = [1]
      %beta = const f32[1] = [3]
      %mean = const f32[1] = [4]
      %var = const f32[1] = [4]
      %c = fully_connected(%x, %w)
      %y = batch_norm(%c, %one, %beta, %mean, %var) {epsilon=0}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2]
      %w = const f32[1,2] = [0.5, 1]
      %c_bias = const f32[1] = [1]
      %y = fully_connected(%x, %w, %c_bias) @"c"
      output %y)"));
}

// The batch norm's own parameters are in use elsewhere, and two layers share their weights: neither may change for others.
constexpr std::string_view kShared = R"(
      %x = input f32[2,3,4,4]
      %w = const f32[3,3,1,1] = [1, 2, 3, 4, 5, 6, 7, 8, -9]
      %v = const f32[3] = [1, 2, 3]
      %c = conv2d(%x, %w, %v) {layout=nchw}
      %n = batch_norm(%c, %v, %v, %v, %v)
      %d = conv2d(%n, %w) {layout=nchw}
      %e = conv2d(%x, %w, %v) {layout=nchw}
      %y = add(%d, %e)
      output %y)";

TEST(FoldBatchNorm, LeavesSharedConstantsToTheirOtherReaders) { expect_keeps_results(fold_batch_norm, kShared); }

TEST(FoldBatchNorm, FoldsTwoInARow) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2,3,3]
      %w = const f32[2,2,1,1] = [1, 2, 3, 4]
      %v = const f32[2] = [1, 2]
      %u = const f32[2] = [-0.5, 3]
      %c = conv2d(%x, %w) {layout=nchw}
      %n = batch_norm(%c, %u, %v, %u, %v)
      %m = batch_norm(%n, %u, %u, %v, %v)
      %y = relu(%m)
      output %y)";
  expect_keeps_results(fold_batch_norm, kText);
  const Graph graph = passed(fold_batch_norm, kText);
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[0].absorbed, (std::vector<std::string>{"n", "m"}));
}

TEST(FoldBatchNorm, TakesANegativeAxis) {
  EXPECT_EQ(passed(fold_batch_norm, R"(
      %x = input f32[1,4,4,2]
      %w = const f32[2,1,1,2] = [1]
      %v = const f32[2] = [1]
      %c = conv2d(%x, %w)
      %y = batch_norm(%c, %v, %v, %v, %v) {axis=-1}
      output %y)").nodes.size(),
            1u);
}

// Not after a layer, after one that others read, or one with an activation: a scale.
TEST(FoldBatchNorm, BecomesAScaleElsewhere) {
  EXPECT_EQ(run_pass(fold_batch_norm, R"(
      %x = input f32[1,2,4,4]
      %gamma = const f32[2] = [2, 1]
      %beta = const f32[2] = [0, 3]
      %mean = const f32[2] = [1, 1]
      %var = const f32[2] = [4, 1]
      %y = batch_norm(%x, %gamma, %beta, %mean, %var) {epsilon=0}
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2,4,4]
      %y_scale = const f32[2] = [1, 1]
      %y_bias = const f32[2] = [-1, 2]
      %y = scale(%x, %y_scale, %y_bias)
      output %y)"));
  for (const char* text : {R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [1]
      %v = const f32[2] = [1, 2]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = batch_norm(%c, %v, %v, %v, %v)
      output %y, %c)",
                           R"(
      %x = input f32[1,2,4,4]
      %w = const f32[2,2,1,1] = [1]
      %v = const f32[2] = [1, 2]
      %c = conv2d(%x, %w) {layout=nchw, activation=relu}
      %y = batch_norm(%c, %v, %v, %v, %v)
      output %y)",
                           R"(
      %x = input f32[1,2,2,2]
      %w = const f32[2,2,1,1] = [1]
      %v = const f32[2] = [1, 2]
      %c = conv2d(%x, %w) {layout=nchw}
      %y = batch_norm(%c, %v, %v, %v, %v) {axis=2}
      output %y)"}) {
    expect_keeps_results(fold_batch_norm, text);
    EXPECT_EQ(passed(fold_batch_norm, text).nodes.size(), 2u);
  }
}

TEST(FoldBatchNorm, SkipsParametersThatAreNotConstant) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2,4,4]
      %v = input f32[2]
      %y = batch_norm(%x, %v, %v, %v, %v)
      output %y)";
  EXPECT_EQ(run_pass(fold_batch_norm, kText), graph_text(kText));
  EXPECT_EQ(pass_stats(fold_batch_norm, kText).skipped, 1u);
}

TEST(FoldBatchNorm, ScalesGeneralConvolutions) {
  for (const char* layer : {"%w = const f32[4,1,2,1,1] = [1,2,3,4,5,6,7,8]\n%c = conv(%x, %w) {group=2}",
                            "%w = const f32[2,2,1,2,1] = [1,2,3,4,5,6,7,8]\n%b = const f32[4] = [1,2,3,4]\n%c = conv_transpose(%x, %w, %b) {group=2}",
                            "%w = const f32[2,4,1,1,1] = [1,2,3,4,5,6,7,8]\n%c = conv_transpose(%x, %w)"}) {
    const std::string text = fmt::format(R"(
        %x = input f32[1,2,2,3,2]
        {}
        %g = const f32[4] = [1,-2,3,0.5]
        %s = const f32[4] = [1,2,-3,4]
        %v = const f32[4] = [1,4,9,0.25]
        %y = batch_norm(%c, %g, %s, %s, %v) {{axis=1}}
        output %y)", layer);
    expect_keeps_results(fold_batch_norm, text, layer);
    EXPECT_THAT(run_pass(fold_batch_norm, text), testing::Not(testing::HasSubstr("scale(")));
  }
}

}  // namespace
}  // namespace octet
