// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_importer.h"

#include <gmock/gmock.h>

#include "importers/onnx/test_model.h"

namespace octet::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// y = relu(x), x of the given dimensions.
TestModel relu_model(const std::vector<TestModel::Dimension>& dimensions) {
  TestModel m;
  m.input("x", dimensions);
  m.node("Relu", {"x"}, {"y"}).named("act");
  m.output("y");
  return m;
}

TEST(OnnxImporter, ImportsConvolutionWithReluAndPooling) {
  TestModel m;
  m.input("x", {1, 1, 4, 4});
  m.floats("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5f));
  m.floats("b", {2}, {1, 2});
  m.node("Conv", {"x", "w", "b"}, {"c"}).named("conv").ints("pads", {1, 1, 1, 1}).ints("strides", {2, 2});
  m.node("Relu", {"c"}, {"r"}).named("relu");
  m.node("GlobalAveragePool", {"r"}, {"p"}).named("pool");
  m.node("Flatten", {"p"}, {"y"}).named("flat");
  m.output("y");
  const auto graph = m.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(print_graph(*graph, {2}), R"(graph "g"
%x = input f32[1,1,4,4] nchw
%w = const f32[2,1,3,3] = ...
%b = const f32[2] = [1, 2]
%c = conv2d(%x, %w, %b) {strides=[2,2], pads=[1,1,1,1], layout=nchw} : f32[1,2,2,2] @"conv"
%r = relu(%c) : f32[1,2,2,2] @"relu"
%p = avg_pool2d(%r) {global=true, layout=nchw} : f32[1,2,1,1] @"pool"
%y = flatten(%p) : f32[1,2] @"flat"
output %y
)");
}

TEST(OnnxImporter, MarksFourDimensionalOutputsAsNchw) {
  const auto graph = relu_model({1, 2, 3, 4}).import();
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->tensor(graph->inputs[0]).layout, Layout::kNchw);
  EXPECT_EQ(graph->tensor(graph->outputs[0]).layout, Layout::kNchw);
}

TEST(OnnxImporter, BringsNodesIntoOrder) {
  TestModel m;
  m.input("x", {2});
  m.node("Neg", {"a"}, {"y"});
  m.node("Relu", {"x"}, {"a"});
  m.output("y");
  EXPECT_THAT(m.run({{-1, 2}}), ElementsAre(0, -2));
}

TEST(OnnxImporter, TakesInitializersThatAreAlsoGraphInputsAsConstants) {
  TestModel m;
  m.input("x", {2});
  m.input("c", {2});
  m.floats("c", {2}, {10, 20});
  m.node("Add", {"x", "c"}, {"y"});
  m.output("y");
  EXPECT_EQ(m.import()->inputs.size(), 1u);
  EXPECT_THAT(m.run({{1, 2}}), ElementsAre(11, 22));
}

TEST(OnnxImporter, GivesAGraphInputThatIsAnOutputItsOwnTensor) {
  TestModel m;
  m.input("x", {2});
  m.node("Relu", {"x"}, {"y"});
  m.output("x");
  m.output("y");
  m.output("y");
  EXPECT_THAT(m.run({{-1, 2}}, 0), ElementsAre(-1, 2));
  EXPECT_THAT(m.run({{-1, 2}}, 2), ElementsAre(0, 2));
}

TEST(OnnxImporter, FoldsShapesThatAreComputedFromConstants) {
  TestModel m;
  m.input("x", {2, 6});
  m.ints("index", {0});
  m.ints("rest", {3, 2});
  m.node("Shape", {"x"}, {"s"});
  m.node("Gather", {"s", "index"}, {"n"});
  m.node("Concat", {"n", "rest"}, {"target"}).set("axis", 0);
  m.node("Reshape", {"x", "target"}, {"y"});
  m.output("y");
  EXPECT_EQ(m.text(), "graph \"g\"\n%x = input f32[2,6]\n%y = reshape(%x) {shape=[2,3,2]} : f32[2,3,2]\noutput %y\n");
}

TEST(OnnxImporter, FollowsASymbolicDimensionIntoAReshape) {
  TestModel m;
  m.input("x", {"N", 6});
  m.ints("index", {0});
  m.ints("rest", {3, 2});
  m.node("Shape", {"x"}, {"s"});
  m.node("Gather", {"s", "index"}, {"n"});
  m.node("Concat", {"n", "rest"}, {"target"}).set("axis", 0);
  m.node("Reshape", {"x", "target"}, {"y"});
  m.output("y");
  EXPECT_EQ(m.text(), "graph \"g\"\n%x = input f32[N,6]\n%y = reshape(%x) {shape=[0,3,2]} : f32[N,3,2]\noutput %y\n");
}

