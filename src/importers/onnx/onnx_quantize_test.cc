// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "importers/onnx/test_model.h"

namespace octet {
namespace {

using test::TestModel;
using testing::ElementsAre;
using testing::HasSubstr;

onnx::TensorProto integers(const std::string& name, const Shape& dims, int type, const std::vector<int>& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const auto d : dims) tensor.add_dims(d);
  for (const int value : values) tensor.add_int32_data(value);
  return tensor;
}

constexpr int kInt8 = onnx::TensorProto::INT8, kUint8 = onnx::TensorProto::UINT8, kInt32 = onnx::TensorProto::INT32;

void add_integers(TestModel& model, const std::string& name, const Shape& dims, int type,
                  const std::vector<int>& values) {
  *model.graph().add_initializer() = integers(name, dims, type, values);
}

TEST(OnnxQuantize, ConstantParametersAreThoseOfTheTensor) {
  TestModel model;
  model.input("x", {2});
  model.floats("s", {}, {0.5f});
  add_integers(model, "z", {}, kUint8, {131});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  model.output("y");
  EXPECT_EQ(model.text(),
            "graph \"g\"\n%x = input f32[2]\n%q = quantize(%x) {to=u8} : u8[2] q(scale=0.5, zp=131)\n"
            "%y = dequantize(%q) : f32[2]\noutput %y\n");
  EXPECT_THAT(model.run({{1.25f, -100.0f}}), ElementsAre(1.0f, -65.5f));  // a tie goes to the even step
}

TEST(OnnxQuantize, OtherParametersBehindATensorReadItsSteps) {
  TestModel model;
  model.input("x", {2});
  model.floats("s", {}, {0.05f});
  add_integers(model, "z", {}, kInt8, {3});
  model.floats("t", {}, {2.0f});
  add_integers(model, "u", {}, kInt8, {1});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "t", "u"}, {"y"});
  model.output("y");
  EXPECT_THAT(model.run({{0.5f, -100.0f}}), ElementsAre((10 + 3 - 1) * 2.0f, (-128 - 1) * 2.0f));
}

TEST(OnnxQuantize, ConstantsAreFloatsThatRememberTheirIntegers) {
  TestModel model;
  model.input("x", {2, 2});
  add_integers(model, "q", {2, 2}, kUint8, {128, 130, 0, 255});
  model.floats("s", {2}, {0.5f, 2.0f});
  add_integers(model, "z", {2}, kUint8, {128, 1});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"w"}).set("axis", 0);
  model.node("Add", {"x", "w"}, {"y"});
  model.output("y");
  EXPECT_THAT(model.run({{0, 0, 0, 0}}), ElementsAre(0.0f, 1.0f, -2.0f, 508.0f));
  const auto graph = model.import();
  ASSERT_TRUE(graph);
  const Tensor& w = graph->tensor(find_tensor(*graph, "w"));
  ASSERT_TRUE(w.is_constant && w.quant);
  EXPECT_EQ(*w.quant, (QuantParams{{0.5f, 2.0f}, {0, -127}, 0}));
}

TEST(OnnxQuantize, BlocksHaveParametersOfTheirOwn) {
  TestModel model(21);
  model.input("x", {1, 5});
  add_integers(model, "q", {1, 5}, kInt8, {1, 2, 3, 4, 5});
  model.floats("s", {1, 3}, {1.0f, 10.0f, 100.0f});
  model.node("DequantizeLinear", {"q", "s"}, {"w"}).set("axis", 1).set("block_size", 2);
  model.node("Add", {"x", "w"}, {"y"});
  model.output("y");
  EXPECT_THAT(model.run({{0, 0, 0, 0, 0}}), ElementsAre(1.0f, 2.0f, 30.0f, 40.0f, 500.0f));
}

