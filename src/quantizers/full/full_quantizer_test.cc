// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/full_quantizer.h"

#include "analysis/metrics.h"
#include "ir/verifier.h"
#include "passes/pass.h"
#include "quantizers/full/full_test_support.h"
#include "quantizers/full/measured_bias_correction.h"
#include "runtime/executor.h"

namespace octet {
namespace {

Graph small_net() {
  Graph graph = parsed(R"(
      %image = input f32[1,12,12,3]
      %w1 = const f32[8,3,3,3] = [0]
      %b1 = const f32[8] = [0]
      %w2 = const f32[8,3,3,1] = [0]
      %w3 = const f32[16,1,1,16] = [0]
      %w4 = const f32[10,16] = [0]
      %b4 = const f32[10] = [0]
      %c1 = conv2d(%image, %w1, %b1) {pads=[1,1,1,1], activation=relu}
      %c2 = conv2d(%c1, %w2) {group=8, pads=[1,1,1,1]}
      %s = hard_swish(%c2)
      %a = add(%s, %c1)
      %j = concat(%a, %c1) {axis=3}
      %p = max_pool2d(%j) {kernel=[2,2], strides=[2,2]}
      %c3 = conv2d(%p, %w3) {activation=relu6}
      %g = avg_pool2d(%c3) {global=true}
      %f = reshape(%g) {shape=[1,16]}
      %d = fully_connected(%f, %w4, %b4)
      %prob = softmax(%d)
      output %prob, %d)");
  randomize_constants(graph);
  return graph;
}

Result<FullQuantResult> quantized(const Graph& graph, FullQuantOptions options = {}, int num_threads = 1) {
  options.calibration.num_threads = num_threads;
  return quantize_full(graph, RandomSamples(20), options);
}

// Least cosine over samples and outputs between two graphs.
double least_cosine(const Graph& a, const Graph& b) {
  const auto plan_a = Plan::make(a), plan_b = Plan::make(b);
  EXPECT_TRUE(plan_a && plan_b);
  Executor run_a(*plan_a, 1), run_b(*plan_b, 1);
  double least = 1.0;
  for (std::size_t sample = 100; sample < 110; ++sample) {
    for (Executor* executor : {&run_a, &run_b}) {
      const std::vector<std::span<std::byte>> inputs = {executor->input(0)};
      EXPECT_TRUE(RandomSamples(200).load(sample, inputs));
      EXPECT_TRUE(executor->run());
    }
    const auto floats = [](std::span<const std::byte> bytes) {
      return std::span(reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float));
    };
    for (std::size_t i = 0; i < a.outputs.size(); ++i)
      least = std::min(least, cosine_similarity(floats(run_a.output(i)), floats(run_b.output(i))));
  }
  return least;
}

TEST(QuantizeFull, StaysCloseToFloat) {
  const Graph graph = small_net();
  for (const RangeMethod method : {RangeMethod::kMinMax, RangeMethod::kMeanMinMax, RangeMethod::kBest})
    for (const bool per_channel : {false, true})
      for (const bool bias_correction : {false, true}) {
        const auto result = quantized(graph, {.range_method = method, .per_channel = per_channel, .bias_correction = bias_correction});
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_TRUE(verify(result->graph));
        EXPECT_GT(result->cosine, 0.99);
        EXPECT_GT(least_cosine(graph, result->graph), 0.99);
        EXPECT_EQ(result->num_quantized_nodes, graph.nodes.size() - 1);
        ASSERT_EQ(result->float_nodes.size(), 1u);
        EXPECT_EQ(result->float_nodes[0].node, "prob");
        EXPECT_NE(result->range_method, RangeMethod::kBest);
        if (!bias_correction) {
          EXPECT_FALSE(result->bias_corrected);
        }
      }
}

TEST(QuantizeFull, DoesNotDependOnTheNumberOfThreads) {
  const Graph graph = small_net();
  const auto one = quantized(graph);
  ASSERT_TRUE(one) << one.error().message;
  const PrintOptions everything = {.max_constant_elements = 1 << 20};
  for (const int num_threads : {2, 3, 7}) {
    const auto several = quantized(graph, {}, num_threads);
    ASSERT_TRUE(several);
    EXPECT_EQ(print_graph(one->graph, everything), print_graph(several->graph, everything)) << num_threads;
    EXPECT_EQ(one->cosine, several->cosine);
  }
}

// A quantized model that is read back goes through the passes again.
TEST(QuantizeFull, ThePassesLeaveAQuantizedGraphAsItIs) {
  const auto result = quantized(small_net());
  ASSERT_TRUE(result);
  Graph graph = result->graph;
  ASSERT_TRUE(run_passes(graph));
  const PrintOptions everything = {.max_constant_elements = 1 << 20};
  EXPECT_EQ(print_graph(graph, everything), print_graph(result->graph, everything));
}

TEST(QuantizeFull, KeepsNamesOfInputsAndOutputs) {
  const auto result = quantized(small_net());
  ASSERT_TRUE(result);
  const Graph& graph = result->graph;
  EXPECT_EQ(graph.tensor(graph.inputs[0]).name, "image");
  EXPECT_EQ(graph.tensor(graph.inputs[0]).type, DataType::kFloat32);
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "prob");
  EXPECT_EQ(graph.tensor(graph.outputs[1]).name, "d");
}

