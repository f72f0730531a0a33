// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

// Two convolutions over lines of 8, as importers write them; `between` makes %r of %s, both [2,4,8].
std::string lines(std::string_view between, std::string_view output = "%y") {
  return fmt::format(R"(
      %x = input f32[2,3,1,8]
      %w1 = const f32[4,3,1,3] = [1, -2, 3, 0.5, -1, 2, 0.25, 1, -1, 3, 2, 1, -1, -2, -3, 1, 0, 1, 2, -1, 0.5, 1, -1, 2, 1, 1, -0.5, 0.1, 0.2, 0.3, -1, -2, 1, 0, 3, 1]
      %w2 = const f32[2,4,1,1] = [1, 2, -3, 4, -1, 0.5, 2, 1]
      %g = const f32[4] = [1, 2, 0.5, 3]
      %k = const f32[4,1] = [1, -1, 2, 0.5]
      %row = const f32[8] = [1, -1, 2, 0.5, 3, 4, -2, 1]
      %c = conv2d(%x, %w1) {{layout=nchw, pads=[0,0,1,1]}}
      %s = squeeze(%c) {{axes=[2]}}
      {}
      %u = unsqueeze(%r) {{axes=[2]}}
      %d = conv2d(%u, %w2) {{layout=nchw}}
      %y = squeeze(%d) {{axes=[2]}}
      output {})",
                     between, output);
}

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.emplace_back(node.op->name);
  return names;
}

TEST(SinkSqueezes, WhatLiesBetweenConvolutionsWorksOnImages) {
  struct Case {
    const char* between;
    std::vector<std::string> operators;
  };
  const Case cases[] = {
      {"%r = relu(%s)", {"conv2d", "relu", "conv2d", "squeeze"}},
      {"%b = batch_norm(%s, %g, %g, %g, %g)\n%r = relu(%b)", {"conv2d", "batch_norm", "relu", "conv2d", "squeeze"}},
      {"%b = add(%s, %k)\n%r = mul(%b, %row)", {"conv2d", "add", "mul", "conv2d", "squeeze"}},
      {"%a = slice(%s) {starts=[0], ends=[2], axes=[1], steps=[1]}\n%b = slice(%s) {starts=[2], ends=[4], axes=[1], "
       "steps=[1]}\n%r = concat(%b, %a) {axis=1}",
       {"conv2d", "slice", "slice", "concat", "conv2d", "squeeze"}},
      {"%b = sigmoid(%s)\n%r = mul(%s, %b)", {"conv2d", "sigmoid", "mul", "conv2d", "squeeze"}},
  };
  for (const Case& c : cases) {
    const std::string text = lines(c.between);
    expect_keeps_results(sink_squeezes, text, c.between);
    EXPECT_EQ(operators(passed(sink_squeezes, text)), c.operators) << c.between;
  }
}

TEST(SinkSqueezes, OutputsStayLines) {
  const std::string text = lines("%r = relu(%s)", "%y, %r, %s");
  expect_keeps_results(sink_squeezes, text, "outputs");
  const Graph graph = passed(sink_squeezes, text);
  EXPECT_EQ(graph.tensor(graph.outputs[1]).shape, (Shape{2, 4, 8}));
}

TEST(SinkSqueezes, LeavesWhatMixesPositions) {
  const std::string text = lines("%r = softmax(%s) {axis=1}");
  EXPECT_EQ(operators(passed(sink_squeezes, text)),
            (std::vector<std::string>{"conv2d", "squeeze", "softmax", "unsqueeze", "conv2d", "squeeze"}));
}

}  // namespace
}  // namespace octet
