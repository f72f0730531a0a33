// SPDX-License-Identifier: Apache-2.0
#include "ops/quantize.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/infinity.h"
#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Quantize, RoundsHalfToEvenAndClamps) {
  EXPECT_THAT(run_op<std::int8_t>("%x = const f32[7] = [0.25, 0.75, -0.25, 1.1, 1000, -1000, 0]\n"
                                  "%y = quantize(%x) : i8[7] q(scale=0.5, zp=3)\noutput %y"),
              ElementsAre(3, 5, 3, 5, 127, -128, 3));
  EXPECT_THAT(run_op<std::uint8_t>("%x = const f32[3] = [1, 300, -300]\n"
                                   "%y = quantize(%x) {to=u8} : u8[3] q(scale=0.5, zp=128)\noutput %y"),
              ElementsAre(130, 255, 0));
}

TEST(Quantize, MakesTheZeroPointOfNanAndTheEndsOfInfinities) {
  Graph graph;
  const std::vector<float> values = {std::nanf(""), kInfinity, -kInfinity};
  const TensorId x = graph.add_tensor(make_constant("x", {3}, values));
  Tensor result;
  result.name = "y";
  result.type = DataType::kInt8;
  result.shape = {3};
  result.quant = QuantParams{.scale = {0.5f}, .zero_point = {-7}};
  const TensorId y = graph.add_tensor(result);
  const Node node = {.name = "q", .op = &kQuantize, .attrs = QuantizeAttrs{}, .inputs = {x}, .outputs = {y}};
  const auto outputs = evaluate_node(graph, node);
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_THAT((*outputs)[0].values<std::int8_t>(), ElementsAre(-7, 127, -128));
}

TEST(Quantize, UsesTheLevelsOfFewerBits) {
  Graph graph;
  const TensorId x = graph.add_tensor(make_constant("x", {3}, std::vector<float>{-100, 100, 2}));
  Tensor result;
  result.name = "y";
  result.type = DataType::kInt8;
  result.shape = {3};
  result.quant = QuantParams{.scale = {1.0f}, .zero_point = {0}, .bits = 4};
  const TensorId y = graph.add_tensor(result);
  const Node node = {.name = "q", .op = &kQuantize, .attrs = QuantizeAttrs{}, .inputs = {x}, .outputs = {y}};
  const auto outputs = evaluate_node(graph, node);
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_THAT((*outputs)[0].values<std::int8_t>(), ElementsAre(-8, 7, 2));
}

TEST(Quantize, ChangesParametersOfIntegers) {
  EXPECT_THAT(run_op<std::int8_t>("%x = const i8[4] q(scale=0.5, zp=10) = [10, 11, 13, 127]\n"
                                  "%y = quantize(%x) : i8[4] q(scale=1, zp=-1)\noutput %y"),
              ElementsAre(-1, -1, 1, 57));
}

TEST(Quantize, InvertsDequantize) {
  std::string values = "-128";
  for (int q = -127; q < 128; ++q) values += ", " + std::to_string(q);
  const std::string params = "i8[256] q(scale=0.037, zp=-5)";
  const auto result = run_op<std::int8_t>("%x = const " + params + " = [" + values + "]\n%f = dequantize(%x)\n%y = quantize(%f) : " +
                                          params + "\noutput %y");
  ASSERT_EQ(result.size(), 256u);
  for (int q = -128; q < 128; ++q) EXPECT_EQ(result[static_cast<std::size_t>(q + 128)], q);
}

TEST(Dequantize, ScalesEachChannelByItself) {
  EXPECT_THAT(run_op<float>("%x = const i8[2,2,2] q(scale=[0.5,10], zp=[0,1], axis=1) = [1,2, 3,4, -1,-2, -3,-4]\n"
                            "%y = dequantize(%x)\noutput %y"),
              ElementsAre(0.5f, 1, 20, 30, -0.5f, -1, -40, -50));
  EXPECT_THAT(run_op<float>("%x = const u8[2] q(scale=2, zp=128) = [0, 255]\n%y = dequantize(%x)\noutput %y"), ElementsAre(-256, 254));
}

TEST(QuantizeAndDequantize, CheckTypesAndParameters) {
  EXPECT_EQ(output_type("%x = input f32[N,3]\n%y = quantize(%x) {to=u8}\noutput %y"), "u8[N,3]");
  EXPECT_EQ(output_type("%x = input i8[N,3]\n%y = dequantize(%x)\noutput %y"), "f32[N,3]");
  EXPECT_THAT(op_error("%x = input f32[3]\n%y = quantize(%x) {to=f16}\noutput %y"), HasSubstr("f16"));
  EXPECT_THAT(op_error("%x = input i64[3]\n%y = quantize(%x)\noutput %y"), HasSubstr("i64"));
  EXPECT_THAT(op_error("%x = input f32[3]\n%y = dequantize(%x)\noutput %y"), HasSubstr("f32"));
  EXPECT_THAT(op_error("%x = const f32[1] = [1]\n%y = quantize(%x)\noutput %y"), HasSubstr("no quantization parameters"));
}

}  // namespace
}  // namespace octet
