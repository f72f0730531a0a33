// SPDX-License-Identifier: Apache-2.0
// Files that are wrong, hostile or unusual.
#include "importers/ms/ms_importer.h"

#include <gmock/gmock.h>

#include <random>

#include "exporters/ms/ms_exporter.h"
#include "importers/ms/test_ms_file.h"
#include "ir/verifier.h"
#include "ops/table.h"

namespace octet::test {
namespace {

using msl2::DataType;
using ::testing::AllOf;
using ::testing::HasSubstr;

// y = abs(x) of two floats.
TestMsFile abs_file(std::vector<std::int32_t> dims = {2}) {
  TestMsFile f;
  const auto x = f.input("x", dims);
  const auto y = f.output("y", dims);
  f.node("n", msl2::CreateAbs(f.buffer), {x}, {y});
  return f;
}

std::string error_of(const std::vector<std::byte>& bytes) {
  const auto graph = import_ms(bytes, "a.ms");
  return graph ? "no error" : graph.error().message;
}

// A small network with many of the format's parts.
std::vector<std::byte> network() {
  const auto graph = parse_graph(R"(graph "net"
%x = input f32[1,4,4,2] nhwc
%q = quantize(%x) : i8[1,4,4,2] q(scale=0.5, zp=3)
%w = const i8[2,1,1,2] q(scale=[0.5,0.25], zp=[0,0], axis=0) = [1,2,3,4]
%b = const i32[2] q(scale=[0.25,0.125], zp=[0,0], axis=0, bits=32) = [5,6]
%c = conv2d(%q, %w, %b) {activation=relu} : i8[1,4,4,2] q(scale=0.25, zp=-128)
%d = dequantize(%c)
%p = max_pool2d(%d) {kernel=[2,2], strides=[2,2]}
%r = resize(%p) {size=[4,4], mode=linear}
%t = transpose(%r) {perm=[0,3,1,2]}
%s = slice(%t) {starts=[1], ends=[4], axes=[3], steps=[2]}
%e = pad(%s) {pads=[0,0,0,0,0,0,0,1]}
%a, %z = split(%e) {axis=1, sizes=[1,1]}
%j = concat(%a, %z) {axis=2}
%f = reshape(%j) {shape=[2,12]}
%v = const f32[12,3] = [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36]
%m = matmul(%f, %v)
%k = reduce_mean(%m) {axes=[1]}
%y = softmax(%k) {axis=0}
output %y
)",
                                 find_op);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  auto bytes = export_ms(*graph, SourceFormat::kOnnx);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  return {bytes->bytes().begin(), bytes->bytes().end()};
}

TEST(MsImporterHostile, RejectsAFileCutAtAnyLength) {
  const auto bytes = network();
  ASSERT_TRUE(import_ms(bytes, "a.ms").ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly that size: a sanitizer sees reading behind it.
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto graph = import_ms(cut, "a.ms");
    ASSERT_TRUE(!graph.ok() || verify(*graph).ok()) << size;
    // Only padding at the end may be missing.
    EXPECT_TRUE(!graph.ok() || bytes.size() - size < 16) << size;
  }
}

TEST(MsImporterHostile, SurvivesFlippedBytes) {
  const auto bytes = network();
  std::mt19937 random(1);
  int num_imported = 0;
  for (int i = 0; i < 6000; ++i) {
    auto flipped = bytes;
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips)
      flipped[random() % flipped.size()] ^= static_cast<std::byte>(1u << random() % 8);
    const auto graph = import_ms(flipped, "a.ms");
    if (graph.ok()) {
      ++num_imported;
      ASSERT_TRUE(verify(*graph).ok());
    }
  }
  EXPECT_GT(num_imported, 0);
}

TEST(MsImporterHostile, SurvivesReplacedBytes) {
  const auto bytes = network();
  for (std::size_t i = 8; i < bytes.size(); ++i) {
    for (const int value : {0x00, 0x7f, 0x80, 0xff}) {
      auto changed = bytes;
      changed[i] = static_cast<std::byte>(value);
      const auto graph = import_ms(changed, "a.ms");
      ASSERT_TRUE(!graph.ok() || verify(*graph).ok()) << i;
    }
  }
}

