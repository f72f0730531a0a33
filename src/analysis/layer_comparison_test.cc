// SPDX-License-Identifier: Apache-2.0
#include "analysis/layer_comparison.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ir/text.h"
#include "ops/table.h"

namespace octet {
namespace {

Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  return graph ? std::move(*graph) : Graph{};
}

constexpr const char* kFloatGraph = R"(
    %x = input f32[1,4]
    %w = const f32[2,4] = [1, 2, 3, 4, -1, -2, -3, -4]
    %y = fully_connected(%x, %w) @"fc"
    output %y)";
// The weights' second row is 1/2 too small, the input's steps are 1/4.
constexpr const char* kInt8Graph = R"(
    %x = input f32[1,4]
    %w = const i8[2,4] q(scale=[1, 0.5], zp=[0, 0], axis=0) = [1, 2, 3, 4, -1, -2, -3, -4]
    %q = quantize(%x) : i8[1,4] q(scale=0.25, zp=0) @"fc_cast"
    %r = fully_connected(%q, %w) : i8[1,2] q(scale=0.5, zp=0) @"fc"
    %y = dequantize(%r) @"return_cast"
    output %y)";

TEST(LayerComparison, ShowsEachTensorInBothGraphs) {
  auto comparison = LayerComparison::make(parsed(kFloatGraph), parsed(kInt8Graph), {});
  ASSERT_TRUE(comparison) << comparison.error().message;
  const std::vector<float> x = {1, 0, 0.5f, 2};
  std::memcpy(comparison->inputs()[0].data(), x.data(), 16);
  const auto ran = comparison->run();
  ASSERT_TRUE(ran) << ran.error().message;
  const RoundComparison& round = *ran;

  // The casts have rows of their own only; the layer has float and quantized rows of input, weights and output.
  ASSERT_EQ(round.rows.size(), 10u);
  EXPECT_EQ(round.rows[0].tensor, "x");
  EXPECT_TRUE(round.rows[0].is_input && round.rows[0].is_quantized);
  EXPECT_EQ(round.rows[1].tensor, "q");
  EXPECT_EQ(round.rows[2].tensor, "x");
  EXPECT_FALSE(round.rows[2].is_quantized);
  EXPECT_EQ(round.rows[3].cosine, 1.0);  // all inputs are whole steps
  EXPECT_TRUE(round.rows[4].is_constant);
  EXPECT_EQ(round.rows[4].distribution.min, -4);
  EXPECT_EQ(round.rows[5].distribution.min, -2);
  EXPECT_DOUBLE_EQ(round.rows[5].clip, 2.0 / 8);  // -3 and -4
  EXPECT_EQ(round.rows[6].distribution.max, 10.5f);
  EXPECT_EQ(round.rows[7].distribution.min, -5.5f);  // -5.25, rounded to a step
  ASSERT_EQ(round.outputs.size(), 1u);
  EXPECT_NEAR(round.outputs[0].cosine, 168 / std::sqrt(220.5 * 140.5), 1e-6);  // [10.5, -10.5] and [10.5, -5.5]
}

TEST(LayerComparison, ShowsWhatTheFormatAdds) {
  const AddedInputs added = [](const Graph&, const Node& node) {
    std::vector<Tensor> tensors;
    if (node.name == "fc") tensors.push_back(make_constant(node.name + "_axes", Shape{2}, std::vector<std::int32_t>{1, 2}));
    return tensors;
  };
  auto comparison = LayerComparison::make(parsed(kFloatGraph), parsed(kInt8Graph), added);
  ASSERT_TRUE(comparison);
  const auto ran = comparison->run();
  ASSERT_TRUE(ran) << ran.error().message;
  const RoundComparison& round = *ran;
  ASSERT_EQ(round.rows.size(), 12u);
  EXPECT_EQ(round.rows[6].tensor, "fc_axes");
  EXPECT_EQ(round.rows[7].distribution.max, 2);
}

TEST(RealValues, PerChannelAlongAnyAxis) {
  const Shape shape = {2, 2};
  const std::int8_t steps[] = {1, 2, 3, 4};
  const QuantParams rows{{1, 10}, {0, 1}, 0, 8}, columns{{1, 10}, {0, 1}, 1, 8};
  EXPECT_EQ(real_values({DataType::kInt8, &shape, steps, &rows}), (std::vector<float>{1, 2, 20, 30}));
  EXPECT_EQ(real_values({DataType::kInt8, &shape, steps, &columns}), (std::vector<float>{1, 10, 3, 30}));
}

}  // namespace
}  // namespace octet