TEST(OnnxImporter, ComputesAShapeWhileRunningIfItIsUnknown) {
  TestModel m;
  m.input("x", {"N", 6});
  m.ints("one", {1});
  m.node("Shape", {"x"}, {"s"});
  m.node("Add", {"s", "one"}, {"target"});
  m.node("Reshape", {"x", "target"}, {"y"}).named("r");
  m.output("y");
  EXPECT_THAT(m.text(), HasSubstr("%y = dynamic_reshape(%x, %target) : f32[?,?] @\"r\""));
  EXPECT_THAT(m.text({.input_shapes = {{"x", {5, 6}}}}), HasSubstr("cannot be reshaped"));  // [6, 7]
}

TEST(OnnxImporterInputs, MakesOneSymbolOfEqualNamesAndOneEachOfNamelessDimensions) {
  TestModel m;
  m.input("a", {"N", "", "?"});
  m.input("b", {"N", -1, "?"});
  m.node("Relu", {"a"}, {"y"});
  m.node("Relu", {"b"}, {"z"});
  m.output("y");
  m.output("z");
  const auto graph = m.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_THAT(graph->symbols, ElementsAre("N", "a.dim1", "a.dim2", "b.dim1", "b.dim2"));
  EXPECT_EQ(graph->tensor(graph->inputs[0]).shape[0], graph->tensor(graph->inputs[1]).shape[0]);
}

