// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tf_importer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "importers/tensorflow/handlers.h"
#include "importers/tensorflow/test_tf_model.h"

namespace octet {
namespace {

using test::set_list;
using test::TestTfModel;
using test::tf_attr;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TfImporter, TakesPlaceholdersAndUnreadNodesAsTheEnds) {
  TestTfModel model;
  model.node("Relu", "y", {"x"});  // nodes may stand in any order
  model.placeholder("x", {2});
  model.node("NoOp", "init");
  const auto graph = model.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->tensor(graph->inputs[0]).name, "x");
  EXPECT_EQ(graph->tensor(graph->outputs[0]).name, "y");
  EXPECT_THAT(model.run({{-1, 2}}), ElementsAre(0, 2));
}

TEST(TfImporter, ConvolutionTransposesItsWeights) {
  TestTfModel model;
  model.placeholder("x", {1, 1, 2, 2});
  model.floats("w", {1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  auto& conv = model.node("Conv2D", "y", {"x", "w"});
  tf_attr(conv, "padding").set_s("SAME");
  set_list(conv, "strides", {1, 1, 2, 1});
  EXPECT_THAT(model.run({{1, 10, 7, 7}}), ElementsAre(41, 52, 63));
}

TEST(TfImporter, ConvolutionUnderstandsNchw) {
  TestTfModel model;
  model.placeholder("x", {1, 2, 1, 1});
  model.floats("w", {1, 1, 2, 2}, {1, 2, 3, 4});
  auto& conv = model.node("Conv2D", "y", {"x", "w"});
  tf_attr(conv, "padding").set_s("VALID");
  tf_attr(conv, "data_format").set_s("NCHW");
  EXPECT_THAT(model.run({{1, 10}}), ElementsAre(31, 42));
}

TEST(TfImporter, DepthwiseConvolutionHasSeveralFiltersPerChannel) {
  TestTfModel model;
  model.placeholder("x", {1, 1, 1, 2});
  model.floats("w", {1, 1, 2, 2}, {1, 2, 3, 4});
  auto& conv = model.node("DepthwiseConv2dNative", "y", {"x", "w"});
  tf_attr(conv, "padding").set_s("VALID");
  EXPECT_THAT(model.run({{10, 100}}), ElementsAre(10, 20, 300, 400));
}

TEST(TfImporter, FoldsShapeArithmetic) {
  TestTfModel model;
  model.placeholder("x", {2, 3, 1});
  model.node("Shape", "shape", {"x"});
  model.ints("zero", {0});
  model.ints("one", {1});
  auto& slice = model.node("StridedSlice", "batch", {"shape", "zero", "one", "one"});
  tf_attr(slice, "shrink_axis_mask").set_i(1);
  auto* rest = tf_attr(model.node("Const", "rest"), "value").mutable_tensor();
  rest->set_dtype(3);
  rest->add_int_val(-1);
  model.node("Pack", "wanted", {"batch", "rest"});
  model.node("Reshape", "y", {"x", "wanted"});
  const auto graph = model.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->nodes.size(), 1u);
  EXPECT_EQ(graph->tensor(graph->outputs[0]).shape, (Shape{2, 3}));
}

TEST(TfImporter, CallsFunctionsInPlace) {
  TestTfModel model;
  auto& function = *model.graph.mutable_library()->add_function();
  function.mutable_signature()->set_name("twice_relu");
  function.mutable_signature()->add_input_arg()->set_name("a");
  function.mutable_signature()->add_output_arg()->set_name("result");
  test::add_node(*function.mutable_node_def(), "AddV2", "sum", {"a", "a"});
  test::add_node(*function.mutable_node_def(), "Relu", "relu", {"sum:z:0"});
  auto* ret = function.add_ret();
  ret->set_key("result");
  ret->set_value("relu:activations:0");
  model.placeholder("x", {2});
  auto& call = model.node("PartitionedCall", "call", {"x"});
  tf_attr(call, "f").mutable_func()->set_name("twice_relu");
  model.node("Neg", "y", {"call:0"});
  EXPECT_THAT(model.run({{-1, 2}}), ElementsAre(0, -4));
  EXPECT_THAT(model.text(), HasSubstr("call/relu"));
}

TEST(TfImporter, FreeDimensionsAreSymbolsUntilTheyAreFixed) {
  TestTfModel model;
  model.placeholder("x", {-1, 2});
  model.node("Relu", "y", {"x"});
  const auto graph = model.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_TRUE(is_symbolic(graph->tensor(graph->outputs[0]).shape[0]));
  ImportOptions options;
  options.input_shapes = {{"x", {5, 2}}};
  EXPECT_EQ(model.import(options)->tensor(0).shape, (Shape{5, 2}));
  options.input_shapes = {{"x", {5, 3}}};
  EXPECT_THAT(model.import(options).error().message,
              HasSubstr("input 'x': the shape [5, 3] does not fit the model's [-1, 2]"));
}

TEST(TfImporter, RepeatsTheLastValueOfAConstant) {
  TestTfModel model;
  model.placeholder("x", {3});
  auto* tensor = tf_attr(model.node("Const", "c"), "value").mutable_tensor();
  tensor->set_dtype(1);
  test::set_shape(*tensor->mutable_tensor_shape(), {3});
  tensor->add_float_val(1);
  tensor->add_float_val(5);
  model.node("Mul", "y", {"x", "c"});
  EXPECT_THAT(model.run({{1, 1, 1}}), ElementsAre(1, 5, 5));
}

TEST(TfImporterErrors, ListsAllUnknownOperatorsWithTheirNodes) {
  TestTfModel model;
  model.placeholder("x", {2});
  model.node("Strange", "a", {"x"});
  model.node("Odd", "b", {"a"});
  model.node("Strange", "y", {"b"});
  EXPECT_THAT(model.text(), AllOf(HasSubstr("a.pb: has operators that Octet does not support"), HasSubstr("Odd ('b')"),
                                  HasSubstr("Strange ('a', 'y')")));
}

TEST(TfImporterErrors, RefusesACycle) {
  TestTfModel model;
  model.placeholder("x", {2});
  model.node("Add", "a", {"x", "b"});
  model.node("Relu", "b", {"a"});
  model.node("Relu", "y", {"b"});
  EXPECT_THAT(model.text(), HasSubstr("is part of a cycle"));
}

TEST(TfImporterErrors, RefusesAFunctionThatCallsItself) {
  TestTfModel model;
  auto& function = *model.graph.mutable_library()->add_function();
  function.mutable_signature()->set_name("f");
  function.mutable_signature()->add_input_arg()->set_name("a");
  function.mutable_signature()->add_output_arg()->set_name("r");
  test::add_node(*function.mutable_node_def(), "f", "again", {"a"});
  auto* ret = function.add_ret();
  ret->set_key("r");
  ret->set_value("again:r:0");
  model.placeholder("x", {2});
  model.node("f", "call", {"x"});
  model.node("Relu", "y", {"call"});
  EXPECT_THAT(model.text(), HasSubstr("functions call each other"));
}

TEST(TfImporterErrors, RefusesAVariableOfAFrozenGraph) {
  TestTfModel model;
  model.placeholder("x", {2});
  model.node("VarHandleOp", "v");
  model.node("ReadVariableOp", "r", {"v"});
  model.node("Mul", "y", {"x", "r"});
  EXPECT_THAT(model.text(),
              AllOf(HasSubstr("node 'v' (VarHandleOp)"), HasSubstr("freeze the graph, or give the SavedModel folder")));
}

TEST(TfImporterErrors, RefusesAnUnknownReferenceAndADuplicateName) {
  TestTfModel model;
  model.node("Relu", "y", {"nothing"});
  EXPECT_THAT(model.text(), HasSubstr("there is no node 'nothing'"));
  model.node("Relu", "y", {"y"});
  EXPECT_THAT(model.text(), HasSubstr("two nodes are named 'y'"));
}

TEST(TfImporterErrors, RefusesTraining) {
  TestTfModel model;
  model.placeholder("x", {1, 1, 1, 1});
  model.floats("c", {1}, {1});
  tf_attr(model.node("FusedBatchNormV3", "y", {"x", "c", "c", "c", "c"}), "is_training").set_b(true);
  EXPECT_THAT(model.text(), HasSubstr("is_training is true; export the model for inference"));
}

TEST(TfImporterErrors, RefusesConstantsWhoseBytesDoNotFit) {
  TestTfModel model;
  model.placeholder("x", {2});
  model.floats("c", {3}, {1, 2});
  model.node("Add", "y", {"x", "c"});
  EXPECT_THAT(model.text(), HasSubstr("node 'c' (Const): constant 'c' of f32[3] has 8 bytes"));
}

TEST(TfOperators, AreThoseOfTheDocumentation) {
  std::ifstream file(OCTET_SOURCE_DIR "/docs/formats/tensorflow.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> documented, imported;
  for (std::string line; std::getline(text, line);)
    if (line.rfind("| `", 0) == 0) documented.insert(line.substr(3, line.find('`', 3) - 3));
  for (const TfOperator& op : tf_operators()) imported.emplace(op.type);
  EXPECT_EQ(documented, imported);
}

}  // namespace
}  // namespace octet
