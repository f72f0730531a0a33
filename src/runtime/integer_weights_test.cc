// SPDX-License-Identifier: Apache-2.0
// Layers that dequantize their weights while running give the bits of those whose weights are dequantized at load.
#include "runtime/operators/integer_weights.h"

#include "runtime/runtime_test_support.h"

namespace octet {
namespace {

void expect_same_bits(std::string text) {
  SCOPED_TRACE(text);
  Random random(3);
  Graph while_running = parsed(text);
  randomize_constants(while_running, random);
  Graph at_load = while_running;
  for (Node& node : at_load.nodes)
    if (node.is(kDequantize)) node.as<DequantizeAttrs>().at_load = true;
  const auto inputs = random_inputs(while_running, random);
  for (const RunOptions& options : all_run_options()) {
    const auto a = execute(while_running, inputs, options), b = execute(at_load, inputs, options);
    ASSERT_EQ(a.size(), 1u);
    ASSERT_EQ(b.size(), 1u);
    const auto x = a[0].values<float>(), y = b[0].values<float>();
    EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end()));
  }
}

TEST(IntegerWeights, OfFullyConnectedLayers) {
  expect_same_bits(R"(
      %x = input f32[5,37]
      %w = const i8[50,37] q(scale=0.5, zp=3) = [1]
      %b = const f32[50] = [1]
      %d = dequantize(%w)
      %y = fully_connected(%x, %d, %b) {activation=relu}
      output %y)");
}

TEST(IntegerWeights, OfConvolutions) {
  expect_same_bits(R"(
      %x = input f32[2,9,7,6]
      %w = const i8[20,3,3,6] q(scale=0.25, zp=0) = [1]
      %d = dequantize(%w)
      %y = conv2d(%x, %d, _) {pads=[1,1,1,1], strides=[2,1]}
      output %y)");
  expect_same_bits(R"(
      %x = input f32[1,5,5,6]
      %w = const i8[4,1,1,3] q(scale=[0.5,0.25,2,1], zp=[0,1,-1,0], axis=0, var=[1,0.5,2,1], mean=[0,1,0.25,0]) = [1]
      %d = dequantize(%w)
      %y = conv2d(%x, %d, _) {group=2}
      output %y)");
}

TEST(IntegerWeights, OfRecurrentLayers) {
  const std::string channels = "scale=[0.5,0.25,2,1,0.5,0.25,2,1,1,1,1,1], zp=[0,1,-1,0,0,0,0,0,0,0,0,0], axis=1";
  for (const std::string& quant : {std::string("scale=[0.02,0.01], zp=[1,-2], axis=0"), std::string("scale=0.02, zp=3"), channels})
    expect_same_bits(fmt::format(R"(
        %x = input f32[6,2,7]
        %w = const i8[2,12,7] q({0}) = [1]
        %r = const i8[2,12,4] q({0}) = [1]
        %v = dequantize(%w)
        %s = dequantize(%r)
        %y = gru(%x, %v, %s) {{hidden=4, direction=both, activations=[0,1,0,1], alpha=[0,0,0,0], beta=[0,0,0,0]}}
        output %y)", quant));
}

TEST(IntegerWeights, OfEmbeddings) {
  const std::string text = R"(
      %x = input i32[4]
      %w = const i8[3,2] q(scale=[0.5,1,2], zp=[0,0,1], axis=0) = [1, 2, 3, 4, 5, 6]
      %d = dequantize(%w)
      %y = gather(%d, %x)
      output %y)";
  const auto outputs = execute(parsed(text), {make_constant("x", {4}, std::vector<std::int32_t>{2, 0, -1, 1})}, {});
  ASSERT_EQ(outputs.size(), 1u);
  const auto values = outputs[0].values<float>();
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()), (std::vector<float>{8, 10, 0.5, 1, 8, 10, 3, 4}));
}

TEST(IntegerWeights, StayOneBytePerWeightInThePlan) {
  const Graph graph = parsed(R"(
      %x = input f32[1,8]
      %w = const i8[4,8] q(scale=0.5, zp=0) = [1]
      %d = dequantize(%w)
      %y = fully_connected(%x, %d)
      output %y)");
  const auto plan = Plan::make(graph);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ((*plan)->graph().nodes.size(), 1u);
  for (const Tensor& tensor : (*plan)->graph().tensors) EXPECT_NE(tensor.name, "d");
}

TEST(IntegerWeights, BecomeFloatWhereAnOperatorNeedsThemSo) {
  expect_same_bits(R"(
      %x = input f32[1,5,5,4]
      %w = const i8[4,3,3,1] q(scale=0.5, zp=0) = [1]
      %d = dequantize(%w)
      %y = conv2d(%x, %d, _) {group=4}
      output %y)");
}

}  // namespace
}  // namespace octet
