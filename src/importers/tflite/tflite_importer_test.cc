// SPDX-License-Identifier: Apache-2.0
#include "importers/tflite/tflite_importer.h"

#include <gmock/gmock.h>

#include "importers/tflite/test_tflite_file.h"

namespace octet {
namespace {

using test::TestTfliteFile;
using test::TfliteQuant;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = tfl3::BuiltinOperator;
using Type = tfl3::TensorType;

TEST(TfliteImporter, TakesNamesAndLayoutOfTheFile) {
  TestTfliteFile file;
  const auto x = file.input("image", {1, 2, 2, 1});
  const auto y = file.output("result", {1, 2, 2, 1});
  file.node(Code::RELU, {x}, {y});
  EXPECT_THAT(file.text(), AllOf(HasSubstr("%image = input f32[1,2,2,1] nhwc"), HasSubstr("%result = relu(%image"),
                                 HasSubstr("output %result")));
}

// Names that MindSpore Lite's converter gives, and skip lists of its users hold.
TEST(TfliteImporter, CallsNodesByOperatorAndPlace) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto a = file.tensor("a", {2});
  const auto y = file.output("y", {2});
  file.node(Code::RELU, {x}, {a});
  file.node(Code::ABS, {a}, {y});
  const auto graph = file.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->nodes[0].name, "RELU-0");
  EXPECT_EQ(graph->nodes[1].name, "ABS-1");
}

// The layer computes in int8 with zero points lower by 128; what enters and leaves is uint8, under the file's names.
TEST(TfliteImporter, ComputesUint8ModelsInInt8) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 1, 2}, Type::UINT8, {{0.5f}, {128}});
  const auto w = file.constant<std::uint8_t>("w", {1, 1, 1, 2}, Type::UINT8, {130, 126}, {{0.25f}, {128}});
  const auto b = file.constant<std::int32_t>("b", {1}, Type::INT32, {8}, {{0.125f}, {0}});
  const auto y = file.output("y", {1, 1, 1, 1}, Type::UINT8, {{1.0f}, {10}});
  file.node(Code::CONV_2D, {x, w, b}, {y},
            tfl3::CreateConv2DOptions(file.buffer, tfl3::Padding::VALID, 1, 1, tfl3::ActivationFunctionType::RELU));
  const auto graph = file.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const Tensor &input = graph->tensor(graph->inputs[0]), &output = graph->tensor(graph->outputs[0]);
  EXPECT_EQ(input.name, "x");
  EXPECT_EQ(input.type, DataType::kUint8);
  EXPECT_EQ(input.quant->zero_point[0], 128);
  EXPECT_EQ(output.name, "y");
  EXPECT_EQ(output.type, DataType::kUint8);
  EXPECT_EQ(output.quant->zero_point[0], 10);
  ASSERT_EQ(graph->nodes.size(), 3u);
  const Node& conv = graph->nodes[1];
  EXPECT_EQ(conv.op->name, "conv2d");
  EXPECT_EQ(graph->tensor(conv.inputs[0]).quant->zero_point[0], 0);
  EXPECT_EQ(graph->tensor(conv.outputs[0]).quant->zero_point[0], -118);
  EXPECT_THAT(graph->tensor(conv.inputs[1]).values<std::int8_t>(), ElementsAre(2, -2));
}

TEST(TfliteImporter, MovesTheScalesOfDepthwiseWeightsWithTheirChannels) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 1, 2}, Type::INT8, {{0.5f}, {0}});
  const auto w = file.constant<std::int8_t>("w", {1, 1, 1, 2}, Type::INT8, {3, 4}, {{0.25f, 0.5f}, {0, 0}, 3});
  const auto y = file.output("y", {1, 1, 1, 2}, Type::INT8, {{1.0f}, {0}});
  file.node(Code::DEPTHWISE_CONV_2D, {x, w}, {y},
            tfl3::CreateDepthwiseConv2DOptions(file.buffer, tfl3::Padding::SAME, 1, 1, 1));
  const auto graph = file.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const Tensor& weights = graph->tensor(graph->nodes[0].inputs[1]);
  EXPECT_EQ(weights.shape, (Shape{2, 1, 1, 1}));
  EXPECT_EQ(weights.quant->axis, 0);
  EXPECT_THAT(weights.quant->scale, ElementsAre(0.25f, 0.5f));
}

