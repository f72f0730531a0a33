// SPDX-License-Identifier: Apache-2.0
// One operator per file, computed. Expected values are worked out by hand from TFLite's definitions.
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "importers/tflite/handlers.h"
#include "importers/tflite/test_tflite_file.h"

namespace octet {
namespace {

using test::TestTfliteFile;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using Code = tfl3::BuiltinOperator;
using Type = tfl3::TensorType;
using Ints = TestTfliteFile::Ints;

MATCHER_P(FloatsAre, expected, "") {
  return ::testing::ExplainMatchResult(Pointwise(FloatNear(1e-6f), std::vector<float>(expected)), arg, result_listener);
}
std::vector<float> list(std::initializer_list<float> values) { return values; }

// src of `shape` -> one operator with constant integer inputs behind it -> output.
struct Case {
  Ints shape, output;
  std::vector<Ints> numbers;
};
template <typename Options>
std::vector<float> run(Code code, const Case& c, const std::vector<float>& values,
                       Options (*options)(flatbuffers::FlatBufferBuilder&)) {
  TestTfliteFile file;
  Ints inputs = {file.input("x", c.shape)};
  for (std::size_t i = 0; i < c.numbers.size(); ++i)
    inputs.push_back(file.ints(("n" + std::to_string(i)).c_str(), c.numbers[i]));
  const auto y = file.output("y", c.output);
  file.node(code, inputs, {y}, options(file.buffer));
  return file.run_floats({values});
}
using Builder = flatbuffers::FlatBufferBuilder;

TEST(TfliteOperators, ConvPadsAtTheEndAndFusesTheActivation) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2, 2, 1});
  const auto w = file.floats("w", {1, 2, 2, 1}, {1, 2, 3, 4});
  const auto b = file.floats("b", {1}, {-11});
  const auto y = file.output("y", {1, 2, 2, 1});
  file.node(Code::CONV_2D, {x, w, b}, {y},
            tfl3::CreateConv2DOptions(file.buffer, tfl3::Padding::SAME, 1, 1, tfl3::ActivationFunctionType::RELU));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(19, 3, 0, 0));
}

TEST(TfliteOperators, ConvWithFewerChannelsInItsWeightsHasGroups) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 1, 2});
  const auto w = file.floats("w", {2, 1, 1, 1}, {3, 5});
  const auto y = file.output("y", {1, 1, 1, 2});
  file.node(Code::CONV_2D, {x, w}, {y}, tfl3::CreateConv2DOptions(file.buffer, tfl3::Padding::VALID, 1, 1));
  EXPECT_THAT(file.run_floats({{10, 100}}), ElementsAre(30, 500));
}

TEST(TfliteOperators, DepthwiseConvHasSeveralFiltersPerChannel) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 1, 2});
  const auto w = file.floats("w", {1, 1, 1, 4}, {1, 2, 3, 4});
  const auto y = file.output("y", {1, 1, 1, 4});
  file.node(Code::DEPTHWISE_CONV_2D, {x, w}, {y},
            tfl3::CreateDepthwiseConv2DOptions(file.buffer, tfl3::Padding::VALID, 1, 1, 2));
  EXPECT_THAT(file.run_floats({{10, 100}}), ElementsAre(10, 20, 300, 400));
}

// Stride 2, kernel 3, same padding: output o gets src[i] * w[o + 0 - 2 i], pad 0 at the beginning.
TEST(TfliteOperators, TransposeConvSpreadsItsInput) {
  TestTfliteFile file;
  const auto shape = file.ints("shape", {1, 1, 4, 1});
  const auto w = file.floats("w", {1, 1, 3, 1}, {1, 10, 100});
  const auto x = file.input("x", {1, 1, 2, 1});
  const auto y = file.output("y", {1, 1, 4, 1});
  file.node(Code::TRANSPOSE_CONV, {shape, w, x}, {y},
            tfl3::CreateTransposeConvOptions(file.buffer, tfl3::Padding::SAME, 2, 1));
  EXPECT_THAT(file.run_floats({{1, 2}}), ElementsAre(1, 10, 102, 20));
}

