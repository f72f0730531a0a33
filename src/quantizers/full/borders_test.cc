// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/borders.h"

#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

using Strings = std::vector<std::string>;

struct Settled {
  Strings float_nodes, float_results;
};

Settled settled(std::string_view text) {
  const Graph graph = parsed(text);
  const Selection selection = select_nodes(graph, {});
  Settled result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    EXPECT_EQ(selection.quantized[i], selection.reasons[i].empty());
    if (!selection.quantized[i]) result.float_nodes.push_back(graph.nodes[i].name);
    if (selection.float_result[i]) result.float_results.push_back(graph.nodes[i].name);
  }
  return result;
}

TEST(SettleBorders, AnAddBetweenLayerNormsIsFloatAndItsLayersGiveFloats) {
  const Settled result = settled(R"(
      %x = input f32[8,4]
      %g = const f32[4] = [1]
      %w = const f32[4,4] = [1]
      %n = layer_norm(%x, %g, %g)
      %a = fully_connected(%n, %w)
      %s = add(%a, %n)
      %y = layer_norm(%s, %g, %g)
      output %y)");
  EXPECT_EQ(result.float_nodes, (Strings{"n", "s", "y"}));
  EXPECT_EQ(result.float_results, Strings{"a"});
}

TEST(SettleBorders, AttentionBetweenFloatScoresIsFloat) {
  const Settled result = settled(R"(
      %x = input f32[8,4]
      %w = const f32[4,4] = [1]
      %m = const f32[8,8] = [1]
      %q = fully_connected(%x, %w)
      %k = fully_connected(%x, %w)
      %v = fully_connected(%x, %w)
      %kr = reshape(%k) {shape=[8,2,2]}
      %kt = reshape(%kr) {shape=[8,4]}
      %qk = matmul(%q, %kt) {transpose_b=true}
      %sc = div(%qk, %m)
      %p = softmax(%sc)
      %c = matmul(%p, %v)
      %y = fully_connected(%c, %w)
      output %y)");
  EXPECT_EQ(result.float_nodes, (Strings{"kr", "kt", "qk", "sc", "p", "c"}));
  EXPECT_EQ(result.float_results, (Strings{"q", "k", "v", "y"}));
}

TEST(SettleBorders, GeluIsComputedOnTheAccumulatorsOfItsLayer) {
  const Settled result = settled(R"(
      %x = input f32[8,4]
      %w = const f32[4,4] = [1]
      %a = fully_connected(%x, %w)
      %g = gelu(%a)
      %y = fully_connected(%g, %w)
      output %y)");
  EXPECT_EQ(result.float_nodes, Strings{"g"});
  EXPECT_EQ(result.float_results, (Strings{"a", "y"}));
}

TEST(SettleBorders, OneFloatOperatorDoesNotMakeAResidualNetworkFloat) {
  const Settled result = settled(R"(
      %x = input f32[1,4,4,8] nhwc
      %w = const f32[8,1,1,8] = [1]
      %a = conv2d(%x, %w)
      %b = conv2d(%a, %w)
      %c = add(%a, %b)
      %d = div(%c, %c)
      %e = conv2d(%d, %w)
      %f = add(%d, %e)
      %g = conv2d(%f, %w)
      %h = avg_pool2d(%g) {global=true}
      %i = reshape(%h) {shape=[1,8]}
      %y = softmax(%i)
      output %y)");
  EXPECT_EQ(result.float_nodes, (Strings{"d", "y"}));
  EXPECT_EQ(result.float_results, Strings{});
}

}  // namespace
}  // namespace octet
