// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

// Weights are float constants that say which integers they were.
Graph with_quantized_constant(std::string_view text, std::string_view name, QuantParams quant) {
  Graph graph = parsed(text);
  graph.tensor(find_tensor(graph, name)).quant = std::move(quant);
  return graph;
}

std::string folded(Graph graph) {
  if (const auto done = fold_qdq(graph); !done) return "error: " + done.error().message;
  if (const auto valid = verify(graph); !valid) return "error: " + valid.error().message;
  return print_graph(graph);
}

TEST(FoldQdq, LayerBecomesInt8WithItsParameters) {
  const Graph graph = with_quantized_constant(R"(
      %q = input i8[1,2,2,1] q(scale=0.5, zp=3)
      %x = dequantize(%q)
      %w = const f32[2,1,1,1] = [0.25, -1]
      %b = const f32[2] = [0.625, 1.5]
      %c = conv2d(%x, %w, %b) {activation=relu}
      %y = quantize(%c) : i8[1,2,2,2] q(scale=0.1, zp=-128)
      output %y)",
                                              "w", {{0.25f, 0.5f}, {0, 0}, 0});
  EXPECT_EQ(folded(graph), graph_text(R"(
      %q = input i8[1,2,2,1] q(scale=0.5, zp=3)
      %w_1 = const i8[2,1,1,1] q(scale=[0.25,0.5], zp=[0,0], axis=0) = [1, -2]
      %b_1 = const i32[2] q(scale=[0.125,0.25], zp=[0,0], axis=0, bits=32) = [5, 6]
      %y = conv2d(%q, %w_1, %b_1) {activation=relu} : i8[1,2,2,2] q(scale=0.1, zp=-128) @"c"
      output %y)"));
}

TEST(FoldQdq, FullyConnectedLayerMayGiveFloats) {
  const Graph graph = with_quantized_constant(R"(
      %q = input i8[1,2] q(scale=0.5, zp=3)
      %x = dequantize(%q)
      %w = const f32[2,2] = [0.25, -0.5, 1, 0.5]
      %b = const f32[2] = [1, 2]
      %y = fully_connected(%x, %w, %b) {activation=relu}
      output %y)",
                                              "w", {{0.25f, 0.5f}, {0, 0}, 0});
  EXPECT_EQ(folded(graph), graph_text(R"(
      %q = input i8[1,2] q(scale=0.5, zp=3)
      %b = const f32[2] = [1, 2]
      %y_src_scale = const f32[] = [0.5]
      %y_src_zero_point = const i32[] = [3]
      %w_1 = const i8[2,2] q(scale=[0.25,0.5], zp=[0,0], axis=0) = [1, -2, 2, 1]
      %y = dynamic_fully_connected(%q, %y_src_scale, %y_src_zero_point, %w_1, %b) {activation=relu}
      output %y)"));
}

TEST(FoldQdq, LargestBiasSurvivesTheRoundingOfFloats) {
  const float src_scale = 0.0235294f, scale = 1.1f / (src_scale * 0x1p30f);  // a bias of 1.1 is 2^30, or a little more
  Graph graph = parsed(fmt::format(R"(
      %q = input i8[1,1] q(scale={}, zp=-128)
      %x = dequantize(%q)
      %w = const f32[1,1] = [0]
      %b = const f32[1] = [1.1]
      %c = fully_connected(%x, %w, %b)
      %y = quantize(%c) : i8[1,1] q(scale=0.1, zp=0)
      output %y)",
                                   src_scale));
  graph.tensor(find_tensor(graph, "w")).quant = QuantParams{{scale}, {0}};
  ASSERT_TRUE(fold_qdq(graph));
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_NEAR(graph.tensor(graph.nodes[0].inputs[2]).values<std::int32_t>()[0], 1 << 30, 256);
}

TEST(FoldQdq, LayerStaysFloatWhereItsResultIsReadInFloat) {
  constexpr std::string_view kText = R"(
      %q = input i8[1,2,2,1] q(scale=0.5, zp=3)
      %w = const f32[2,1,1,1] = [0.25, -1]
      %x = dequantize(%q)
      %c = conv2d(%x, %w)
      %y = quantize(%c) : i8[1,2,2,2] q(scale=0.1, zp=-128)
      output %y
      output %c)";
  EXPECT_EQ(folded(with_quantized_constant(kText, "w", {{0.25f, 0.5f}, {0, 0}, 0})),
            graph_text(kText));  // without parameters
}