TEST(OnnxQuantize, ComputedParametersAreWrittenOut) {
  TestModel model;
  model.input("x", {2, 2});
  model.input("s", {2});
  add_integers(model, "z", {2}, kInt8, {0, 100});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"}).set("axis", 1);
  model.node("Cast", {"q"}, {"y"}).set("to", onnx::TensorProto::FLOAT);
  model.output("y");
  EXPECT_THAT(model.run({{1.0f, 3.0f, 500.0f, 60.0f}, {0.5f, 2.0f}}), ElementsAre(2.0f, 102.0f, 127.0f, 127.0f));
}

TEST(OnnxQuantize, WeightsThatTheModelQuantizesItselfAreConstants) {
  TestModel model;
  model.input("x", {2});
  model.floats("w", {2}, {0.6f, -3.0f});
  model.floats("s", {}, {0.5f});
  add_integers(model, "z", {}, kInt8, {0});
  model.node("QuantizeLinear", {"w", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"d"});
  model.node("Mul", {"x", "d"}, {"y"});
  model.output("y");
  const auto graph = model.import();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->nodes.size(), 1u);
  EXPECT_THAT(model.run({{1, 1}}), ElementsAre(0.5f, -3.0f));
}

TEST(OnnxQuantize, DynamicParametersHoldZero) {
  TestModel model;
  model.input("x", {3});
  model.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  model.output("y");
  const auto y = model.run({{0.0f, 51.0f, 102.0f}});  // steps of 0.4
  ASSERT_EQ(y.size(), 3u);
  EXPECT_NEAR(y[0], 0.0f, 1e-6f);
  EXPECT_NEAR(y[1], 51.2f, 1e-4f);
  EXPECT_NEAR(y[2], 102.0f, 1e-4f);
  EXPECT_THAT(model.run({{0, 0, 0}}), ElementsAre(0.0f, 0.0f, 0.0f));
}

TEST(OnnxQuantize, QLinearConvIsAConvolutionBetweenQuantizeAndDequantize) {
  TestModel model;
  model.input("x", {1, 1, 1, 2}, kUint8);
  model.floats("xs", {}, {0.5f});
  add_integers(model, "xz", {}, kUint8, {128});
  add_integers(model, "w", {2, 1, 1, 1}, kInt8, {2, -4});
  model.floats("ws", {2}, {0.5f, 0.25f});
  add_integers(model, "wz", {2}, kInt8, {0, 0});
  model.floats("ys", {}, {1.0f});
  add_integers(model, "yz", {}, kUint8, {100});
  add_integers(model, "b", {2}, kInt32, {4, 8});
  model.node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, {"y"}).ints("kernel_shape", {1, 1});
  model.output("y");
  const std::string text = model.text();
  EXPECT_THAT(text, HasSubstr("%x = input u8[1,1,1,2] q(scale=0.5, zp=128) nchw"));
  EXPECT_THAT(text, HasSubstr("conv2d("));
  EXPECT_THAT(text, HasSubstr("{to=u8} : u8[1,2,1,2] q(scale=1, zp=100)"));
}

TEST(OnnxQuantize, OperatorsOfMicrosoftsDomainComputeOnTheRealValues) {
  TestModel model;
  model.input("x", {1, 2});
  model.floats("s", {}, {0.5f});
  add_integers(model, "z", {}, kUint8, {100});
  model.floats("t", {2}, {0.25f, 0.5f});
  add_integers(model, "tz", {2}, kInt8, {0, 0});
  add_integers(model, "w", {2, 2}, kInt8, {4, 0, 0, -2});
  add_integers(model, "c", {2}, kInt32, {8, 4});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  const auto microsoft = [&](const std::string& type, const std::vector<std::string>& inputs,
                             const std::string& output) {
    auto node = model.node(type, inputs, {output});
    node.proto().set_domain("com.microsoft");
    return node;
  };
  microsoft("QGemm", {"q", "s", "z", "w", "t", "tz", "c", "s", "z"}, "g").set("transB", 1);  // [x0 + 1, 1 - x1]
  microsoft("QLinearAdd", {"g", "s", "z", "q", "s", "z", "s", "z"}, "a");                    // [2 x0 + 1, 1]
  microsoft("QLinearMul", {"a", "s", "z", "q", "s", "z", "s", "z"}, "m");
  microsoft("QLinearLeakyRelu", {"m", "s", "z", "s", "z"}, "l").set_float("alpha", 0.5f);
  microsoft("QLinearConcat", {"s", "z", "l", "s", "z", "a", "s", "z"}, "k").set("axis", 1);
  model.node("DequantizeLinear", {"k", "s", "z"}, {"y"});
  model.output("y");
  EXPECT_THAT(model.run({{2.0f, -3.0f}}), ElementsAre(10.0f, -1.5f, 5.0f, 1.0f));
}

