// SPDX-License-Identifier: Apache-2.0
#include "quantizers/dynamic/dynamic_quantizer.h"

#include "ir/verifier.h"
#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

constexpr std::string_view kModel = R"(
      %x = input f32[2,3]
      %w = const f32[2,3] = [127, 1, 0, 0.5, -0.25, 0]
      %b = const f32[2] = [1, 2]
      %v = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %u = const f32[3,2] = [1, 2, 3, 4, 5, 6]
      %a = fully_connected(%x, %w, %b) {activation=relu} @"first"
      %c = fully_connected(%x, %v) @"second"
      %d = add(%a, %c)
      %e = gelu(%d)
      %f = reshape(%e) {shape=[4]}
      %g = reshape(%f) {shape=[2,2]}
      %h = fully_connected(%g, %u) @"third"
      %y = matmul(%h, %h) {transpose_b=true} @"scores"
      output %y)";

DynamicQuantResult quantized(const DynamicQuantOptions& options, std::string_view text = kModel) {
  auto result = quantize_dynamic(parsed(text), options);
  EXPECT_TRUE(result) << result.error().message;
  if (!result) return {};
  if (const auto valid = verify(result->graph); !valid) ADD_FAILURE() << valid.error().message << "\n" << print_graph(result->graph);
  return std::move(*result);
}

