// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ConvertLayout, TransposesAtTheBordersOnly) {
  EXPECT_EQ(run_pass(convert_layout, R"(
      %x = input f32[1,2,4,5] nchw
      %w = const f32[2,2,1,2] = [1, 2, 3, 4, 5, 6, 7, 8]
      %a = conv2d(%x, %w) {layout=nchw}
      %b = relu(%a)
      %y = max_pool2d(%b) {kernel=[2,2], layout=nchw}
      output %y nchw)"),
            graph_text(R"(
      %x = input f32[1,2,4,5] nchw
      %w = const f32[2,1,2,2] = [1, 3, 2, 4, 5, 7, 6, 8]
      %x_nhwc = transpose(%x) {perm=[0,2,3,1]} @"x_nhwc_transpose"
      %a_nhwc = conv2d(%x_nhwc, %w) @"a"
      %b_nhwc = relu(%a_nhwc) @"b"
      %y_nhwc = max_pool2d(%b_nhwc) {kernel=[2,2]} @"y"
      %y = transpose(%y_nhwc) {perm=[0,3,1,2]} @"y_transpose"
      output %y nchw)"));
}

TEST(ConvertLayout, KeepsASymbolicBatch) {
  const Graph graph = passed(convert_layout, R"(
      %x = input f32[N,2,4,5]
      %y = max_pool2d(%x) {kernel=[2,2], layout=nchw}
      output %y)");
  EXPECT_EQ(print_shape(graph, graph.tensor(graph.nodes[1].outputs[0]).shape), "[N,3,4,2]");
  EXPECT_EQ(print_shape(graph, graph.tensor(graph.outputs[0]).shape), "[N,2,3,4]");
}

TEST(ConvertLayout, KeepsQuantizationOfMovedTensors) {
  const Graph graph = passed(convert_layout, R"(
      %x = input i8[1,2,4,5] q(scale=0.5, zp=3)
      %p = max_pool2d(%x) {kernel=[2,2], layout=nchw} : i8[1,2,3,4] q(scale=0.5, zp=3)
      %y = dequantize(%p)
      output %y)");
  for (const Tensor& tensor : graph.tensors) EXPECT_EQ(tensor.quant.has_value(), tensor.type == DataType::kInt8) << tensor.name;
}

TEST(ConvertLayout, LeavesAGraphWithoutImagesAlone) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2,4,5]
      %a = relu(%x)
      %y = softmax(%a) {axis=1}
      output %y)";
  EXPECT_EQ(run_pass(convert_layout, kText), graph_text(kText));
}

TEST(ConvertLayout, WeightsThatAreNotConstantAreAnError) {
  EXPECT_THAT(pass_error(convert_layout, R"(
      %x = input f32[1,2,4,5]
      %w = input f32[2,2,1,1]
      %y = conv2d(%x, %w) {layout=nchw}
      output %y)"),
              testing::HasSubstr("node 'y' (conv2d)"));
}

// The number of transposes that all passes leave.
std::size_t transposes_left(std::string_view text) {
  const Graph graph = passed(all_of_them, text);
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return node.op->name == "transpose"; }));
}

TEST(ConvertLayout, PoolThenFlattenNeedsNoTranspose) {
  EXPECT_EQ(transposes_left(R"(
      %x = input f32[1,2,4,5]
      %p = avg_pool2d(%x) {global=true, layout=nchw}
      %y = flatten(%p)
      output %y)"),
            1u);
}

TEST(ConvertLayout, TransposesOfTheModelCancel) {
  EXPECT_EQ(transposes_left(R"(
      %x = input f32[1,4,5,2] nhwc
      %a = transpose(%x) {perm=[0,3,1,2]}
      %p = max_pool2d(%a) {kernel=[2,2], layout=nchw}
      %y = transpose(%p) {perm=[0,2,3,1]}
      output %y nhwc)"),
            0u);
}

TEST(ConvertLayout, ResidualNetHasATransposeAtEachEnd) {
  EXPECT_EQ(transposes_left(R"(
      %x = input f32[1,2,4,5]
      %w = const f32[2,2,1,1] = [1]
      %k = const f32[2,1,1] = [3, 4]
      %a = conv2d(%x, %w) {layout=nchw}
      %b = conv2d(%a, %w) {layout=nchw}
      %c = add(%a, %b)
      %d = mul(%c, %k)
      %e = concat(%d, %a) {axis=1}
      %f = pad(%e) {pads=[0,1,0,0,0,0,1,2]}
      output %f)"),
            2u);
}

TEST(ConvertLayoutToNchw, UndoesConvertLayout) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2,4,5] nchw
      %w = const f32[2,2,1,2] = [1, 2, 3, 4, 5, 6, 7, 8]
      %k = const f32[1,2,1,1] = [3, 4]
      %a = conv2d(%x, %w) {layout=nchw}
      %b = mul(%a, %k)
      %c = concat(%b, %a) {axis=1}
      %d = pad(%c) {pads=[0,1,0,0,0,0,1,2]}
      %y = reduce_mean(%d) {axes=[2,3], keep_dims=false}
      output %y)";
  const auto there_and_back = [](Graph& graph) -> Result<PassStats> {
    for (const auto pass : {convert_layout, convert_layout_to_nchw, cancel_transposes, merge_reshapes})
      if (auto done = pass(graph); !done) return std::move(done).error();
    return PassStats{};
  };
  expect_keeps_results(there_and_back, kText);
  std::vector<std::string> ops, names;
  for (const Node& node : passed(there_and_back, kText).nodes) {
    ops.emplace_back(node.op->name);
    names.push_back(node.name);
  }
  EXPECT_THAT(ops, testing::ElementsAre("conv2d", "mul", "concat", "pad", "reduce_mean"));
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "c", "d", "y"));
}

TEST(ConvertLayoutToNchw, MovesIntegerWeightsWithTheirParameters) {
  const Graph graph = passed(convert_layout_to_nchw, R"(
      %x = input i8[1,2,2,2] q(scale=0.5, zp=3)
      %w = const i8[2,1,1,2] q(scale=[0.5, 1], zp=[0, 0], axis=0) = [1, 2, 3, 4]
      %y = conv2d(%x, %w) : i8[1,2,2,2] q(scale=0.5, zp=3)
      output %y)");
  const Tensor& weights = graph.tensor(find_tensor(graph, "w"));
  EXPECT_EQ(weights.shape, (Shape{2, 2, 1, 1}));
  ASSERT_TRUE(weights.quant.has_value());
  EXPECT_EQ(weights.quant->axis, 0);
}

TEST(ConvertLayoutToNchw, MovesIntegerWeightsBehindDequantize) {
  expect_keeps_results(convert_layout_to_nchw, R"(
      %x = input f32[1,3,3,2]
      %q = const i8[2,2,1,2] q(scale=[0.5, 1], zp=[0, 0], axis=0) = [1, 2, 3, 4, 5, 6, 7, 8]
      %w = dequantize(%q) {at_load=true}
      %y = conv2d(%x, %w)
      output %y)");
}

}  // namespace
}  // namespace octet
