// SPDX-License-Identifier: Apache-2.0
// Tests of the graph and its shapes. They lie here because ir/ knows no operator to build a graph of.
#include "ir/graph.h"

#include <gmock/gmock.h>

#include "ir/text.h"
#include "ir/verifier.h"
#include "ops/table.h"
#include "ops/unary.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  return graph ? std::move(*graph) : Graph{};
}

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name);
  return names;
}

Tensor named(std::string name) {
  Tensor tensor;
  tensor.name = std::move(name);
  return tensor;
}

TEST(Graph, MakesNamesUnique) {
  Graph graph;
  EXPECT_EQ(graph.tensor(graph.add_tensor(named("a"))).name, "a");
  EXPECT_EQ(graph.tensor(graph.add_tensor(named("a_1"))).name, "a_1");
  EXPECT_EQ(graph.tensor(graph.add_tensor(named("a"))).name, "a_2");
  EXPECT_EQ(graph.tensor(graph.add_tensor(named("a"))).name, "a_3");
  EXPECT_EQ(graph.tensor(graph.add_tensor(named(""))).name, "t");
}

TEST(Graph, GivesOneNumberToOneSymbol) {
  Graph graph;
  EXPECT_EQ(graph.symbol("N"), -1);
  EXPECT_EQ(graph.symbol("M"), -2);
  EXPECT_EQ(graph.symbol("N"), -1);
}

TEST(Graph, FindsUses) {
  const Graph graph = parsed("%x = input f32[2]\n%a = relu(%x)\n%b = add(%a, %a)\n%c = abs(%b)\n%d = abs(%b)\noutput %c, %d");
  const Uses uses = find_uses(graph);
  const auto consumers = [&](const char* name) { return uses.consumers[static_cast<std::size_t>(find_tensor(graph, name))]; };
  EXPECT_THAT(consumers("a"), ElementsAre(1, 1));
  EXPECT_THAT(consumers("b"), ElementsAre(2, 3));
  EXPECT_EQ(uses.single_consumer(find_tensor(graph, "x")), 0);
  EXPECT_EQ(uses.single_consumer(find_tensor(graph, "b")), -1);
  EXPECT_EQ(uses.single_consumer(find_tensor(graph, "c")), -1);
  EXPECT_EQ(uses.producer[static_cast<std::size_t>(find_tensor(graph, "x"))], -1);
  EXPECT_EQ(uses.producer[static_cast<std::size_t>(find_tensor(graph, "b"))], 1);
}

TEST(Graph, ReplacesUses) {
  Graph graph = parsed("%x = input f32[2]\n%a = relu(%x)\n%b = abs(%a)\noutput %b, %a");
  replace_uses(graph, find_tensor(graph, "a"), find_tensor(graph, "x"));
  EXPECT_EQ(graph.nodes[1].inputs[0], find_tensor(graph, "x"));
  EXPECT_EQ(graph.outputs[1], find_tensor(graph, "x"));
}

TEST(RemoveDeadCode, KeepsWhatReachesAnOutput) {
  Graph graph = parsed(R"(
      %x = input f32[4]
      %unused = input f32[1]
      %c = const f32[4] = [1]
      %d = const f32[4] = [1]
      %a = add(%x, %c)
      %dead1 = add(%x, %d)
      %dead2 = abs(%dead1)
      %p, %q = split(%a) {sizes=[1,3]}
      output %q)");
  EXPECT_EQ(remove_dead_code(graph), 2u);
  EXPECT_THAT(node_names(graph), ElementsAre("a", "p"));
  EXPECT_EQ(find_tensor(graph, "d"), kNoTensor);
  EXPECT_EQ(find_tensor(graph, "dead1"), kNoTensor);
  EXPECT_NE(find_tensor(graph, "p"), kNoTensor);
  EXPECT_EQ(graph.inputs.size(), 2u);
  EXPECT_TRUE(verify(graph));
  EXPECT_EQ(remove_dead_code(graph), 0u);
}

TEST(SortTopologically, KeepsTheGivenOrderWherePossible) {
  Graph graph = parsed("%x = input f32[2]\n%a = relu(%x)\n%b = abs(%a)\n%c = neg(%x)\n%d = add(%b, %c)\noutput %d");
  std::swap(graph.nodes[0], graph.nodes[3]);  // d, b, c, a
  ASSERT_TRUE(sort_topologically(graph));
  EXPECT_THAT(node_names(graph), ElementsAre("c", "a", "b", "d"));
  EXPECT_TRUE(verify(graph));
}

TEST(SortTopologically, NamesANodeOnACycle) {
  Graph graph = parsed("%x = input f32[2]\n%a = relu(%x)\n%b = abs(%a)\noutput %b");
  graph.nodes[0].inputs[0] = find_tensor(graph, "b");
  const auto sorted = sort_topologically(graph);
  ASSERT_FALSE(sorted);
  EXPECT_EQ(sorted.error().code, ErrorCode::kInvalidGraph);
  EXPECT_THAT(sorted.error().message, HasSubstr("node 'a' is on a cycle"));
  EXPECT_THAT(node_names(graph), ElementsAre("a", "b"));
}

