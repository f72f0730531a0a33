// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/equalization.h"

#include "analysis/metrics.h"
#include "quantizers/full/full_test_support.h"
#include "runtime/executor.h"

namespace octet {
namespace {

std::vector<StatisticPoint> observed(const Graph& graph) {
  std::vector<StatisticPoint> points;
  for (const TensorId id : equalization_tensors(graph)) points.push_back({id, std::make_unique<ChannelRangeObserver>()});
  const auto plan = Plan::make(graph);
  EXPECT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(calibrate(*plan, RandomSamples(8), points, {}));
  return points;
}

std::vector<float> output_of(const Graph& graph, std::size_t sample) {
  const auto plan = Plan::make(graph);
  EXPECT_TRUE(plan);
  Executor executor(*plan, 1);
  const std::vector<std::span<std::byte>> inputs = {executor.input(0)};
  EXPECT_TRUE(RandomSamples(8).load(sample, inputs));
  EXPECT_TRUE(executor.run());
  const auto bytes = executor.output(0);
  const auto* values = reinterpret_cast<const float*>(bytes.data());
  return {values, values + bytes.size() / sizeof(float)};
}

// One channel of the hidden tensors uses a tenth of the range.
Graph uneven(std::string_view text, std::string_view weights) {
  Graph graph = parsed(text);
  randomize_constants(graph);
  Tensor& tensor = graph.tensor(find_tensor(graph, weights));
  const auto old = tensor.values<float>();
  std::vector<float> values(old.begin(), old.end());
  for (std::size_t i = 0; i < values.size() / static_cast<std::size_t>(tensor.shape[0]); ++i) values[i] *= 0.1f;
  tensor = make_constant(tensor.name, tensor.shape, values);
  return graph;
}

TEST(Equalize, ComputesTheSame) {
  const Graph graph = uneven(R"(
      %x = input f32[1,6,6,3]
      %w1 = const f32[8,1,1,3] = [0]
      %b1 = const f32[8] = [0]
      %w2 = const f32[8,3,3,1] = [0]
      %w3 = const f32[8,1,1,8] = [0]
      %w4 = const f32[5,16] = [0]
      %a = conv2d(%x, %w1, %b1) {activation=relu}
      %b = conv2d(%a, %w2) {group=8, pads=[1,1,1,1], activation=relu}
      %c = conv2d(%b, %w3)
      %d = add(%c, %a)
      %e = concat(%d, %b) {axis=3}
      %p = max_pool2d(%e) {kernel=[2,2], strides=[2,2]}
      %g = avg_pool2d(%p) {global=true}
      %f = reshape(%g) {shape=[1,16]}
      %y = fully_connected(%f, %w4)
      output %y)", "w1");
  const EqualizationResult equalized = equalize(graph, observed(graph), {});
  EXPECT_GT(equalized.num_tensors, 0u);
  for (std::size_t sample = 0; sample < 4; ++sample)
    EXPECT_LT(relative_error(output_of(equalized.graph, sample), output_of(graph, sample)), 1e-5);  // a few dozen roundings of float32
}

TEST(Equalize, AnUnusedRangeBeforeADepthwiseLayerIsFilled) {
  const Graph graph = uneven(R"(
      %x = input f32[1,6,6,3]
      %w1 = const f32[4,1,1,3] = [0]
      %w2 = const f32[4,3,3,1] = [0]
      %a = conv2d(%x, %w1) {activation=relu}
      %y = conv2d(%a, %w2) {group=4, pads=[1,1,1,1]}
      output %y)", "w1");
  EqualizationOptions options;
  options.margin = 1.0;
  const EqualizationResult equalized = equalize(graph, observed(graph), options);
  const std::vector<StatisticPoint> before = observed(graph), after = observed(equalized.graph);
  const auto ranges = [](const std::vector<StatisticPoint>& points, const Graph& g) -> const ChannelRangeObserver& {
    const auto found = std::find_if(points.begin(), points.end(), [&](const auto& p) { return g.tensor(p.tensor).name == "a"; });
    return static_cast<const ChannelRangeObserver&>(*found->observer);
  };
  float largest = 0;
  for (const float max : ranges(before, graph).max()) largest = std::max(largest, max);
  for (const float max : ranges(after, equalized.graph).max()) EXPECT_NEAR(max, largest, 1e-4f * largest);
}

TEST(Equalize, LeavesInputsOutputsAndOtherOperatorsAlone) {
  const Graph graph = uneven(R"(
      %x = input f32[1,6,6,3]
      %w1 = const f32[4,1,1,3] = [0]
      %w2 = const f32[4,1,1,4] = [0]
      %a = conv2d(%x, %w1)
      %s = sigmoid(%a)
      %y = conv2d(%s, %w2)
      output %y)", "w1");
  EXPECT_EQ(equalize(graph, observed(graph), {}).num_tensors, 0u);
}

TEST(Equalize, ScalesACopyForTheLayersThatReadASplitTensor) {
  const Graph graph = uneven(R"(
      %x = input f32[1,6,6,3]
      %w1 = const f32[8,1,1,3] = [0]
      %w2 = const f32[4,8] = [0]
      %w3 = const f32[8,8] = [0]
      %a = conv2d(%x, %w1)
      %s = silu(%a)
      %r = reshape(%s) {shape=[36,8]}
      %f = fully_connected(%r, %w2)
      %g = fully_connected(%r, %w3)
      %h = mul(%g, %r)
      output %h, %f)", "w1");
  EqualizationOptions options;
  options.split_tensors = {find_tensor(graph, "r")};
  const EqualizationResult equalized = equalize(graph, observed(graph), options);
  EXPECT_EQ(equalized.num_tensors, 1u);
  const std::int32_t scaling = find_node(equalized.graph, "r_smooth");
  ASSERT_GE(scaling, 0);
  const Uses uses = find_uses(equalized.graph);
  EXPECT_EQ(uses.consumers[static_cast<std::size_t>(equalized.graph.nodes[static_cast<std::size_t>(scaling)].outputs[0])].size(), 2u);
  for (std::size_t sample = 0; sample < 4; ++sample)
    EXPECT_LT(relative_error(output_of(equalized.graph, sample), output_of(graph, sample)), 1e-5);
}

TEST(Equalize, ASplitTensorWithEvenChannelsIsLeftWhole) {
  const Graph graph = parsed(R"(
      %x = input f32[4,1]
      %w = const f32[4,1] = [1]
      %s = silu(%x)
      %y = fully_connected(%s, %w)
      output %y)");
  EqualizationOptions options;
  options.split_tensors = {find_tensor(graph, "s")};
  const EqualizationResult equalized = equalize(graph, observed(graph), options);
  EXPECT_EQ(equalized.num_tensors, 0u);
  EXPECT_EQ(print_graph(equalized.graph), print_graph(graph));
}

}  // namespace
}  // namespace octet