TEST(MsImporterHostile, ReadsAFileAtAnyAddress) {
  const auto bytes = network();
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::vector<std::byte> moved(shift + bytes.size());
    std::copy(bytes.begin(), bytes.end(), moved.begin() + static_cast<std::ptrdiff_t>(shift));
    EXPECT_TRUE(import_ms(std::span(moved).subspan(shift), "a.ms").ok());
  }
}

TEST(MsImporterHostile, NamesAWrongIdentifier) {
  auto bytes = network();
  bytes[7] = std::byte{'0'};
  EXPECT_THAT(error_of(bytes), AllOf(HasSubstr("a.ms: "), HasSubstr("identifier 'MSL0', expected 'MSL2'")));
  bytes[4] = std::byte{7};
  EXPECT_THAT(error_of(bytes), HasSubstr("'?SL0'"));
}

TEST(MsImporterHostile, RejectsATinyFile) {
  EXPECT_THAT(error_of({}), HasSubstr("0 bytes"));
  EXPECT_THAT(error_of(std::vector<std::byte>(7)), HasSubstr("7 bytes"));
}

TEST(MsImporterHostile, RejectsPlacesThatDoNotExist) {
  TestMsFile a = abs_file();
  a.inputs({7});
  EXPECT_THAT(a.text(), HasSubstr("graph input: tensor 7 does not exist, the file has 2"));
  TestMsFile b = abs_file();
  b.outputs({4000000000});
  EXPECT_THAT(b.text(), HasSubstr("graph output: tensor 4000000000 does not exist"));
  TestMsFile c = abs_file();
  c.node("m", msl2::CreateAbs(c.buffer), {2}, {1});
  EXPECT_THAT(c.text(), HasSubstr("node 'm', input: tensor 2 does not exist"));
  TestMsFile d = abs_file();
  d.node("m", msl2::CreateAbs(d.buffer), {1}, {2});
  EXPECT_THAT(d.text(), HasSubstr("node 'm', output: tensor 2 does not exist"));
}

TEST(MsImporterHostile, RejectsATensorMadeTwice) {
  TestMsFile f = abs_file();
  f.node("m", msl2::CreateAbs(f.buffer), {0}, {1});
  EXPECT_THAT(f.text(), HasSubstr("node 'm' makes tensor 1, which is a graph input, a constant or made twice"));
}

TEST(MsImporterHostile, RejectsNodesInAnOrderThatCannotRun) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2});
  const auto t = f.tensor("t", DataType::Float32, {2});
  f.node("late", msl2::CreateAbs(f.buffer), {t}, {y});
  f.node("early", msl2::CreateNeg(f.buffer), {x}, {t});
  EXPECT_THAT(f.text(),
              HasSubstr("node 'late' (Abs): reads tensor 't', which is no constant and not made by a node before it"));
}

TEST(MsImporterHostile, RejectsAnOutputThatNoNodeMakes) {
  TestMsFile f = abs_file();
  f.outputs({f.tensor("t", DataType::Float32, {2})});
  EXPECT_THAT(f.text(), HasSubstr("graph output 't' is made by no node"));
}

TEST(MsImporterHostile, RejectsAFileWithoutOutput) {
  TestMsFile f = abs_file();
  f.outputs({});
  EXPECT_THAT(f.text(), HasSubstr("no graph output"));
}

TEST(MsImporterHostile, RejectsANodeWithoutOperator) {
  TestMsFile f = abs_file();
  f.node("m", msl2::PrimitiveType::Abs, 0, {0}, {f.tensor("t", DataType::Float32, {2})});
  EXPECT_THAT(f.text(), HasSubstr("node 'm' has no operator"));
}

TEST(MsImporterHostile, RejectsConstantsWhoseBytesDoNotFit) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2});
  f.node("n", msl2::CreateAddFusion(f.buffer), {x, f.floats("c", {3}, {1, 2})}, {y});
  EXPECT_THAT(f.text(), HasSubstr("node 'n' (AddFusion): constant 'c' has 8 bytes, its shape [3] needs 12"));
}

TEST(MsImporterHostile, RejectsDimensionsOutOfRange) {
  EXPECT_THAT(abs_file({-2}).text(), HasSubstr("tensor 'x': dimension 0 is -2, expected -1 or more"));
  EXPECT_THAT(abs_file({0}).text(), HasSubstr("dimension 0 is 0"));
  EXPECT_THAT(abs_file({2000000000, 2000000000}).text(), HasSubstr("too large"));
  EXPECT_THAT(abs_file(std::vector<std::int32_t>(9, 1)).text(), HasSubstr("9 dimensions"));
}