TEST(QuantizeFull, SkippedNodesStayFloat) {
  const Graph graph = small_net();
  const auto result = quantized(graph, {.skip_nodes = {"c2"}, .skip_ops = {"concat"}});
  ASSERT_TRUE(result) << result.error().message;
  std::vector<std::string> names;
  for (const FloatNode& node : result->float_nodes) names.push_back(node.node + " " + node.op + " " + node.reason);
  EXPECT_THAT(names, testing::Contains("c2 conv2d skipped by configuration"));
  EXPECT_THAT(names, testing::Contains("j concat skipped by configuration"));
  EXPECT_GT(least_cosine(graph, result->graph), 0.99);
}

// Two layers on `positions` rows; with `moves`, a node that other shapes do not have lies between them.
Graph two_layers(int positions, bool moves = false) {
  Graph graph = parsed(fmt::format(R"(
      %x = input f32[1,{0},4]
      %w1 = const f32[8,4] = [0]
      %w2 = const f32[8,8] = [0]
      %a = fully_connected(%x, %w1) {{activation=relu}}
      {1}
      %y = fully_connected({2}, %w2)
      output %y)",
                                   positions, moves ? "%b = neg(%a)" : "", moves ? "%b" : "%a"));
  randomize_constants(graph);
  Tensor& w1 = graph.tensor(find_tensor(graph, "w1"));
  std::vector<float> weights(w1.values<float>().begin(), w1.values<float>().end());
  for (std::size_t i = 0; i < weights.size() / 2; ++i) weights[i] *= 0.05f;  // channels that equalization rescales
  w1 = make_constant(w1.name, w1.shape, weights);
  return graph;
}

// Values `factor` times as large as those of RandomSamples.
class ScaledSamples : public RandomSamples {
 public:
  ScaledSamples(std::size_t size, float factor) : RandomSamples(size), factor_(factor) {}
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    OCTET_RETURN_IF_ERROR(RandomSamples::load(index, inputs));
    auto* values = reinterpret_cast<float*>(inputs[0].data());
    std::for_each(values, values + inputs[0].size() / sizeof(float), [&](float& value) { value *= factor_; });
    return {};
  }

 private:
  float factor_;
};

float largest_of(const Graph& graph, std::string_view made_by) {
  const std::int32_t node = find_node(graph, made_by);
  if (node < 0 || !graph.tensor(graph.nodes[static_cast<std::size_t>(node)].outputs[0]).quant) {
    ADD_FAILURE() << made_by << " is not int8:\n" << print_graph(graph);
    return 0.0f;
  }
  const QuantParams& quant = *graph.tensor(graph.nodes[static_cast<std::size_t>(node)].outputs[0]).quant;
  return quant.scale[0] * static_cast<float>(127 - quant.zero_point[0]);
}

TEST(QuantizeFull, RangesCoverEveryProfile) {
  const Graph graph = two_layers(3), tall = two_layers(7);
  const ScaledSamples large(5, 10.0f);
  const CalibrationProfile profiles[] = {{"tall", &tall, &large}};
  for (const bool equalize : {false, true}) {
    FullQuantOptions options;
    options.range_method = RangeMethod::kMinMax;
    options.equalize = equalize;
    const auto alone = quantized(graph, options);
    std::size_t last = 0, total = 0;
    options.calibration.progress = [&](std::size_t done, std::size_t of) { last = done, total = of; };
    options.calibration.profiles = profiles;
    const auto both = quantized(graph, options);
    ASSERT_TRUE(alone && both) << both.error().message;
    EXPECT_EQ(both->graph.tensor(both->graph.inputs[0]).shape, (Shape{1, 3, 4}));
    EXPECT_GT(largest_of(both->graph, "a"), 5 * largest_of(alone->graph, "a")) << equalize;
    EXPECT_EQ(last, total);
  }
}

