// SPDX-License-Identifier: Apache-2.0
#include "api/prepare.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verifier.h"
#include "ops/op_test.h"

namespace octet {
namespace {

constexpr std::string_view kText = R"(
    %x = input f32[1,2,4,5] nchw
    %z = input f32[7]
    %y = max_pool2d(%x) {kernel=[2,2], layout=nchw}
    %n = neg(%z)
    output %y nchw, %n)";

TEST(SetInputLayout, PutsATransposeBehindTheInput) {
  Graph graph = parsed(kText);
  set_input_layout(graph, Layout::kNhwc);
  ASSERT_TRUE(verify(graph));
  EXPECT_EQ(print_graph(graph), print_graph(parsed(R"(
    %x = input f32[1,4,5,2] nhwc
    %z = input f32[7]
    %x_nchw = transpose(%x) {perm=[0,3,1,2]} @"x_transpose"
    %y = max_pool2d(%x_nchw) {kernel=[2,2], layout=nchw}
    %n = neg(%z)
    output %y nchw, %n)")));
}

TEST(SetInputLayout, LeavesALayoutThatIsRight) {
  Graph graph = parsed(kText);
  set_input_layout(graph, Layout::kNchw);
  EXPECT_EQ(print_graph(graph), print_graph(parsed(kText)));
}

TEST(SetOutputLayout, PutsATransposeBeforeTheOutput) {
  Graph graph = parsed(kText);
  set_output_layout(graph, Layout::kNhwc);
  ASSERT_TRUE(verify(graph));
  EXPECT_EQ(print_graph(graph), print_graph(parsed(R"(
    %x = input f32[1,2,4,5] nchw
    %z = input f32[7]
    %y_nchw = max_pool2d(%x) {kernel=[2,2], layout=nchw} @"y"
    %n = neg(%z)
    %y = transpose(%y_nchw) {perm=[0,2,3,1]} @"y_transpose"
    output %y nhwc, %n)")));
}

TEST(SetLayouts, CancelWithTheLayoutConversion) {
  Graph graph = parsed(kText);
  set_input_layout(graph, Layout::kNhwc);
  set_output_layout(graph, Layout::kNhwc);
  ASSERT_TRUE(run_passes(graph));
  EXPECT_EQ(print_graph(graph), print_graph(parsed(R"(
    %x = input f32[1,4,5,2] nhwc
    %z = input f32[7]
    %y = max_pool2d(%x) {kernel=[2,2]}
    %n = neg(%z)
    output %y nhwc, %n)")));
}

// An input that is an output, too, keeps its name and meaning as both.
TEST(SetLayouts, AnInputMayBeAnOutput) {
  Graph graph = parsed("%x = input f32[1,2,4,5] nchw\n%y = relu(%x)\noutput %x nchw, %y nchw");
  set_input_layout(graph, Layout::kNhwc);
  set_output_layout(graph, Layout::kNhwc);
  ASSERT_TRUE(verify(graph));
  EXPECT_EQ(graph.tensor(graph.inputs[0]).name, "x");
  EXPECT_EQ(graph.tensor(graph.inputs[0]).shape, (Shape{1, 4, 5, 2}));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, 4, 5, 2}));
  EXPECT_EQ(graph.tensor(graph.outputs[1]).name, "y");
}

}  // namespace
}  // namespace octet
