// SPDX-License-Identifier: Apache-2.0
// Graphs inside nodes, shapes that are computed while running, einsum, and the page that lists the operators.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <regex>

#include "importers/onnx/handlers.h"
#include "importers/onnx/test_model.h"

namespace octet {
namespace {

using test::TestModel;
using test::TestNode;
using ::testing::HasSubstr;
using ::testing::Not;

// A graph that makes `output` of `input` by one operator.
onnx::GraphProto branch(const std::string& type, const std::string& input, const std::string& output) {
  onnx::GraphProto graph;
  graph.set_name(type);
  auto* node = graph.add_node();
  node->set_op_type(type);
  node->add_input(input);
  node->add_output(output);
  graph.add_output()->set_name(output);
  return graph;
}

void set_graph(TestNode node, const std::string& name, const onnx::GraphProto& graph) {
  *node.add(name, onnx::AttributeProto::GRAPH)->mutable_g() = graph;
}

TestModel if_model() {
  TestModel m;
  m.input("x", {2});
  TestNode node = m.node("If", {"c"}, {"y"});
  set_graph(node, "then_branch", branch("Neg", "x", "t"));
  set_graph(node, "else_branch", branch("Relu", "x", "e"));
  m.output("y");
  return m;
}

TEST(OnnxIf, OfAConstantConditionIsItsBranch) {
  TestModel m = if_model();
  onnx::TensorProto* c = m.graph().add_initializer();
  c->set_name("c");
  c->set_data_type(onnx::TensorProto::BOOL);
  c->add_int32_data(1);
  EXPECT_THAT(m.text(), HasSubstr("%t = neg(%x)"));
  EXPECT_THAT(m.text(), Not(HasSubstr("if(")));
}

TEST(OnnxIf, PassesWhatItsBranchesReadFromOutside) {
  TestModel m = if_model();
  m.input("c", {}, onnx::TensorProto::BOOL);
  EXPECT_THAT(m.text(), HasSubstr("%y = if(%c, %x, %x) {num_then=1, then={ graph \"Neg\"; %x = input f32[2]"));
}

TEST(OnnxIf, WithoutABranchIsAnError) {
  TestModel m;
  m.input("c", {}, onnx::TensorProto::BOOL);
  m.node("If", {"c"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.error(), HasSubstr("node 'y' (If): attribute 'then_branch' is missing"));
}

TEST(OnnxIf, UnknownOperatorsInsideAreReported) {
  TestModel m = if_model();
  m.input("c", {}, onnx::TensorProto::BOOL);
  m.graph().mutable_node(0)->mutable_attribute(1)->mutable_g()->mutable_node(0)->set_op_type("Mystery");
  EXPECT_THAT(m.error(), HasSubstr("Mystery: 1 node: 'e'"));
}

TEST(OnnxLoop, BodyReadsConstantsAndTensorsFromOutside) {
  TestModel m;
  m.input("n", {}, onnx::TensorProto::INT64);
  m.input("x", {2});
  m.floats("two", {}, {2});
  onnx::GraphProto body = branch("Identity", "c", "keep");
  body.mutable_output()->Clear();
  for (const char* name : {"i", "c", "v"}) body.add_input()->set_name(name);
  auto* mul = body.add_node();
  mul->set_op_type("Mul");
  for (const char* name : {"v", "two"}) mul->add_input(name);
  mul->add_output("scaled");
  auto* add = body.add_node();
  add->set_op_type("Add");
  for (const char* name : {"scaled", "x"}) add->add_input(name);
  add->add_output("next");
  for (const char* name : {"keep", "next"}) body.add_output()->set_name(name);
  set_graph(m.node("Loop", {"n", "", "x"}, {"y"}), "body", body);
  m.output("y");
  const auto graph = m.import();
  ASSERT_TRUE(graph) << graph.error().message;
  const auto outputs = evaluate_graph(*graph, {make_constant("n", {}, std::vector<std::int64_t>{2}), make_constant("x", {2}, std::vector<float>{1, 10})});
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_THAT((*outputs)[0].values<float>(), testing::ElementsAre(7, 70));  // 2 (2 x + x) + x
}

TEST(OnnxDynamicShapes, StayInTheGraphUntilTheyAreKnown) {
  TestModel m;
  m.input("x", {4, 6});
  m.input("starts", {1}, onnx::TensorProto::INT64);
  m.ints("ends", {3});
  m.node("Slice", {"x", "starts", "ends"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.text(), HasSubstr("%y = dynamic_slice(%x, %starts, %ends) : f32[?,6]"));
  TestModel constant = m;
  constant.graph().mutable_input()->RemoveLast();
  constant.ints("starts", {1});
  EXPECT_THAT(constant.text(), HasSubstr("%y = slice(%x) {starts=[1], ends=[3], axes=[0], steps=[1]} : f32[2,6]"));
}

std::string einsum(const std::string& equation, const std::vector<std::vector<TestModel::Dimension>>& shapes) {
  TestModel m;
  std::vector<std::string> names;
  for (const auto& shape : shapes) m.input(names.emplace_back(1, static_cast<char>('p' + names.size())), shape);
  m.node("Einsum", names, {"y"}).set_string("equation", equation);
  m.output("y");
  return m.text();
}

TEST(OnnxEinsum, ProductsOfMatricesBecomeMatmul) {
  EXPECT_THAT(einsum("bij, bjk -> bik", {{2, 3, 4}, {2, 4, 5}}), HasSubstr("%y = matmul(%p, %q) : f32[2,3,5]"));
  EXPECT_THAT(einsum("bhid,bhjd->bhij", {{1, 2, 3, 4}, {1, 2, 5, 4}}), HasSubstr("matmul(%p, %"));
  EXPECT_THAT(einsum("ij,jk->ki", {{3, 4}, {4, 5}}), HasSubstr("%y = transpose("));
}

TEST(OnnxEinsum, OthersAreSummed) {
  EXPECT_THAT(einsum("...ii->...i", {{2, 3, 3}}), HasSubstr("einsum(%p) {terms=[52,34,34], dst=[52,34]} : f32[2,3]"));
  EXPECT_THAT(einsum("ij", {{3, 4}}), HasSubstr(": f32[3,4]"));
  EXPECT_THAT(einsum("ij,jk", {{3, 4}, {4, 5}}), HasSubstr(": f32[3,5]"));
  EXPECT_THAT(einsum("ij->ijk", {{3, 4}}), HasSubstr("label 36 of the result is in no operand"));
  EXPECT_THAT(einsum("i1->i", {{3, 4}}), HasSubstr("equation 'i1' is wrong"));
  EXPECT_THAT(einsum("ij,jk->ik", {{3, 4}}), HasSubstr("input 1 (Inputs) is missing"));
}

// docs/formats/onnx.md lists exactly the operators of the table, with the opset since which they exist.
TEST(OnnxOperators, AreThoseOfTheirPage) {
  std::ifstream page(OCTET_SOURCE_DIR "/docs/formats/onnx.md");
  ASSERT_TRUE(page);
  std::map<std::string, std::int64_t> listed, known;
  const std::regex row(R"(\| ([\w.:]+) \| (\d+) \|.*)");
  for (std::string line; std::getline(page, line);)
    if (std::smatch match; std::regex_match(line, match, row)) listed[match[1]] = std::stoll(match[2]);
  for (const OnnxOperator& op : all_onnx_operators()) known[std::string(op.type)] = op.since_opset;
  EXPECT_EQ(listed, known);
}

}  // namespace
}  // namespace octet