TEST(OnnxImporterInputs, FixesASymbolInAllInputs) {
  TestModel m;
  m.input("a", {"N", 2});
  m.input("b", {"N", 2});
  m.node("Add", {"a", "b"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.text({.input_shapes = {{"a", {5, 2}}}}), AllOf(HasSubstr("%b = input f32[5,2]"), HasSubstr(": f32[5,2]")));
  EXPECT_THAT(m.error({.input_shapes = {{"a", {5, 2}}, {"b", {4, 2}}}}), HasSubstr("dimension 0 is 'N', which is 5 elsewhere"));
  EXPECT_THAT(m.error({.input_shapes = {{"a", {5, 3}}}}), HasSubstr("dimension 1 is 2 in the model"));
  EXPECT_THAT(m.error({.input_shapes = {{"a", {5}}}}), HasSubstr("the model has 2 dimensions"));
  EXPECT_THAT(m.error({.input_shapes = {{"a", {0, 2}}}}), HasSubstr("must be 1 or more"));
  EXPECT_THAT(m.error({.input_shapes = {{"c", {5, 2}}}}), AllOf(HasSubstr("no graph input 'c'"), HasSubstr("'a', 'b'")));
}

TEST(OnnxImporterInputs, RefusesImpossibleDimensions) {
  EXPECT_THAT(relu_model({1, -2}).error(), HasSubstr("input 'x': dimension 1 is -2"));
  EXPECT_THAT(relu_model({INT64_MAX, INT64_MAX}).error(), HasSubstr("too large"));
  EXPECT_THAT(relu_model({1, 1, 1, 1, 1, 1, 1, 1, 1}).error(), HasSubstr("9 dimensions"));
}

TEST(OnnxImporterInputs, AsksForAShapeWhereTheModelHasNone) {
  TestModel m = relu_model({1});
  m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  EXPECT_THAT(m.error(), AllOf(HasSubstr("input 'x' has no shape"), HasSubstr("--inputShape=x:")));
  EXPECT_THAT(m.text({.input_shapes = {{"x", {2, 3}}}}), HasSubstr("%x = input f32[2,3]"));
}

TEST(OnnxImporterInputs, RefusesOtherTypesThanItKnows) {
  TestModel m;
  m.input("x", {1}, onnx::TensorProto::STRING);
  m.node("Identity", {"x"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.error(), HasSubstr("input 'x' has elements of type STRING"));
  m.graph().mutable_input(0)->mutable_type()->clear_tensor_type();
  EXPECT_THAT(m.error(), HasSubstr("'x' is no tensor"));
}

TEST(OnnxImporterErrors, ReportsAllUnsupportedOperatorsAtOnce) {
  TestModel m(13);
  m.input("x", {1});
  for (int i = 0; i < 12; ++i) m.node("StringNormalizer", {"x"}, {fmt::format("n{}", i)});
  m.node("SequenceEmpty", {"x"}, {"i"}).named("branch");
  m.node("Gelu", {"x"}, {"g"});
  m.node("FusedMatMul", {"x"}, {"f"}).proto().set_domain("com.microsoft");
  m.output("i");
  EXPECT_EQ(m.error(), R"(m.onnx: 4 operators are not supported:
  Gelu (of opset 20, the model has 13): 1 node: 'g'
  SequenceEmpty: 1 node: 'branch'
  StringNormalizer: 12 nodes: 'n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'n9', ...
  com.microsoft::FusedMatMul: 1 node: 'f'
Export the model without them: for inference, with fixed input shapes, and simplified (constants folded).)");
}

TEST(OnnxImporterErrors, RefusesANodeWithoutAnOperator) {
  TestModel m;
  m.input("x", {1});
  m.node("", {"x"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.error(), HasSubstr("(no operator): 1 node: 'y'"));
}

TEST(OnnxImporterErrors, RefusesOpsetsOutsideOfItsRange) {
  EXPECT_THAT(TestModel(6).error(), HasSubstr("m.onnx: has opset 6, expected 7 to 23"));
  EXPECT_THAT(TestModel(24).error(), HasSubstr("has opset 24"));
}

TEST(OnnxImporterErrors, RefusesFilesThatAreNoModel) {
  const std::string text = "this is no model";
  const auto import_text = [](const std::string& bytes) {
    return import_onnx(std::as_bytes(std::span(bytes)), "m", {}).error().message;
  };
  EXPECT_THAT(import_text(text), HasSubstr("is no ONNX model"));
  EXPECT_THAT(import_text(""), HasSubstr("holds no graph"));
  EXPECT_EQ(import_onnx("does_not_exist.onnx").error().code, ErrorCode::kNotFound);
}

TEST(OnnxImporterErrors, SurvivesEveryTruncationOfAModel) {
  TestModel m;
  m.input("x", {1, 1, 3, 3});
  m.floats("w", {1, 1, 2, 2}, {1, 2, 3, 4});
  m.node("Conv", {"x", "w"}, {"y"});
  m.output("y");
  const std::string bytes = m.proto.SerializeAsString();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto graph = import_onnx(std::as_bytes(std::span(bytes.data(), size)), "m", {});
    EXPECT_FALSE(graph.ok()) << size;
  }
}

TEST(OnnxImporterErrors, NamesAnUnknownAttributeAndItsValue) {
  TestModel m;
  m.input("x", {1});
  m.node("Relu", {"x"}, {"y"}).named("act").set("leak", 3);
  m.output("y");
  EXPECT_EQ(m.error(), "m.onnx: node 'act' (Relu): attribute 'leak' = 3 is not known to Octet for opset 13");
}

TEST(OnnxImporterErrors, NamesAnAttributeOfTheWrongType) {
  TestModel m;
  m.input("x", {1, 2});
  m.node("Flatten", {"x"}, {"y"}).named("f").set_float("axis", 1.5f);
  m.output("y");
  EXPECT_EQ(m.error(), "m.onnx: node 'f' (Flatten): attribute 'axis' is FLOAT 1.5, expected INT");
}

TEST(OnnxImporterErrors, RefusesMissingAndDoubleTensors) {
  TestModel missing = relu_model({1});
  missing.node("Add", {"y", "nowhere"}, {"z"}).named("sum");
  EXPECT_THAT(missing.error(), HasSubstr("node 'sum' (Add): its input 'nowhere' is neither"));

  TestModel twice = relu_model({1});
  twice.node("Neg", {"x"}, {"y"}).named("again");
  EXPECT_THAT(twice.error(), HasSubstr("node 'again' (Neg): its output 'y' is already made by node 'act' (Relu)"));

  TestModel input_twice = relu_model({1});
  input_twice.input("x", {1});
  EXPECT_THAT(input_twice.error(), HasSubstr("graph input 'x' is listed twice"));

  TestModel initializer_twice = relu_model({1});
  initializer_twice.floats("c", {1}, {1});
  initializer_twice.floats("c", {1}, {1});
  EXPECT_THAT(initializer_twice.error(), HasSubstr("initializer 'c' is there twice"));

  TestModel output = relu_model({1});
  output.output("nothing");
  EXPECT_THAT(output.error(), HasSubstr("graph output 'nothing' is made by no node"));
}

TEST(OnnxImporterErrors, NamesANodeOnACycle) {
  TestModel m;
  m.input("x", {1});
  m.node("Add", {"x", "b"}, {"a"}).named("first");
  m.node("Relu", {"a"}, {"b"});
  m.output("b");
  EXPECT_THAT(m.error(), HasSubstr("node 'first' (Add): lies on or behind a cycle"));
}

TEST(OnnxImporterErrors, RefusesWeightsThatAreNotFinite) {
  TestModel m;
  m.input("x", {1, 1, 2, 2});
  m.floats("w", {1, 1, 1, 2}, {1, std::numeric_limits<float>::infinity()});
  m.node("Conv", {"x", "w"}, {"y"}).named("c");
  m.output("y");
  EXPECT_THAT(m.error(), HasSubstr("node 'c' (Conv): weights 'w' has inf at element 1"));
}

TEST(OnnxImporterErrors, RefusesAUsedOutputThatItDoesNotCompute) {
  TestModel m;
  m.input("x", {1, 1, 2, 2});
  m.floats("p", {1}, {1});
  m.node("BatchNormalization", {"x", "p", "p", "p", "p"}, {"y", "mean"}).named("norm");
  m.output("y");
  EXPECT_EQ(m.error(), "");
  m.output("mean");
  EXPECT_THAT(m.error(), HasSubstr("node 'norm' (BatchNormalization): its output 1 ('mean') is used"));
}

}  // namespace
}  // namespace octet::test
