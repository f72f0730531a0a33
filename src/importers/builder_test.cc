// SPDX-License-Identifier: Apache-2.0
#include "importers/builder.h"

#include <gtest/gtest.h>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

std::vector<std::int64_t> integers(const GraphBuilder& builder, TensorId id) { return *integer_values(builder.tensor(id)); }

TEST(GraphBuilder, BuildsAVerifiedGraphWithTheFilesNames) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {1, 3}, Layout::kNone);
  const auto y = builder.add(kRelu, NoAttrs{}, {x}, "act", "y");
  ASSERT_TRUE(y);
  EXPECT_EQ(builder.find("y"), *y);
  EXPECT_EQ(builder.find("z"), kNoTensor);
  builder.add_output(*y);
  const auto graph = builder.finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->nodes[0].name, "act");
  EXPECT_EQ(graph->tensor(graph->outputs[0]).name, "y");
  EXPECT_EQ(graph->tensor(graph->outputs[0]).shape, (Shape{1, 3}));
}

TEST(GraphBuilder, FoldsShapeArithmetic) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {2, 3, 4}, Layout::kNone);
  const TensorId shape = *builder.add(kShapeOf, ShapeOfAttrs{}, {x}, "shape");
  ASSERT_EQ(integers(builder, shape), (std::vector<std::int64_t>{2, 3, 4}));
  const TensorId one = builder.add_constant(make_constant<std::int64_t>("one", {1}, std::vector<std::int64_t>{1}));
  const TensorId d = *builder.add(kGather, GatherAttrs{}, {shape, one}, "gather");
  const TensorId joined = *builder.add(kConcat, ConcatAttrs{}, {d, one}, "concat", "joined");
  EXPECT_EQ(integers(builder, joined), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(builder.find("joined"), joined);
  EXPECT_TRUE(builder.graph().nodes.empty());
}

TEST(GraphBuilder, FoldsTheFixedPartOfAShapeOnly) {
  GraphBuilder builder("g");
  const std::int64_t n = builder.graph().symbol("N");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {n, 3, 4}, Layout::kNone);
  EXPECT_FALSE(builder.is_constant(*builder.add(kShapeOf, ShapeOfAttrs{}, {x}, "all")));
  const TensorId tail = *builder.add(kShapeOf, ShapeOfAttrs{.start = 1}, {x}, "tail");
  EXPECT_EQ(integers(builder, tail), (std::vector<std::int64_t>{3, 4}));
}

TEST(GraphBuilder, NamesTheNodeInErrorsOfShapeInference) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {2}, Layout::kNone);
  const TensorId y = builder.add_input("y", DataType::kFloat32, {3}, Layout::kNone);
  const auto sum = builder.add(kAdd, BinaryAttrs{}, {x, y}, "sum");
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().code, ErrorCode::kInvalidModel);
  EXPECT_EQ(sum.error().message.rfind("node 'sum' (add): ", 0), 0u) << sum.error().message;
  EXPECT_FALSE(builder.add(kAdd, BinaryAttrs{}, {x}, "too_few"));
  EXPECT_FALSE(builder.add(kAdd, BinaryAttrs{}, {x, kNoTensor}, "absent"));
}

TEST(GraphBuilder, NamesTheNodeInErrorsOfFolding) {
  GraphBuilder builder("g");
  const TensorId zero = builder.add_constant(make_constant<std::int32_t>("zero", {1}, std::vector<std::int32_t>{0}));
  const auto quotient = builder.add(kDiv, BinaryAttrs{}, {zero, zero}, "quotient");
  ASSERT_FALSE(quotient);
  EXPECT_EQ(quotient.error().message.rfind("node 'quotient' (div): ", 0), 0u) << quotient.error().message;
}

TEST(GraphBuilder, KeepsNodesWhoseResultIsTooLargeToFold) {
  GraphBuilder builder("g");
  const TensorId one = builder.add_constant(make_constant<float>("one", {1}, std::vector<float>{1}));
  const TensorId large = *builder.add(kExpand, ExpandAttrs{.shape = {1 << 20, 1 << 10}}, {one}, "large");
  EXPECT_FALSE(builder.is_constant(large));
  EXPECT_EQ(builder.graph().nodes.size(), 1u);
}