TEST(QuantizeFull, WithoutTheSameNodesInEveryProfileChannelsStayAsTheyAre) {
  const Graph graph = two_layers(3), other = two_layers(7, true);
  const ScaledSamples large(5, 10.0f);
  const CalibrationProfile profiles[] = {{"other", &other, &large}};
  FullQuantOptions options;
  options.range_method = RangeMethod::kMinMax;
  const auto alone = quantized(graph, options);
  options.calibration.profiles = profiles;
  const auto both = quantized(graph, options);
  ASSERT_TRUE(alone && both) << both.error().message;
  EXPECT_FALSE(both->is_equalized);
  EXPECT_GT(largest_of(both->graph, "a"), 5 * largest_of(alone->graph, "a"));
}

TEST(QuantizeFull, UnknownNodeNamesAreErrors) {
  const auto result = quantized(small_net(), {.skip_nodes = {"c9"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
}

TEST(QuantizeFull, ANaNNamesTensorAndSample) {
  for (const int num_threads : {1, 3}) {
    RandomSamples samples(10);
    samples.nan_index = 4;
    FullQuantOptions options;
    options.calibration.num_threads = num_threads;
    const auto result = quantize_full(small_net(), samples, options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidData);
    EXPECT_EQ(result.error().message, "calibration sample 5: tensor 'image' holds a NaN or an infinity");
  }
}

TEST(QuantizeFull, NoSampleIsAnError) {
  const auto result = quantize_full(small_net(), RandomSamples(0), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidData);
}

TEST(QuantizeFull, QuantizesOperatorsOfEveryKind) {
  Graph graph = parsed(R"(
      %x = input f32[2,6,6,4]
      %k = const f32[4] = [1]
      %j = const f32[2,6,6,2] = [1]
      %mm = const f32[2,6,6,4] = [1]
      %g = avg_pool2d(%x) {global=true}
      %m = mul(%x, %g)
      %n = sub(%k, %m)
      %c = concat(%n, %j) {axis=3}
      %s = sigmoid(%c)
      %cc = concat(%s, %c) {axis=3}
      %p, %q = split(%cc) {axis=3, sizes=[4,8]}
      %r = pad(%p) {pads=[0,1,1,0,0,1,1,0], mode=reflect}
      %t = resize(%r) {size=[6,6], mode=linear}
      %u = transpose(%t) {perm=[0,2,1,3]}
      %v = slice(%u) {starts=[5], ends=[-7], axes=[1], steps=[-1]}
      %w = maximum(%v, %x)
      %y = softmax(%w) {axis=1}
      %z = reduce_mean(%y) {axes=[1]}
      %b = matmul(%v, %u) {transpose_b=true}
      %e = elu(%b)
      output %z, %e, %q)");
  randomize_constants(graph);
  const auto result = quantized(graph, {.range_method = RangeMethod::kMinMax});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_GT(least_cosine(graph, result->graph), 0.98);
}

// The measured error of every channel's mean goes below a step of the output.
// A wrong bias is an error that any correction has to find.
template <typename T>
void test_correction_of_wrong_bias(bool settle_borders, std::size_t bias_input, T error) {
  const Graph graph = small_net();
  const auto plain = quantized(graph, {.bias_correction = false, .settle_borders = settle_borders});
  ASSERT_TRUE(plain);
  const auto plan = Plan::make(graph);
  Graph wrong = plain->graph;
  const Node& node = wrong.nodes[static_cast<std::size_t>(find_node(wrong, "d"))];
  ASSERT_GT(node.inputs.size(), bias_input);
  Tensor& bias = wrong.tensor(node.inputs[bias_input]);
  std::vector<T> values(bias.values<T>().begin(), bias.values<T>().end());
  for (T& value : values) value += error;
  const auto quant = bias.quant;
  bias = make_constant(bias.name, bias.shape, values);
  bias.quant = quant;
  const auto corrected = correct_biases_by_measurement(*plan, wrong, RandomSamples(20), {});
  ASSERT_TRUE(corrected) << corrected.error().message;
  EXPECT_LT(least_cosine(graph, wrong), 0.99);
  EXPECT_GT(least_cosine(graph, *corrected), 0.99);
}

TEST(MeasuredBiasCorrection, TakesTheMeanErrorOff) { test_correction_of_wrong_bias<std::int32_t>(false, 2, 15000); }

TEST(MeasuredBiasCorrection, TakesItOffLayersThatGiveFloats) { test_correction_of_wrong_bias<float>(true, 4, 2.0f); }

}  // namespace
}  // namespace octet