// Dynamic range: int8 weights beside float activations.
TEST(TfliteImporter, DequantizesWeightsOfFloatLayers) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2});
  const auto w = file.constant<std::int8_t>("w", {2, 2}, Type::INT8, {1, 2, 3, 4}, {{0.5f, 2.0f}, {0, 0}, 0});
  const auto y = file.output("y", {1, 2});
  file.node(Code::FULLY_CONNECTED, {x, w, -1}, {y}, tfl3::CreateFullyConnectedOptions(file.buffer));
  EXPECT_THAT(file.run_floats({{1, 10}}), ElementsAre(10.5f, 86.0f));
}

TEST(TfliteImporter, ReadsHalfPrecisionWeightsBehindDequantize) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto half = file.constant<std::uint16_t>("half", {2}, Type::FLOAT16, {0x3c00, 0xc000});  // 1, -2
  const auto w = file.tensor("w", {2});
  const auto y = file.output("y", {2});
  file.node(Code::DEQUANTIZE, {half}, {w});
  file.node(Code::MUL, {x, w}, {y}, tfl3::CreateMulOptions(file.buffer));
  EXPECT_THAT(file.run_floats({{3, 5}}), ElementsAre(3, -10));
}

TEST(TfliteImporter, UnpacksInt4Weights) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 3});
  const auto w = file.constant<std::uint8_t>("w", {1, 3}, Type::INT4, {0x2f, 0x08}, {{1.0f}, {0}});  // -1, 2, -8
  const auto y = file.output("y", {1, 1});
  file.node(Code::FULLY_CONNECTED, {x, w, -1}, {y}, tfl3::CreateFullyConnectedOptions(file.buffer));
  EXPECT_THAT(file.run_floats({{1, 10, 100}}), ElementsAre(-781.0f));
}

TEST(TfliteImporter, GivesFreeDimensionsAnotherSize) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2}, Type::FLOAT32, {}, {-1, 2});
  const auto y = file.output("y", {1, 2});
  file.node(Code::RELU, {x}, {y});
  ImportOptions options;
  options.input_shapes = {{"x", {3, 2}}};
  const auto graph = file.import(options);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->tensor(graph->outputs[0]).shape, (Shape{3, 2}));
}

TEST(TfliteImporter, RefusesAnotherSizeForAFixedDimension) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2}, Type::FLOAT32, {}, {-1, 2});
  const auto y = file.output("y", {1, 2});
  file.node(Code::RELU, {x}, {y});
  ImportOptions options;
  options.input_shapes = {{"x", {3, 4}}};
  EXPECT_THAT(file.import(options).error().message,
              HasSubstr("input 'x': the shape [3, 4] does not fit the model's [-1, 2]"));
}

TEST(TfliteImporterErrors, ListsAllUnknownOperatorsWithTheirNodes) {
  TestTfliteFile file;
  const auto x = file.input("x", {1});
  const auto a = file.tensor("a", {1}), b = file.tensor("b", {1});
  const auto y = file.output("y", {1});
  file.node(Code::LSTM, {x}, {a});
  file.node(Code::LSTM, {a}, {b});
  file.custom("Strange", {b}, {y}, {});
  EXPECT_THAT(file.text(), AllOf(HasSubstr("a.tflite: has operators that Octet does not support"),
                                 HasSubstr("LSTM ('LSTM-0', 'LSTM-1')"), HasSubstr("CUSTOM Strange ('Strange-2')")));
}