TEST(GraphBuilder, KeepsQuantizedConstantsQuantized) {
  GraphBuilder builder("g");
  Tensor weights = make_constant<std::int8_t>("w", {2}, std::vector<std::int8_t>{1, 2});
  weights.quant = QuantParams{.scale = {0.5f}, .zero_point = {0}};
  const TensorId w = builder.add_constant(std::move(weights));
  EXPECT_FALSE(builder.is_constant(*builder.add(kAbs, NoAttrs{}, {w}, "abs")));
}

TEST(GraphBuilder, ReshapesConstantsWithoutCopyingThem) {
  GraphBuilder builder("g");
  const TensorId c = builder.add_constant(make_constant<float>("c", {4}, std::vector<float>{1, 2, 3, 4}));
  const TensorId r = *builder.add(kReshape, ReshapeAttrs{.shape = {2, -1}}, {c}, "r");
  EXPECT_EQ(builder.shape(r), (Shape{2, 2}));
  EXPECT_EQ(builder.tensor(r).data.bytes().data(), builder.tensor(c).data.bytes().data());
}

TEST(GraphBuilder, LetsANameMeanAnotherTensorFromNowOn) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {2}, Layout::kNone);
  const TensorId y = *builder.add(kRelu, NoAttrs{}, {x}, "in_place", "x");
  EXPECT_NE(x, y);
  EXPECT_EQ(builder.find("x"), y);
  builder.bind("x", x);
  EXPECT_EQ(builder.find("x"), x);
}

TEST(GraphBuilder, MakesNamesUnique) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {2}, Layout::kNone);
  const TensorId a = *builder.add(kRelu, NoAttrs{}, {x}, "act");
  const TensorId b = *builder.add(kRelu, NoAttrs{}, {a}, "act");
  const TensorId c = *builder.add(kRelu, NoAttrs{}, {b}, "");
  builder.add_output(c);
  const auto graph = builder.finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->nodes[1].name, "act_1");
}

TEST(GraphBuilder, RefusesMoreOutputsThanTheOperatorHas) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {4}, Layout::kNone);
  EXPECT_FALSE(builder.add_multi(kSplit, SplitAttrs{.sizes = {1, 3}}, {x}, "s", {"a", "b", "c"}));
  const auto parts = builder.add_multi(kSplit, SplitAttrs{.sizes = {1, 3}}, {x}, "s", {"a", "b"});
  ASSERT_TRUE(parts);
  EXPECT_EQ(builder.shape((*parts)[1]), (Shape{3}));
}

TEST(GraphBuilder, RemovesWhatNoOutputNeeds) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {2}, Layout::kNone);
  const TensorId y = *builder.add(kRelu, NoAttrs{}, {x}, "used", "y");
  ASSERT_TRUE(builder.add(kAbs, NoAttrs{}, {x}, "unused", "z"));
  builder.add_output(y);
  const auto graph = builder.finish();
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->nodes.size(), 1u);
  EXPECT_EQ(find_tensor(*graph, "z"), kNoTensor);
}

TEST(GraphBuilder, RefusesAGraphWithoutOutputs) {
  GraphBuilder builder("g");
  builder.add_input("x", DataType::kFloat32, {2}, Layout::kNone);
  EXPECT_FALSE(builder.finish());
}

TEST(GraphBuilder, RefusesAbsurdInputShapes) {
  GraphBuilder builder("g");
  const TensorId x = builder.add_input("x", DataType::kFloat32, {INT64_MAX, INT64_MAX}, Layout::kNone);
  EXPECT_FALSE(builder.add(kRelu, NoAttrs{}, {x}, "r"));
}

TEST(GraphBuilder, CleansBools) {
  GraphBuilder builder("g");
  const TensorId c = builder.add_constant(make_constant("c", DataType::kBool, {2}, {std::byte{7}, std::byte{0}}));
  EXPECT_EQ(builder.tensor(c).data.bytes()[0], std::byte{1});
}

}  // namespace
}  // namespace octet