TEST(TfliteOperators, TransposeConvWithWindowsThatTouchMakesBlocks) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 2, 1});
  const auto w = file.floats("w", {2, 1, 2, 1}, {1, 2, 3, 4});
  const auto b = file.floats("b", {2}, {100, 200});
  const auto y = file.output("y", {1, 1, 4, 2});
  const std::array<std::int32_t, 3> params = {1, 2, 1};  // same, stride 2 in x and 1 in y
  std::vector<std::uint8_t> options(sizeof(params));
  std::memcpy(options.data(), params.data(), sizeof(params));
  file.custom("Convolution2DTransposeBias", {x, w, b}, {y}, options);
  EXPECT_THAT(file.run_floats({{10, 1}}), ElementsAre(110, 230, 120, 240, 101, 203, 102, 204));
}

TEST(TfliteOperators, FullyConnectedFlattensItsInput) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1, 2, 2});
  const auto w = file.floats("w", {1, 2}, {1, 10});
  const auto y = file.output("y", {2, 1});
  file.node(Code::FULLY_CONNECTED, {x, w}, {y}, tfl3::CreateFullyConnectedOptions(file.buffer));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(21, 43));
}

TEST(TfliteOperators, StridedSliceKnowsItsMasks) {
  const Case c = {{2, 3, 2}, {1, 1, 3}, {{1, 0, 0, 1}, {2, 0, 3, 2}, {1, 1, 1, 1}}};
  const auto options = [](Builder& b) {
    return tfl3::CreateStridedSliceOptions(b, /*begin*/ 0, /*end*/ 0, /*ellipsis*/ 0, /*new_axis*/ 2,
                                           /*shrink_axis*/ 8);
  };
  // src[1:2, newaxis, 0:3, 1]
  EXPECT_THAT((run<flatbuffers::Offset<tfl3::StridedSliceOptions>>(Code::STRIDED_SLICE, c,
                                                                   {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, options)),
              ElementsAre(7, 9, 11));
}

TEST(TfliteOperators, StridedSliceGoesBackwards) {
  const Case c = {{4}, {2}, {{0}, {0}, {-2}}};
  const auto options = [](Builder& b) { return tfl3::CreateStridedSliceOptions(b, 1, 1); };
  EXPECT_THAT((run<flatbuffers::Offset<tfl3::StridedSliceOptions>>(Code::STRIDED_SLICE, c, {0, 1, 2, 3}, options)),
              ElementsAre(3, 1));
}

TEST(TfliteOperators, PackAndUnpackAreInverse) {
  TestTfliteFile file;
  const auto x = file.input("x", {2, 2});
  const auto a = file.tensor("a", {2}), b = file.tensor("b", {2});
  const auto y = file.output("y", {2, 2});
  file.node(Code::UNPACK, {x}, {a, b}, tfl3::CreateUnpackOptions(file.buffer, 2, 1));
  file.node(Code::PACK, {b, a}, {y}, tfl3::CreatePackOptions(file.buffer, 2, 0));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(2, 4, 1, 3));
}

TEST(TfliteOperators, SplitVTakesWhatIsLeft) {
  TestTfliteFile file;
  const auto x = file.input("x", {4});
  const auto sizes = file.ints("sizes", {1, -1});
  const auto axis = file.constant<std::int32_t>("axis", {}, Type::INT32, {0});
  const auto a = file.tensor("a", {1});
  const auto y = file.output("y", {3});
  file.node(Code::SPLIT_V, {x, sizes, axis}, {a, y}, tfl3::CreateSplitVOptions(file.buffer, 2));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(2, 3, 4));
}

TEST(TfliteOperators, SpaceToDepthAndBackKeepsTheImage) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 2, 2, 1});
  const auto d = file.tensor("d", {1, 1, 1, 4});
  const auto y = file.output("y", {1, 2, 2, 1});
  file.node(Code::SPACE_TO_DEPTH, {x}, {d}, tfl3::CreateSpaceToDepthOptions(file.buffer, 2));
  file.node(Code::DEPTH_TO_SPACE, {d}, {y}, tfl3::CreateDepthToSpaceOptions(file.buffer, 2));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(1, 2, 3, 4));
}