TEST(FixInputShapes, ReplacesASymbolEverywhere) {
  Graph graph = parsed(R"(
      %x = input f32[N,H,3]
      %y = input f32[N,1,3]
      %sum = add(%x, %y)
      output %sum)");
  ASSERT_TRUE(fix_input_shapes(graph, {{"x", {2, 5, 3}}}));
  EXPECT_EQ(graph.tensor(graph.inputs[1]).shape, (Shape{2, 1, 3}));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{2, 5, 3}));
  EXPECT_TRUE(verify(graph));
}

TEST(FixInputShapes, FixesUnknownDimensionsOneByOne) {
  Graph graph = parsed("%x = input f32[?,?]\n%y = relu(%x)\noutput %y");
  ASSERT_TRUE(fix_input_shapes(graph, {{"x", {2, 3}}}));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{2, 3}));
}

TEST(FixInputShapes, RefusesShapesThatDoNotFit) {
  const std::string text = "%x = input f32[N,N,3]\n%w = input f32[N]\n%y = relu(%x)\noutput %y";
  const std::vector<std::vector<std::pair<std::string, Shape>>> wrong = {
      {{"z", {1}}},  {{"x", {1, 1}}},  {{"x", {1, 1, 4}}}, {{"x", {0, 0, 3}}},
      {{"x", {-1, -1, 3}}}, {{"x", {1, 2, 3}}}, {{"x", {2, 2, 3}}, {"w", {3}}}, {{"x", {1 << 30, 1 << 30, 3}}}};
  for (const auto& shapes : wrong) {
    Graph graph = parsed(text);
    const auto fixed = fix_input_shapes(graph, shapes);
    ASSERT_FALSE(fixed) << fmt::format("{}", shapes);
    EXPECT_EQ(fixed.error().code, ErrorCode::kInvalidArgument);
  }
  Graph graph = parsed(text);
  EXPECT_THAT(fix_input_shapes(graph, {{"z", {1}}}).error().message, HasSubstr("no input 'z'; its inputs are x, w"));
}

TEST(InferShapes, NamesTheNodeThatFails) {
  Graph graph = parsed("%x = input f32[2]\n%y = relu(%x)\n%z = add(%x, %y)\noutput %z");
  graph.tensor(graph.inputs[0]).shape = {3};
  EXPECT_TRUE(infer_shapes(graph));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{3}));
  graph.nodes[1].inputs.pop_back();
  const auto result = infer_shapes(graph);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("node 'z' (add): has 1 inputs, expected 2"));
}

TEST(NumElements, IsBounded) {
  EXPECT_EQ(num_elements({}), 1);
  EXPECT_EQ(num_elements({2, 3}), 6);
  EXPECT_EQ(num_elements({0, 3}), 0);
  EXPECT_EQ(num_elements({0, -1}), std::nullopt);
  EXPECT_EQ(num_elements({INT64_MAX, INT64_MAX}), std::nullopt);
  EXPECT_EQ(num_elements({0, INT64_MAX, INT64_MAX}), std::nullopt);
  EXPECT_EQ(num_elements({kMaxElements}), kMaxElements);
  EXPECT_EQ(num_elements({kMaxElements, 2}), std::nullopt);
}

TEST(BroadcastShapes, FollowsNumPyAndSymbols) {
  EXPECT_EQ(broadcast_shapes({2, 1}, {3}), (Shape{2, 3}));
  EXPECT_EQ(broadcast_shapes({}, {3}), (Shape{3}));
  EXPECT_EQ(broadcast_shapes({0}, {1}), (Shape{0}));
  EXPECT_EQ(broadcast_shapes({2}, {3}), std::nullopt);
  EXPECT_EQ(broadcast_shapes({-1}, {-1}), (Shape{-1}));
  EXPECT_EQ(broadcast_shapes({-1}, {1}), (Shape{-1}));
  EXPECT_EQ(broadcast_shapes({-1}, {4}), (Shape{4}));
  EXPECT_EQ(broadcast_shapes({-1}, {-2}), (Shape{kUnknownDimension}));
  EXPECT_EQ(broadcast_shapes({kUnknownDimension}, {kUnknownDimension}), (Shape{kUnknownDimension}));
}

TEST(SameDimension, TakesWhatTellsMost) {
  EXPECT_EQ(same_dimension(3, 3), 3);
  EXPECT_EQ(same_dimension(3, 4), std::nullopt);
  EXPECT_EQ(same_dimension(-1, 3), 3);
  EXPECT_EQ(same_dimension(kUnknownDimension, -5), -5);
}

TEST(IntegerValues, ReadsBothWidths) {
  EXPECT_THAT(*integer_values(make_constant<std::int32_t>("c", {2}, std::vector<std::int32_t>{1, -2})), ElementsAre(1, -2));
  EXPECT_THAT(*integer_values(make_constant<std::int64_t>("c", {1}, std::vector<std::int64_t>{3})), ElementsAre(3));
  EXPECT_FALSE(integer_values(make_constant<float>("c", {1}, std::vector<float>{3})));
  EXPECT_FALSE(integer_values(Tensor{}));
}

}  // namespace
}  // namespace octet