TEST(MsImporterHostile, RejectsWhatTheOperatorDoesNotGive) {
  TestMsFile shape;
  const auto x = shape.input("x", {2});
  const auto y = shape.output("y", {3});
  shape.node("n", msl2::CreateAbs(shape.buffer), {x}, {y});
  EXPECT_THAT(shape.text(),
              HasSubstr("node 'n' (Abs): its output 'y' is f32[3] in the file, but the operator gives f32[2]"));
  TestMsFile type;
  const auto a = type.input("a", {2});
  const auto b = type.output("b", {2}, DataType::Int32);
  type.node("n", msl2::CreateAbs(type.buffer), {a}, {b});
  EXPECT_THAT(type.text(), HasSubstr("'b' is i32[2] in the file, but the operator gives f32[2]"));
}

TEST(MsImporterHostile, RejectsEnumeratorsThatTheSchemaDoesNotName) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2});
  f.node("n", msl2::CreateActivation(f.buffer, static_cast<msl2::ActivationType>(99)), {x}, {y});
  EXPECT_THAT(f.text(), HasSubstr("activation_type is 99, expected 0 to 21"));
}

TEST(MsImporterHostile, RejectsAWeightThatIsSharedTooOften) {
  // One tensor table, named by thousands of places: each would be a copy of its data.
  TestMsFile f;
  constexpr std::int32_t kSize = 1 << 16;
  flatbuffers::FlatBufferBuilder& b = f.buffer;
  const std::vector<std::int32_t> dims = {kSize};
  const std::vector<float> zeros(kSize, 1.0f);
  const auto data = b.CreateVector(reinterpret_cast<const std::uint8_t*>(zeros.data()), zeros.size() * 4);
  const auto make = [&](msl2::NodeType kind, bool has_data) {
    const auto dims_vector = b.CreateVector(dims);
    msl2::TensorBuilder builder(b);
    builder.add_nodeType(kind);
    builder.add_dataType(DataType::Float32);
    builder.add_dims(dims_vector);
    if (has_data) builder.add_data(data);
    return builder.Finish();
  };
  const auto weight = make(msl2::NodeType::ValueNode, true);
  std::vector<flatbuffers::Offset<msl2::Tensor>> tensors = {make(msl2::NodeType::CNode, false)};
  std::vector<flatbuffers::Offset<msl2::CNode>> nodes;
  for (std::uint32_t i = 0; i < 500; ++i) {
    tensors.push_back(weight);
    tensors.push_back(make(msl2::NodeType::CNode, false));
    const auto primitive = msl2::CreatePrimitive(b, msl2::PrimitiveType::AddFusion, msl2::CreateAddFusion(b).Union());
    const std::vector<std::uint32_t> inputs = {2 * i, 2 * i + 1}, outputs = {2 * i + 2};
    nodes.push_back(msl2::CreateCNodeDirect(b, "", primitive, &inputs, &outputs));
  }
  const std::vector<std::uint32_t> inputs = {0}, outputs = {1000};
  b.Finish(msl2::CreateMetaGraphDirect(b, "g", "", msl2::FmkType::ONNX, &inputs, &outputs, 0, &nodes, &tensors),
           msl2::MetaGraphIdentifier());
  const auto bytes = std::as_bytes(std::span(b.GetBufferPointer(), b.GetSize()));
  EXPECT_THAT(error_of({bytes.begin(), bytes.end()}), HasSubstr("unfolds to many times its size"));
}

TEST(MsImporter, ListsAllOperatorsItLacks) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto t = f.tensor("t", DataType::Float32, {2});
  const auto y = f.output("y", {2});
  f.node("first", msl2::CreateLSTMGrad(f.buffer), {x}, {t});
  f.node("second", static_cast<msl2::PrimitiveType>(250), msl2::CreateGRU(f.buffer).Union(), {t}, {y});
  const auto graph = f.import();
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(graph.error().message, AllOf(HasSubstr("LSTMGrad ('first')"), HasSubstr("number 250 ('second')")));
}

TEST(MsImporter, RejectsSeveralSubgraphs) {
  TestMsFile f = abs_file();
  f.subgraphs(2);
  EXPECT_THAT(f.text(), HasSubstr("2 sub-graphs"));
}

