// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

constexpr std::string_view kLayerNormConstants = R"(
      %x = input f32[2,3,4]
      %two = const f32[] = [2]
      %eps = const f32[] = [0.001]
      %gamma = const f32[4] = [1,2,3,-4]
      %beta = const f32[4] = [5,6,7,8]
)";

std::string with_layer_norm_constants(std::string_view nodes) { return std::string(kLayerNormConstants) + std::string(nodes); }

constexpr std::string_view kWrittenOutLayerNorm = R"(
      %m = reduce_mean(%x) {axes=[2]}
      %d = sub(%x, %m)
      %q = pow(%d, %two)
      %v = reduce_mean(%q) {axes=[-1]}
      %a = add(%v, %eps)
      %s = sqrt(%a)
      %n = div(%d, %s)
      %g = mul(%n, %gamma)
      %y = add(%g, %beta)
      output %y)";

TEST(FuseLayerNorm, FindsItWrittenOut) {
  EXPECT_EQ(run_pass(fuse_layer_norm, with_layer_norm_constants(kWrittenOutLayerNorm)), graph_text(R"(
      %x = input f32[2,3,4]
      %gamma = const f32[4] = [1,2,3,-4]
      %beta = const f32[4] = [5,6,7,8]
      %y = layer_norm(%x, %gamma, %beta) {axis=-1, epsilon=0.001}
      output %y)"));
  expect_keeps_results(fuse_layer_norm, with_layer_norm_constants(kWrittenOutLayerNorm));
  EXPECT_THAT(passed(fuse_layer_norm, with_layer_norm_constants(kWrittenOutLayerNorm)).nodes[0].absorbed,
              testing::UnorderedElementsAre("m", "d", "v", "a", "s", "n", "g"));
}

TEST(FuseLayerNorm, FindsOtherSpellings) {
  const std::string text = with_layer_norm_constants(R"(
      %m = reduce_mean(%x) {axes=[2]}
      %d = sub(%x, %m)
      %d2 = sub(%x, %m)
      %q = mul(%d2, %d2)
      %v = reduce_mean(%q) {axes=[2]}
      %a = add(%eps, %v)
      %s = sqrt(%a)
      %r = reciprocal(%s)
      %n = mul(%d, %r)
      %y = mul(%gamma, %n)
      output %y)");
  EXPECT_EQ(run_pass(fuse_layer_norm, text), graph_text(R"(
      %x = input f32[2,3,4]
      %gamma = const f32[4] = [1,2,3,-4]
      %y = layer_norm(%x, %gamma) {axis=-1, epsilon=0.001}
      output %y)"));
  expect_keeps_results(fuse_layer_norm, text);
}

TEST(FuseLayerNorm, TakesOverSeveralDimensionsAndNoParameters) {
  const std::string text = with_layer_norm_constants(R"(
      %m = reduce_mean(%x) {axes=[1,2]}
      %d = sub(%x, %m)
      %q = mul(%d, %d)
      %v = reduce_mean(%q) {axes=[1,2]}
      %a = add(%v, %eps)
      %s = sqrt(%a)
      %n = div(%d, %s)
      %y = mul(%n, %gamma)
      output %y)");
  const Graph graph = passed(fuse_layer_norm, text);
  ASSERT_EQ(graph.nodes.size(), 2u);  // gamma has not the shape of what is normalized: it stays a product
  EXPECT_EQ(graph.nodes[0].op->name, "layer_norm");
  expect_keeps_results(fuse_layer_norm, text);
}

TEST(FuseLayerNorm, LeavesWhatIsSomethingElse) {
  const auto replaced = [](std::string_view from, std::string_view to) {
    std::string text = with_layer_norm_constants(kWrittenOutLayerNorm);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, from.size(), to);
  };
  EXPECT_EQ(pass_stats(fuse_layer_norm, replaced("{axes=[2]}", "{axes=[1]}")).changed, 0u);
  EXPECT_EQ(pass_stats(fuse_layer_norm, replaced("pow(%d, %two)", "pow(%x, %two)")).changed, 0u);
  EXPECT_EQ(pass_stats(fuse_layer_norm, replaced("[0.001]", "[0]")).changed, 0u);
  EXPECT_EQ(pass_stats(fuse_layer_norm, replaced("[0.001]", "[0]")).skipped, 1u);
  EXPECT_EQ(pass_stats(fuse_layer_norm, replaced("sqrt(%a)", "exp(%a)")).changed, 0u);
}

TEST(FuseLayerNorm, KeepsIntermediateResultsThatAreRead) {
  const std::string text = fmt::format("{}{}\n      output %d", kLayerNormConstants, kWrittenOutLayerNorm);
  const Graph graph = passed(fuse_layer_norm, text);
  EXPECT_EQ(graph.nodes.size(), 3u);
  expect_keeps_results(fuse_layer_norm, text);
}

}  // namespace
}  // namespace octet