TEST(QuantizeDynamic, QuantizesLayersAndSharesActivations) {
  const DynamicQuantResult result = quantized({.share_scales = false});
  EXPECT_EQ(result.num_quantized_nodes, 3u);
  EXPECT_EQ(print_graph(result.graph), graph_text(R"(
      %x = input f32[2,3]
      %w = const i8[2,3] q(scale=[1,0.003937008], zp=[0,0], axis=0) = [127, 1, 0, 127, -64, 0]
      %b = const f32[2] = [1, 2]
      %v = const i8[2,3] q(scale=[0.023622047,0.047244094], zp=[0,0], axis=0) = [42, 85, 127, 85, 106, 127]
      %u = const i8[3,2] q(scale=[0.015748031,0.031496063,0.047244094], zp=[0,0,0], axis=0) = [64, 127, 95, 127, 106, 127]
      %x_int8, %x_scale, %x_zero_point = dynamic_quantize(%x) @"x_dynamic_quantize"
      %a = dynamic_fully_connected(%x_int8, %x_scale, %x_zero_point, %w, %b) {activation=relu} @"first"
      %c = dynamic_fully_connected(%x_int8, %x_scale, %x_zero_point, %v) @"second"
      %d = add(%a, %c)
      %e = gelu(%d)
      %f = reshape(%e) {shape=[4]}
      %g = reshape(%f) {shape=[2,2]}
      %g_int8, %g_scale, %g_zero_point = dynamic_quantize(%g) {symmetric=false} @"g_dynamic_quantize"
      %h = dynamic_fully_connected(%g_int8, %g_scale, %g_zero_point, %u) @"third"
      %y = matmul(%h, %h) {transpose_b=true} @"scores"
      output %y)"));
  ASSERT_EQ(result.float_products.size(), 1u);
  EXPECT_EQ(result.float_products[0].node, "scores");
}

TEST(QuantizeDynamic, RoundsScalesUpToOnesThatChannelsShare) {
  const DynamicQuantResult result = quantized({});
  const std::vector<float>& scale = result.graph.tensor(find_tensor(result.graph, "v")).quant->scale;
  ASSERT_EQ(scale.size(), 2u);
  EXPECT_FLOAT_EQ(scale[0] * 2, scale[1]);
  EXPECT_GE(scale[0], 3.0f / 127);
  EXPECT_LT(scale[0], 3.0f / 127 * 1.011f);
}

TEST(QuantizeDynamic, LeavesOutWhatIsToBeSkipped) {
  const DynamicQuantResult result = quantized({.skip_nodes = {"second"}});
  EXPECT_EQ(result.num_quantized_nodes, 2u);
  EXPECT_EQ(result.float_products[0].reason, "named in skip_quant_node");
  EXPECT_EQ(quantized({.skip_ops = {"fully_connected"}}).num_quantized_nodes, 0u);
  const auto unknown = quantize_dynamic(parsed(kModel), {.skip_nodes = {"secont"}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("second"));
}

TEST(QuantizeDynamic, QuantizesProductsOfTwoActivationsWhereAsked) {
  const DynamicQuantResult result = quantized({.activations_per_row = false, .weights_per_channel = false, .two_activations = true});
  EXPECT_EQ(result.num_quantized_nodes, 4u);
  EXPECT_THAT(print_graph(result.graph), testing::HasSubstr("dynamic_matmul"));
  EXPECT_THAT(print_graph(result.graph), testing::HasSubstr("{per_row=false, symmetric=false}"));
}

TEST(QuantizeDynamic, KeepsEmbeddingsInInt8) {
  const DynamicQuantResult result = quantized({}, R"(
      %i = input i64[1,4]
      %j = input i64[1,1]
      %t = const f32[2,2] = [1, -1.55, 0, 5.1]
      %a = gather(%t, %i) @"words"
      %b = gather(%t, %j) @"types"
      %y = add(%a, %b)
      output %y)");
  EXPECT_EQ(result.num_quantized_nodes, 2u);
  EXPECT_EQ(print_graph(result.graph), graph_text(R"(
      %i = input i64[1,4]
      %j = input i64[1,1]
      %t = const i8[2,2] q(scale=[0.01,0.02], zp=[27,-128], axis=0) = [127, -128, -128, 127]
      %t_real = dequantize(%t) {at_load=true} @"t_dequantize"
      %a = gather(%t_real, %i) @"words"
      %b = gather(%t_real, %j) @"types"
      %y = add(%a, %b)
      output %y)"));
}

constexpr std::string_view kRecurrent = R"(
      %x = input f32[2,1,1]
      %w = const f32[2,1,1] = [12.7, 25.4]
      %y = rnn(%x, %w, %w) {hidden=1, direction=both, activations=[1,1], alpha=[0,0], beta=[0,0]} @"layer"
      output %y)";

TEST(QuantizeDynamic, GivesRecurrentLayersInt8Weights) {
  const DynamicQuantResult result = quantized({.share_scales = false}, kRecurrent);
  EXPECT_EQ(result.num_quantized_nodes, 1u);
  EXPECT_EQ(print_graph(result.graph), graph_text(R"(
      %x = input f32[2,1,1]
      %w = const i8[2,1,1] q(scale=[0.1,0.2], zp=[0,0], axis=0) = [127]
      %y = rnn(%x, %w, %w) {hidden=1, direction=both, activations=[1,1], alpha=[0,0], beta=[0,0], dynamic=true} @"layer"
      output %y)"));
  // Rows are the same in both directions: their scale is the larger of two.
  const DynamicQuantResult rows = quantized({.share_scales = false, .original_reads = false}, kRecurrent);
  EXPECT_THAT(print_graph(rows.graph), testing::HasSubstr("q(scale=0.2, zp=0) = [64, 127]"));
}

TEST(QuantizeDynamic, LeavesRecurrentLayersToTheOriginalAsTheyAre) {
  const DynamicQuantResult result = quantized({.recurrent = false}, kRecurrent);
  EXPECT_EQ(result.num_quantized_nodes, 0u);
  EXPECT_EQ(result.float_products[0].reason, "a recurrent layer, which the original leaves float");
}

TEST(QuantizeDynamic, RefusesWeightsThatAreNotFinite) {
  const auto result = quantize_dynamic(parsed(R"(
      %x = input f32[1,2]
      %w = const f32[1,2] = [1, inf]
      %y = fully_connected(%x, %w)
      output %y)"), {});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, testing::HasSubstr("'w' hold a NaN or an infinity"));
}

}  // namespace
}  // namespace octet