TEST(TfliteImporterErrors, NamesTheTensorWhoseBytesDoNotFit) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto c = file.floats("c", {2}, {1, 2, 3});
  const auto y = file.output("y", {2});
  file.node(Code::ADD, {x, c}, {y});
  EXPECT_THAT(file.text(),
              AllOf(HasSubstr("node 'ADD-0' (ADD)"), HasSubstr("constant 'c' has 12 bytes, its shape [2] needs 8")));
}

TEST(TfliteImporterErrors, RefusesScalesThatDoNotFit) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2});
  const auto w = file.constant<std::int8_t>("w", {2, 2}, Type::INT8, {1, 2, 3, 4}, {{0.5f, 2.0f, 1.0f}, {0, 0, 0}, 0});
  const auto y = file.output("y", {1, 2});
  file.node(Code::FULLY_CONNECTED, {x, w, -1}, {y}, tfl3::CreateFullyConnectedOptions(file.buffer));
  EXPECT_THAT(file.text(), HasSubstr("tensor 'w' has 3 scales, which do not fit dimension 0 of its shape [2, 2]"));
}

TEST(TfliteImporterErrors, RefusesAStatedShapeThatTheOperatorDoesNotGive) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto y = file.output("y", {3});
  file.node(Code::RELU, {x}, {y});
  EXPECT_THAT(file.text(), HasSubstr("its output 'y' has shape [3] in the file, but the operator gives [2]"));
}

TEST(TfliteImporterErrors, RefusesABiasOfAnotherScale) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1}, Type::INT8, {{0.5f}, {0}});
  const auto w = file.constant<std::int8_t>("w", {1, 1}, Type::INT8, {1}, {{0.5f}, {0}});
  const auto b = file.constant<std::int32_t>("b", {1}, Type::INT32, {1}, {{0.5f}, {0}});
  const auto y = file.output("y", {1, 1}, Type::INT8, {{1.0f}, {0}});
  file.node(Code::FULLY_CONNECTED, {x, w, b}, {y}, tfl3::CreateFullyConnectedOptions(file.buffer));
  EXPECT_THAT(file.text(), HasSubstr("its bias 'b' has scale 0.5, expected src scale * weights scale = 0.25"));
}

TEST(TfliteImporterErrors, RefusesPlacesOutsideTheFile) {
  TestTfliteFile file;
  file.input("x", {2});
  const auto y = file.output("y", {2});
  file.node(Code::RELU, {7}, {y});
  EXPECT_THAT(file.text(), HasSubstr("operator 0, input: tensor 7 does not exist, the file has 2"));
}

TEST(TfliteImporterErrors, RefusesATensorThatIsReadBeforeItIsMade) {
  TestTfliteFile file;
  file.input("x", {2});
  const auto later = file.tensor("later", {2});
  const auto y = file.output("y", {2});
  file.node(Code::RELU, {later}, {y});
  file.node(Code::RELU, {y}, {later});
  EXPECT_THAT(file.text(), HasSubstr("reads tensor 'later', which is no constant and not made by a node before it"));
}

TEST(TfliteImporterErrors, RefusesOtherFiles) {
  const std::vector<std::byte> zeros(64);
  EXPECT_THAT(import_tflite(zeros, "a.tflite").error().message, HasSubstr("a.tflite: is no .tflite file"));
  TestTfliteFile file;
  file.version(2);
  const auto x = file.input("x", {2});
  file.outputs({x});
  EXPECT_THAT(file.text(), HasSubstr("has schema version 2, expected 3"));
}

TEST(TfliteImporterErrors, RefusesACutFile) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto y = file.output("y", {2});
  file.node(Code::RELU, {x}, {y});
  auto bytes = file.bytes();
  bytes.resize(bytes.size() - 4);
  EXPECT_THAT(import_tflite(bytes, "a.tflite").error().message, HasSubstr("does not verify"));
}

}  // namespace
}  // namespace octet
