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

}  // namespace
}  // namespace octet