TEST(TfliteOperators, ResizeNearestPicksByItsFlags) {
  const Case c = {{1, 1, 4, 1}, {1, 1, 3, 1}, {{1, 3}}};
  const auto plain = [](Builder& b) { return tfl3::CreateResizeNearestNeighborOptions(b, false, false); };
  const auto corners = [](Builder& b) { return tfl3::CreateResizeNearestNeighborOptions(b, true, false); };
  const auto centers = [](Builder& b) { return tfl3::CreateResizeNearestNeighborOptions(b, false, true); };
  using Options = flatbuffers::Offset<tfl3::ResizeNearestNeighborOptions>;
  // floor(o * 4 / 3); round(o * 3 / 2), half up; floor((o + 0.5) * 4 / 3)
  EXPECT_THAT((run<Options>(Code::RESIZE_NEAREST_NEIGHBOR, c, {0, 1, 2, 3}, plain)), ElementsAre(0, 1, 2));
  EXPECT_THAT((run<Options>(Code::RESIZE_NEAREST_NEIGHBOR, c, {0, 1, 2, 3}, corners)), ElementsAre(0, 2, 3));
  EXPECT_THAT((run<Options>(Code::RESIZE_NEAREST_NEIGHBOR, c, {0, 1, 2, 3}, centers)), ElementsAre(0, 2, 3));
}

TEST(TfliteOperators, ResizeBilinearInterpolatesByItsFlags) {
  const Case c = {{1, 1, 2, 1}, {1, 1, 4, 1}, {{1, 4}}};
  const auto plain = [](Builder& b) { return tfl3::CreateResizeBilinearOptions(b, false, false); };
  const auto corners = [](Builder& b) { return tfl3::CreateResizeBilinearOptions(b, true, false); };
  const auto centers = [](Builder& b) { return tfl3::CreateResizeBilinearOptions(b, false, true); };
  using Options = flatbuffers::Offset<tfl3::ResizeBilinearOptions>;
  EXPECT_THAT((run<Options>(Code::RESIZE_BILINEAR, c, {0, 12}, plain)), FloatsAre(list({0, 6, 12, 12})));
  EXPECT_THAT((run<Options>(Code::RESIZE_BILINEAR, c, {0, 12}, corners)), FloatsAre(list({0, 4, 8, 12})));
  EXPECT_THAT((run<Options>(Code::RESIZE_BILINEAR, c, {0, 12}, centers)), FloatsAre(list({0, 3, 9, 12})));
}

TEST(TfliteOperators, PadV2WritesItsValue) {
  TestTfliteFile file;
  const auto x = file.input("x", {2});
  const auto pads = file.constant<std::int32_t>("pads", {1, 2}, Type::INT32, {1, 2});
  const auto value = file.floats("value", {}, {7});
  const auto y = file.output("y", {5});
  file.node(Code::PADV2, {x, pads, value}, {y});
  EXPECT_THAT(file.run_floats({{1, 2}}), ElementsAre(7, 1, 2, 7, 7));
}

TEST(TfliteOperators, MirrorPadRefusesAMirrorOfSeveralElements) {
  TestTfliteFile file;
  const auto x = file.input("x", {4});
  const auto pads = file.constant<std::int32_t>("pads", {1, 2}, Type::INT32, {2, 0});
  const auto y = file.output("y", {6});
  file.node(Code::MIRROR_PAD, {x, pads}, {y},
            tfl3::CreateMirrorPadOptions(file.buffer, tfl3::MirrorPadMode::SYMMETRIC));
  EXPECT_THAT(file.text(), HasSubstr("node 'MIRROR_PAD-0' (MIRROR_PAD): pads symmetrically with [2, 0]"));
}

TEST(TfliteOperators, L2NormalizationDividesByTheNorm) {
  const auto options = [](Builder& b) { return tfl3::CreateL2NormOptions(b); };
  EXPECT_THAT((run<flatbuffers::Offset<tfl3::L2NormOptions>>(Code::L2_NORMALIZATION, {{2, 2}, {2, 2}, {}}, {3, 4, 0, 0},
                                                             options)),
              FloatsAre(list({0.6f, 0.8f, 0, 0})));
}