TEST(MsImporter, ReadsFilesWithoutSubgraph) {
  TestMsFile f = abs_file();
  f.subgraphs(0);
  EXPECT_EQ(f.text(), "%x = input f32[2]\n%y = abs(%x) : f32[2] @\"n\"\noutput %y\n");
}

TEST(MsImporter, MakesSymbolsOfDimensionsKnownAtRunTime) {
  EXPECT_EQ(abs_file({-1, 3, -1}).text(),
            "%x = input f32[x.dim0,3,x.dim2]\n%y = abs(%x) : f32[x.dim0,3,x.dim2] @\"n\"\noutput %y\n");
}

TEST(MsImporter, FixesShapesThatTheUserGives) {
  TestMsFile f = abs_file({-1, 3});
  const auto graph = f.import({.input_shapes = {{"x", {5, 3}}}});
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->tensor(graph->outputs[0]).shape, (Shape{5, 3}));
  TestMsFile g = abs_file({-1, 3});
  EXPECT_THAT(g.import({.input_shapes = {{"x", {5, 4}}}}).error().message,
              HasSubstr("input 'x': the shape [5, 4] does not fit the model's [-1, 3]"));
  TestMsFile h = abs_file({-1, 3});
  EXPECT_THAT(h.import({.input_shapes = {{"z", {5, 4}}}}).error().message,
              HasSubstr("no graph input 'z' to give a shape to; the inputs are 'x'"));
}

TEST(MsImporter, TakesAnAbsentOutputShapeAsUnknown) {
  TestMsFile f;
  const auto x = f.input("x", {2, 3});
  const auto y = f.output("y", {});
  f.node("n", msl2::CreateAbs(f.buffer), {x}, {y});
  EXPECT_EQ(f.text(), "%x = input f32[2,3]\n%y = abs(%x) : f32[2,3] @\"n\"\noutput %y\n");
}

TEST(MsImporter, KeepsTheNameOfTheOutputWhereAnotherTensorHasIt) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto inner = f.tensor("y", DataType::Float32, {2});
  const auto y = f.output("y", {2});
  f.node("a", msl2::CreateAbs(f.buffer), {x}, {inner});
  f.node("b", msl2::CreateNeg(f.buffer), {inner}, {y});
  EXPECT_EQ(f.text(), "%x = input f32[2]\n%y_1 = abs(%x) : f32[2] @\"a\"\n%y = neg(%y_1) : f32[2] @\"b\"\noutput %y\n");
}

TEST(MsImporter, NamesWhatHasNoName) {
  TestMsFile f;
  const auto x = f.input("", {2});
  const auto y = f.output("", {2});
  f.node("", msl2::CreateAbs(f.buffer), {x}, {y});
  EXPECT_EQ(f.text(), "%input_0 = input f32[2]\n%node_0 = abs(%input_0) : f32[2]\noutput %node_0\n");
}

TEST(MsImporterQuantization, DropsParametersOfFloatTensors) {
  TestMsFile f;
  const MsTensorOptions q{.quant = {{0.5, 3}}};
  const auto x = f.input("x", {2}, DataType::Float32, q);
  const auto t = f.tensor("t", DataType::Int8, {2}, q);
  const auto y = f.output("y", {2}, DataType::Float32, q);
  f.node("a", msl2::CreateQuantDTypeCast(f.buffer, 43, 32), {x}, {t});
  f.node("b", msl2::CreateQuantDTypeCast(f.buffer, 32, 43), {t}, {y});
  EXPECT_EQ(f.text(),
            "%x = input f32[2]\n%t = quantize(%x) : i8[2] q(scale=0.5, zp=3) @\"a\"\n%y = dequantize(%t) : f32[2] "
            "@\"b\"\noutput %y\n");
}

TEST(MsImporterQuantization, RejectsInt8WithoutParameters) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2}, DataType::Int8);
  f.node("a", msl2::CreateQuantDTypeCast(f.buffer, 43, 32), {x}, {y});
  EXPECT_THAT(f.text(), HasSubstr("'y' is int8 and has no quantParams"));
}

TEST(MsImporterQuantization, RejectsParametersThatAreNone) {
  for (const MsParam& p : {MsParam{0.0, 0}, MsParam{-1.0, 0}, MsParam{1e300, 0}, MsParam{1.0, 128}, MsParam{1.0, 0, 0},
                           MsParam{1.0, 0, 33}}) {
    TestMsFile f;
    const auto x = f.input("x", {2});
    const auto y = f.output("y", {2}, DataType::Int8, {.quant = {p}});
    f.node("a", msl2::CreateQuantDTypeCast(f.buffer, 43, 32), {x}, {y});
    EXPECT_THAT(f.text(), HasSubstr("tensor 'y'")) << p.scale << " " << p.zero_point << " " << p.bits;
  }
}