TEST(FoldQdq, LayerWithWeightsThatWereNoIntegersStaysFloat) {
  constexpr std::string_view kText = R"(
      %q = input i8[1,2] q(scale=0.5, zp=3)
      %x = dequantize(%q)
      %w = const f32[1,2] = [0.25, -1]
      %c = fully_connected(%x, %w)
      %y = quantize(%c) : i8[1,1] q(scale=0.1, zp=0)
      output %y)";
  EXPECT_EQ(run_pass(fold_qdq, kText), graph_text(kText));
  EXPECT_EQ(pass_stats(fold_qdq, kText).skipped, 1u);
}

TEST(FoldQdq, DequantizeSinksBelowWhatMovesElements) {
  EXPECT_EQ(run_pass(fold_qdq, R"(
      %q = input i8[1,4] q(scale=0.5, zp=3)
      %x = dequantize(%q)
      %r = reshape(%x) {shape=[2,2]}
      %y = erf(%r)
      output %y)"),
            graph_text(R"(
      %q = input i8[1,4] q(scale=0.5, zp=3)
      %r_int8 = reshape(%q) {shape=[2,2]} : i8[2,2] q(scale=0.5, zp=3) @"r"
      %r = dequantize(%r_int8) @"r_dequantize"
      %y = erf(%r)
      output %y)"));
}

TEST(FoldQdq, ConcatBringsItsInputsToTheParametersOfTheResult) {
  EXPECT_EQ(run_pass(fold_qdq, R"(
      %p = input i8[2] q(scale=0.5, zp=3)
      %q = input i8[2] q(scale=0.25, zp=0)
      %a = dequantize(%p)
      %b = dequantize(%q)
      %c = concat(%a, %b) {axis=0}
      %y = quantize(%c) : i8[4] q(scale=0.5, zp=3)
      output %y)"),
            graph_text(R"(
      %p = input i8[2] q(scale=0.5, zp=3)
      %q = input i8[2] q(scale=0.25, zp=0)
      %q_requantized = quantize(%q) : i8[2] q(scale=0.5, zp=3)
      %y = concat(%p, %q_requantized) {axis=0} : i8[4] q(scale=0.5, zp=3) @"c"
      output %y)"));
}

TEST(FoldQdq, PairsOfQuantizeAndDequantizeGo) {
  EXPECT_EQ(run_pass(fold_qdq, R"(
      %q = input i8[2] q(scale=0.5, zp=3)
      %a = dequantize(%q)
      %b = quantize(%a) : i8[2] q(scale=0.5, zp=3)
      %c = dequantize(%b)
      %d = quantize(%c) : i8[2] q(scale=1, zp=0)
      %e = dequantize(%d)
      %y = add(%e, %e)
      output %y)"),
            graph_text(R"(
      %q = input i8[2] q(scale=0.5, zp=3)
      %d = quantize(%q) : i8[2] q(scale=1, zp=0)
      %e = dequantize(%d)
      %y = add(%e, %e)
      output %y)"));
}

TEST(FoldQdq, Uint8BecomesInt8InsideTheGraph) {
  EXPECT_EQ(run_pass(fold_qdq, R"(
      %x = input u8[2] q(scale=0.5, zp=131)
      %a = dequantize(%x)
      %b = sigmoid(%a)
      %c = quantize(%b) {to=u8} : u8[2] q(scale=0.00390625, zp=0)
      %d = dequantize(%c)
      %e = neg(%d)
      %y = quantize(%e) {to=u8} : u8[2] q(scale=0.5, zp=255)
      output %y)"),
            graph_text(R"(
      %x = input u8[2] q(scale=0.5, zp=131)
      %x_int8 = quantize(%x) : i8[2] q(scale=0.5, zp=3)
      %c = sigmoid(%x_int8) : i8[2] q(scale=0.00390625, zp=-128) @"b"
      %y_int8 = neg(%c) : i8[2] q(scale=0.5, zp=127) @"e"
      %y = quantize(%y_int8) {to=u8} : u8[2] q(scale=0.5, zp=255) @"y_1"
      output %y)"));
}

}  // namespace
}  // namespace octet