TEST(TfliteOperators, FloorModHasTheSignOfTheDivisor) {
  TestTfliteFile file;
  const auto x = file.input("x", {3});
  const auto c = file.floats("c", {}, {3});
  const auto y = file.output("y", {3});
  file.node(Code::FLOOR_MOD, {x, c}, {y});
  EXPECT_THAT(file.run_floats({{-4, 4, -3}}), ElementsAre(2, 1, 0));
}

TEST(TfliteOperators, FloorDivOfIntegersRoundsDown) {
  TestTfliteFile file;
  const auto a = file.ints("a", {-7, 7, -6, 6});
  const auto b = file.ints("b", {3, 3, 3, -4});
  const auto d = file.tensor("d", {4}, Type::INT32);
  const auto y = file.output("y", {4});
  file.node(Code::FLOOR_DIV, {a, b}, {d});
  file.node(Code::CAST, {d}, {y});
  EXPECT_THAT(file.run_floats({}), ElementsAre(-3, 2, -2, -2));
}

TEST(TfliteOperators, ReshapeTakesTheOptionWhenThereIsNoSecondInput) {
  const std::vector<std::int32_t> shape = {4, 1};
  TestTfliteFile file;
  const auto x = file.input("x", {2, 2});
  const auto y = file.output("y", {4, 1});
  file.node(Code::RESHAPE, {x}, {y}, tfl3::CreateReshapeOptionsDirect(file.buffer, &shape));
  EXPECT_THAT(file.run_floats({{1, 2, 3, 4}}), ElementsAre(1, 2, 3, 4));
}

// Concatenation of tensors with other scales: their steps are brought to the output's.
TEST(TfliteOperators, ConcatenationRequantizesInputsOfOtherScales) {
  TestTfliteFile file;
  const auto x = file.input("x", {1}, Type::INT8, {{0.5f}, {0}});
  const auto z = file.input("z", {1}, Type::INT8, {{1.0f}, {3}});
  const auto y = file.output("y", {2}, Type::INT8, {{1.0f}, {3}});
  file.node(Code::CONCATENATION, {x, z}, {y}, tfl3::CreateConcatenationOptions(file.buffer, 0));
  EXPECT_THAT(file.text(), HasSubstr("= quantize(%x)"));
}

TEST(TfliteOperators, AnActivationThatNoOperatorFusesFollowsInInt8) {
  TestTfliteFile file;
  const auto x = file.input("x", {1}, Type::INT8, {{0.5f}, {0}});
  const auto y = file.output("y", {1}, Type::INT8, {{1.0f}, {3}});
  file.node(Code::ADD, {x, x}, {y}, tfl3::CreateAddOptions(file.buffer, tfl3::ActivationFunctionType::RELU_N1_TO_1));
  EXPECT_THAT(file.text(), HasSubstr("clip"));
}

TEST(TfliteOperators, OptionsOfAnotherKindAreAnError) {
  TestTfliteFile file;
  const auto x = file.input("x", {1, 1});
  const auto y = file.output("y", {1, 1});
  file.node(Code::SOFTMAX, {x}, {y}, tfl3::CreateAddOptions(file.buffer));
  EXPECT_THAT(file.text(),
              HasSubstr("node 'SOFTMAX-0' (SOFTMAX): has options of kind AddOptions, expected SoftmaxOptions"));
}

TEST(TfliteOperators, AreThoseOfTheDocumentation) {
  std::ifstream file(OCTET_SOURCE_DIR "/docs/formats/tflite.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> documented, imported;
  for (std::string line; std::getline(text, line);)
    if (line.rfind("| `", 0) == 0) documented.insert(line.substr(3, line.find('`', 3) - 3));
  for (const TfliteOperator& op : tflite_operators()) imported.insert(tfl3::EnumNameBuiltinOperator(op.code));
  for (const TfliteCustomOperator& op : tflite_custom_operators()) imported.insert(std::string(op.name));
  EXPECT_EQ(documented, imported);
}

}  // namespace
}  // namespace octet