TEST(OnnxQuantize, IntegerProductsAreExactForLongSums) {
  constexpr int kLength = 4000;  // 4000 * 255 * 255 is far beyond what float32 counts
  TestModel model;
  model.input("x", {1, kLength});
  model.node("Cast", {"x"}, {"a"}).set("to", kUint8);
  add_integers(model, "b", {kLength, 1}, kUint8, std::vector<int>(kLength, 255));
  model.node("MatMulInteger", {"a", "b"}, {"i"});
  add_integers(model, "most", {}, kInt32, {4000 * 255 * 255 - 255});
  model.node("Sub", {"i", "most"}, {"rest"});
  model.node("Cast", {"rest"}, {"y"}).set("to", onnx::TensorProto::FLOAT);
  model.output("y");
  std::vector<float> x(kLength, 255.0f);
  x[7] = 254.0f;
  EXPECT_THAT(model.run({x}), ElementsAre(0.0f));
}

TEST(OnnxQuantize, LongerSumsThanExactOnesAreAnError) {
  TestModel model;
  model.input("a", {1, 5000}, kUint8);
  model.input("b", {5000, 1}, kUint8);
  model.node("MatMulInteger", {"a", "b"}, {"y"});
  model.output("y");
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (MatMulInteger): adds 5000 products"));
}

TEST(OnnxQuantize, PackedWeightsOfMicrosoftsDomainAreDecoded) {
  TestModel model;
  model.input("x", {1, 16});
  std::vector<int> bytes(16, 0x98);  // low half first: 8 and 9, less 8: 0 and 1
  bytes[8] = 0x0f;                   // of the second row: 7 and -8
  add_integers(model, "w", {2, 1, 8}, kUint8, bytes);
  model.floats("s", {2}, {0.5f, 2.0f});
  model.node("MatMulNBits", {"x", "w", "s"}, {"y"})
      .set("K", 16)
      .set("N", 2)
      .set("block_size", 16)
      .set("bits", 4)
      .proto()
      .set_domain("com.microsoft");
  model.output("y");
  EXPECT_THAT(model.run({std::vector<float>(16, 1.0f)}), ElementsAre(4.0f, 2.0f * (7 - 8 + 7)));
}

TEST(OnnxQuantize, OtherOperatorsOfADomainAreNamedWithIt) {
  TestModel model;
  model.input("x", {1});
  model.node("QuantizeLinear", {"x"}, {"y"}).proto().set_domain("com.microsoft");
  model.output("y");
  EXPECT_THAT(model.error(), HasSubstr("com.microsoft::QuantizeLinear"));
}

TEST(OnnxQuantize, ParametersThatDoNotFitAreAnError) {
  TestModel model(21);
  model.input("x", {2, 3});
  model.input("s", {2, 2});
  model.node("QuantizeLinear", {"x", "s"}, {"y"}).set("axis", 1);
  model.output("y");
  EXPECT_THAT(model.error(), HasSubstr("scale has shape [2, 2], expected one number, or one per element of axis 1"));
}

}  // namespace
}  // namespace octet
