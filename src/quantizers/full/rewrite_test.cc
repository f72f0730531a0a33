// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/rewrite.h"

#include "ir/verifier.h"
#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

// The rewritten graph's text; every tensor's observed range is [-1.28, 1.27], so that its scale is 0.01 and its zero point 0.
std::string rewritten(std::string_view text, FullQuantOptions select = {}, const RewriteOptions& options = {}) {
  const Graph graph = parsed(text);
  select.settle_borders = false;
  const Selection selection = select_nodes(graph, select);
  const std::vector<std::optional<TensorRange>> observed(graph.tensors.size(), TensorRange{-1.28f, 1.27f});
  std::vector<std::optional<TensorRange>> computed = observed;
  for (std::size_t t = 0; t < computed.size(); ++t)
    if (graph.tensors[t].is_constant) computed[t].reset();
  const auto result = rewrite_to_int8(graph, selection, choose_ranges(graph, selection, computed), options);
  if (!result) return result.error().message;
  if (const auto valid = verify(*result); !valid) ADD_FAILURE() << valid.error().message;
  return print_graph(*result);
}

TEST(RewriteToInt8, CastsStandAtTheBordersOnly) {
  EXPECT_EQ(rewritten(R"(
      %x = input f32[1,2]
      %a = relu(%x)
      %b = neg(%a)
      %c = div(%b, %a)
      %y = neg(%c)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2]
      %x_int8 = quantize(%x) : i8[1,2] q(scale=0.01, zp=0) @"x_quantize"
      %a = relu(%x_int8) : i8[1,2] q(scale=0.0049803923, zp=-128)
      %b = neg(%a) : i8[1,2] q(scale=0.01, zp=0)
      %b_1 = dequantize(%b) @"b_dequantize"
      %a_1 = dequantize(%a) @"a_dequantize"
      %c = div(%b_1, %a_1)
      %c_int8 = quantize(%c) : i8[1,2] q(scale=0.01, zp=0) @"c_quantize"
      %y_int8 = neg(%c_int8) : i8[1,2] q(scale=0.01, zp=0) @"y"
      %y = dequantize(%y_int8) @"y_dequantize"
      output %y)"));
}

TEST(RewriteToInt8, OneQuantizeServesSeveralReaders) {
  const std::string text = rewritten(R"(
      %x = input f32[1,2]
      %a = add(%x, %x)
      %b = mul(%a, %x)
      %c = div(%a, %x)
      %d = div(%a, %c)
      output %b, %d, %a)");
  const auto count = [&](std::string_view word) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(count("= quantize("), 1u) << text;
  EXPECT_EQ(count("= dequantize("), 2u) << text;  // a and b
  EXPECT_NE(text.find("output %b, %d, %a"), std::string::npos) << text;
}

TEST(RewriteToInt8, WeightsAreInt8AndBiasesInt32) {
  EXPECT_EQ(rewritten(R"(
      %x = input f32[1,2]
      %w = const f32[2,2] = [1.27, -0.01, 2.54, 0]
      %b = const f32[2] = [1, -1]
      %y = fully_connected(%x, %w, %b)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,2]
      %w = const i8[2,2] q(scale=[0.01,0.02], zp=[0,0], axis=0) = [127, -1, 127, 0]
      %b = const i32[2] q(scale=[0.000099999995,0.00019999999], zp=[0,0], axis=0, bits=32) = [10000, -5000]
      %x_int8 = quantize(%x) : i8[1,2] q(scale=0.01, zp=0) @"x_quantize"
      %y_int8 = fully_connected(%x_int8, %w, %b) : i8[1,2] q(scale=0.01, zp=0) @"y"
      %y = dequantize(%y_int8) @"y_dequantize"
      output %y)"));
}

TEST(RewriteToInt8, PerTensorWeightsHaveOneScale) {
  EXPECT_THAT(rewritten(R"(
      %x = input f32[1,2]
      %w = const f32[2,2] = [1.27, -0.02, 2.54, 0]
      %y = fully_connected(%x, %w)
      output %y)", {}, {.per_channel = false}),
              testing::HasSubstr("%w = const i8[2,2] q(scale=0.02, zp=0) = [64, -1, 127, 0]\n"));
}

TEST(RewriteToInt8, ConstantOperandsHaveParametersOfTheirOwn) {
  EXPECT_THAT(rewritten("%x = input f32[2]\n%k = const f32[2] = [0, 2.55]\n%y = mul(%x, %k)\noutput %y"),
              testing::HasSubstr("%k = const i8[2] q(scale=0.01, zp=-128) = [-128, 127]\n"));
}

TEST(RewriteToInt8, ConstantsInAConcatShareItsParameters) {
  const std::string text = rewritten("%x = input f32[2]\n%k = const f32[2] = [0, 1.27]\n%y = concat(%x, %k)\noutput %y");
  EXPECT_THAT(text, testing::HasSubstr("%k = const i8[2] q(scale=0.01, zp=0) = [0, 127]\n"));
  EXPECT_THAT(text, testing::HasSubstr("%y_int8 = concat(%x_int8, %k) : i8[4] q(scale=0.01, zp=0) @\"y\""));
}

TEST(RewriteToInt8, SkippedNodesReadFloat) {
  EXPECT_EQ(rewritten("%x = input f32[2]\n%a = neg(%x)\n%y = exp(%a)\noutput %y", {.skip_nodes = {"a", "y"}}),
            graph_text("%x = input f32[2]\n%a = neg(%x)\n%y = exp(%a)\noutput %y"));
}

TEST(RewriteToInt8, AnInputMayBeAnOutput) {
  EXPECT_THAT(rewritten("%x = input f32[2]\n%y = neg(%x)\noutput %x, %y"), testing::HasSubstr("output %x, %y"));
}

TEST(RewriteToInt8, ALayerThatFloatNodesReadGivesFloats) {
  const Graph graph = parsed(R"(
      %x = input f32[2,2]
      %w = const f32[2,2] = [127, 1, 0, 127]
      %b = const f32[2] = [1, 2]
      %a = fully_connected(%x, %w, %b) {activation=relu}
      %y = div(%a, %x)
      output %y)");
  const Selection selection = select_nodes(graph, {});
  const std::vector<std::optional<TensorRange>> observed(graph.tensors.size(), TensorRange{-1.28f, 1.27f});
  const auto result = rewrite_to_int8(graph, selection, choose_ranges(graph, selection, observed), {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(print_graph(*result), graph_text(R"(
      %x = input f32[2,2]
      %a_src_scale = const f32[] = [0.01]
      %a_src_zero_point = const i32[] = [0]
      %w = const i8[2,2] q(scale=[1,1], zp=[0,0], axis=0) = [127, 1, 0, 127]
      %b = const f32[2] = [1, 2]
      %x_int8 = quantize(%x) : i8[2,2] q(scale=0.01, zp=0) @"x_quantize"
      %a = dynamic_fully_connected(%x_int8, %a_src_scale, %a_src_zero_point, %w, %b) {activation=relu}
      %y = div(%a, %x)
      output %y)"));
}

}  // namespace
}  // namespace octet
