// SPDX-License-Identifier: Apache-2.0
#include "ir/verifier.h"
#include "quantizers/compatible/compatible_params.h"
#include "quantizers/compatible/compatible_quantizer.h"
#include "quantizers/compatible/original_graph.h"
#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

Graph residual_net() {
  Graph graph = parsed(R"(
      %x = input f32[1,8,8,3]
      %w1 = const f32[8,3,3,3] = [0]
      %b1 = const f32[8] = [0]
      %w2 = const f32[8,1,1,8] = [0]
      %w3 = const f32[4,8] = [0]
      %stem_out = conv2d(%x, %w1, %b1) {pads=[1,1,1,1], activation=relu} @"stem"
      %project_out = conv2d(%stem_out, %w2) @"project"
      %sum = add(%stem_out, %project_out) @"residual"
      %mean = avg_pool2d(%sum) {global=true} @"gap"
      %flat = reshape(%mean) {shape=[1,8]} @"flatten"
      %y = fully_connected(%flat, %w3) @"fc"
      output %y)");
  randomize_constants(graph);
  return graph;
}

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name);
  return names;
}

TEST(CompatibleParams, ZeroLiesOnAStep) {
  const QuantParams q = compatible_activation_params(-1.0f, 2.0f, false);
  EXPECT_FLOAT_EQ(q.scale[0], 3.0f / 255);
  EXPECT_EQ(q.zero_point[0], -43);
  EXPECT_EQ(compatible_activation_params(1.0f, 2.0f, false).zero_point[0], -128);
  const QuantParams symmetric = compatible_activation_params(-1.0f, 2.0f, true);
  EXPECT_FLOAT_EQ(symmetric.scale[0], 2.0f / 127);
  EXPECT_EQ(symmetric.zero_point[0], 0);
}

TEST(CompatibleParams, ALargeBiasEnlargesTheWeightScale) {
  const std::vector<float> weights = {1e-6f, -1e-6f}, bias = {100.0f};
  const CompatibleWeights w = compatible_weights(weights, 1, true, 1e-4f, bias);
  EXPECT_FLOAT_EQ(w.quant.scale[0], 100.0f / 1e-4f / 1073741823.5f);
}

TEST(CompatibleParams, TheThresholdOfAFlatHistogramIsItsEnd) {
  const std::vector<std::uint64_t> flat(2048, 100);
  EXPECT_NEAR(compatible_kl_threshold(flat, 1.0f / 2048), 1.0f, 0.02f);
}

TEST(OriginalGraph, KeepsTheTransposeBeforeFlattenAndNamesTensorsLikeNodes) {
  const Graph graph = as_original(residual_net());
  ASSERT_TRUE(verify(graph)) << verify(graph).error().message;
  EXPECT_EQ(node_names(graph), (std::vector<std::string>{"stem", "project", "residual", "gap", "gap_post", "flatten", "fc"}));
  EXPECT_EQ(graph.tensor(graph.nodes[4].outputs[0]).shape, (Shape{1, 8, 1, 1}));
  EXPECT_EQ(graph.tensor(graph.nodes[0].outputs[0]).name, "stem");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "y");
}

TEST(QuantizeCompatible, CastsEachEdgeByItself) {
  const auto result = quantize_compatible(as_original(residual_net()), RandomSamples(4), {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(node_names(result->graph),
            (std::vector<std::string>{"stem_dtype_cast_1_pre", "stem", "project", "residual_dtype_cast_2_pre", "residual_dtype_cast_1_pre", "residual",
                                      "gap", "gap_post_dtype_cast_1_pre", "gap_post", "flatten_dtype_cast_1_pre", "flatten", "fc_dtype_cast_1_pre",
                                      "fc", "Return_dtype_cast_1_pre"}));
  EXPECT_TRUE(result->bias_corrected);
  EXPECT_NE(find_tensor(result->graph, "added_project_bias"), kNoTensor);
  EXPECT_GT(result->cosine, 0.99);
}

TEST(QuantizeCompatible, TargetsWithoutInt8WeightsGetParametersOnly) {
  CompatibleQuantOptions options;
  options.target = &kNvgpuTarget;
  const auto result = quantize_compatible(as_original(residual_net()), RandomSamples(4), options);
  ASSERT_TRUE(result) << result.error().message;
  for (const Node& node : result->graph.nodes) EXPECT_NE(node.op->name, "quantize");
  const Tensor& stem = result->graph.tensor(find_tensor(result->graph, "stem"));
  ASSERT_TRUE(stem.quant);
  EXPECT_EQ(stem.type, DataType::kFloat32);
  EXPECT_EQ(stem.quant->zero_point[0], 0);
}

TEST(QuantizeCompatible, ExplicitBordersSayWhereToQuantize) {
  CompatibleQuantOptions options;
  options.target = &kNvgpuTarget;
  options.explicit_borders = true;
  const auto result = quantize_compatible(as_original(residual_net()), RandomSamples(4), options);
  ASSERT_TRUE(result) << result.error().message;
  const Graph& graph = result->graph;
  const Node& stem = graph.nodes[static_cast<std::size_t>(find_node(graph, "stem"))];
  EXPECT_EQ(graph.tensor(stem.inputs[0]).name, "x_dequantized");
  EXPECT_EQ(graph.tensor(stem.outputs[0]).type, DataType::kFloat32);
  const Tensor& weights = graph.tensor(graph.nodes[static_cast<std::size_t>(find_node(graph, graph.tensor(stem.inputs[1]).name))].inputs[0]);
  EXPECT_EQ(weights.type, DataType::kInt8);
  EXPECT_EQ(weights.quant->axis, 0);
  ASSERT_GT(stem.inputs.size(), 2u);
  EXPECT_EQ(graph.tensor(stem.inputs[2]).type, DataType::kFloat32);
  EXPECT_GT(result->cosine, 0.99);
}

TEST(QuantizeCompatible, SameResultForAnyNumberOfThreads) {
  CompatibleQuantOptions one, three;
  one.range_method = three.range_method = RangeMethod::kKl;
  three.calibration.num_threads = 3;
  const Graph graph = as_original(residual_net());
  const auto a = quantize_compatible(graph, RandomSamples(7), one), b = quantize_compatible(graph, RandomSamples(7), three);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(print_graph(a->graph), print_graph(b->graph));
}

}  // namespace
}  // namespace octet
