// SPDX-License-Identifier: Apache-2.0
#include "ops/evaluate.h"

#include <gmock/gmock.h>

#include <set>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Table, NamesEveryOperatorOnce) {
  std::set<std::string_view> names;
  for (const Op* op : all_ops()) {
    EXPECT_TRUE(names.insert(op->name).second) << op->name;
    EXPECT_EQ(find_op(op->name), op);
    EXPECT_TRUE(op->infer != nullptr && op->default_attrs != nullptr && op->visit_attrs != nullptr) << op->name;
  }
  EXPECT_EQ(find_op("no_such_operator"), nullptr);
}

TEST(EvaluateGraph, RunsNodesInOrder) {
  const Graph graph = parsed(R"(
      %x = input f32[2]
      %two = const f32[] = [2]
      %a = mul(%x, %two)
      %b = relu(%a)
      %c = add(%b, %a)
      output %c, %x)");
  const auto outputs = evaluate_graph(graph, {make_constant<float>("x", {2}, std::vector<float>{-1, 3})});
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_THAT((*outputs)[0].values<float>(), ElementsAre(-2, 12));
  EXPECT_EQ((*outputs)[0].name, "c");
  EXPECT_THAT((*outputs)[1].values<float>(), ElementsAre(-1, 3));
}

TEST(EvaluateGraph, ChecksItsInputs) {
  const Graph graph = parsed("%x = input f32[2]\n%y = relu(%x)\noutput %y");
  const auto x = make_constant<float>("x", {2}, std::vector<float>{1, 2});
  EXPECT_THAT(evaluate_graph(graph, {}).error().message, HasSubstr("1 inputs, 0 are given"));
  EXPECT_THAT(evaluate_graph(graph, {x, x}).error().message, HasSubstr("2 are given"));
  EXPECT_THAT(evaluate_graph(graph, {make_constant<float>("x", {1}, std::vector<float>{1})}).error().message,
              HasSubstr("input 'x' is given as f32[1], expected f32[2]"));
  EXPECT_THAT(evaluate_graph(graph, {make_constant<std::int32_t>("x", {2}, std::vector<std::int32_t>{1, 2})}).error().message,
              HasSubstr("given as i32[2]"));
}

TEST(EvaluateGraph, WantsFixedShapes) {
  const Graph graph = parsed("%x = input f32[N]\n%y = relu(%x)\noutput %y");
  const auto result = evaluate_graph(graph, {make_constant<float>("x", {1}, std::vector<float>{1})});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST(EvaluateGraph, NamesTheNodeThatFails) {
  const Graph graph = parsed("%a = const i32[1] = [0]\n%y = div(%a, %a) @\"quotient\"\noutput %y");
  EXPECT_THAT(evaluate_graph(graph, {}).error().message, HasSubstr("node 'quotient' (div): "));
}

TEST(EvaluateGraph, RefusesAbsurdMemory) {
  const Graph graph = parsed("%a = const f32[1] = [0]\n%y = expand(%a) {shape=[274877906944]}\noutput %y");
  const auto result = evaluate_graph(graph, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
}

TEST(EvaluateNode, GivesConstantsNamedAsTheOutputs) {
  const Graph graph = parsed("%a = const f32[1] = [-1]\n%y = abs(%a)\noutput %y");
  ASSERT_TRUE(can_fold(graph, graph.nodes[0]));
  const auto outputs = evaluate_node(graph, graph.nodes[0]);
  ASSERT_TRUE(outputs);
  EXPECT_EQ((*outputs)[0].name, "y");
  EXPECT_TRUE((*outputs)[0].is_constant);
  EXPECT_THAT((*outputs)[0].values<float>(), ElementsAre(1));
}

TEST(EvaluateNode, RefusesInputsThatAreNotConstant) {
  const Graph graph = parsed("%a = input f32[1]\n%y = abs(%a)\noutput %y");
  EXPECT_FALSE(can_fold(graph, graph.nodes[0]));
  EXPECT_FALSE(evaluate_node(graph, graph.nodes[0]));
}

TEST(CanFold, TakesShapesThatAreFixed) {
  const Graph graph = parsed("%x = input f32[N,3]\n%a = shape_of(%x)\n%b = shape_of(%x) {start=1}\noutput %a, %b");
  EXPECT_FALSE(can_fold(graph, graph.nodes[0]));
  EXPECT_TRUE(can_fold(graph, graph.nodes[1]));
}

TEST(CanFold, LeavesArithmeticOnQuantizedConstantsAlone) {
  const Graph graph = parsed("%w = const i8[2] q(scale=1, zp=0) = [1, 2]\n%a = abs(%w)\n%b = reshape(%w) {shape=[2,1]}\noutput %a, %b");
  EXPECT_FALSE(can_fold(graph, graph.nodes[0]));
  EXPECT_TRUE(can_fold(graph, graph.nodes[1]));
}

}  // namespace
}  // namespace octet