TEST(MsImporterQuantization, RejectsActivationsWithSeveralParameters) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2}, DataType::Int8, {.quant = {{0.5}, {0.25}}});
  f.node("a", msl2::CreateQuantDTypeCast(f.buffer, 43, 32), {x}, {y});
  EXPECT_THAT(f.text(), HasSubstr("2 quantParams, expected one"));
}

TEST(MsImporterQuantization, RejectsParametersThatDoNotFitTheChannels) {
  TestMsFile f;
  const auto x = f.input("x", {1, 2});
  const auto y = f.output("y", {1, 3});
  const auto w = f.constant<std::int8_t>("w", DataType::Int8, {3, 2}, {1, 2, 3, 4, 5, 6}, {.quant = {{0.5}, {0.25}}});
  f.node("n", msl2::CreateMatMulFusion(f.buffer, false, true), {x, w}, {y});
  EXPECT_THAT(f.text(), HasSubstr("tensor 'w' has 2 quantParams, which do not fit axis -2 of its shape [3, 2]"));
}

TEST(MsImporterQuantization, DequantizesWeightsBesideFloats) {
  TestMsFile f;
  const auto x = f.input("x", {1, 2});
  const auto y = f.output("y", {1, 2});
  const auto w = f.constant<std::int8_t>("w", DataType::Int8, {2, 2}, {1, 2, 3, 4},
                                         {.quant = {{0.5, 1}, {0.25, 0, 8, 2.0f, 1.0f}}});
  f.node("n", msl2::CreateMatMulFusion(f.buffer, false, true), {x, w}, {y});
  EXPECT_EQ(f.text(),
            "%x = input f32[1,2]\n%w = const i8[2,2] q(scale=[0.5,0.25], zp=[1,0], axis=0, var=[1,2], mean=[0,1]) = [1, 2, 3, 4]\n"
            "%w/real = dequantize(%w) {at_load=true} : f32[2,2] @\"w/dequantize\"\n"
            "%y = fully_connected(%x, %w/real) : f32[1,2] @\"n\"\noutput %y\n");
}

TEST(MsImporterQuantization, DequantizesByTheColumnsOfAMatrixThatIsNotTransposed) {
  TestMsFile f;
  const auto x = f.input("x", {1, 2});
  const auto y = f.output("y", {1, 2});
  const auto w =
      f.constant<std::int16_t>("w", DataType::Int16, {2, 2}, {1, 2, 3, 4}, {.quant = {{1.0, 0, 16}, {10.0, 0, 16}}});
  f.node("n", msl2::CreateMatMulFusion(f.buffer), {x, w}, {y});
  EXPECT_EQ(f.run({{1, 1}}), (std::vector<float>{4, 60}));
}

TEST(MsImporterQuantization, RejectsPackedWeightsThatAreTooShort) {
  TestMsFile f;
  const auto x = f.input("x", {1, 2});
  const auto y = f.output("y", {1, 1});
  const auto w = f.constant<std::int8_t>("w", DataType::Int8, {1, 2}, {1},
                                         {.quant = {{0.5}}, .packing = msl2::WeightQuantCompressType::BITPACKING});
  f.node("n", msl2::CreateMatMulFusion(f.buffer, false, true), {x, w}, {y});
  EXPECT_THAT(f.text(), HasSubstr("tensor 'w': has 1 bytes, 2 packed codes of 8 bits need 2"));
}

TEST(MsImporterQuantization, ReadsHalvesAsFloats) {
  TestMsFile f;
  const auto x = f.input("x", {2});
  const auto y = f.output("y", {2});
  const auto c = f.constant<std::uint16_t>("c", DataType::Float16, {2}, {0x3c00, 0xc100});
  f.node("n", msl2::CreateAddFusion(f.buffer), {x, c}, {y});
  EXPECT_EQ(f.text(),
            "%x = input f32[2]\n%c = const f32[2] = [1, -2.5]\n%y = add(%x, %c) : f32[2] @\"n\"\noutput %y\n");
}

}  // namespace
}  // namespace octet::test
