// SPDX-License-Identifier: Apache-2.0
#include "importers/mindir/mindir_importer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "importers/mindir/handlers.h"
#include "ops/evaluate.h"

namespace octet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model of version 3: operators are references to primitives, their arguments inputs.
class TestMindir {
 public:
  mindir::ModelProto model;

  TestMindir() {
    model.set_mind_ir_version(3);
    model.set_little_endian(true);
    graph().set_name("net");
  }
  mindir::GraphProto& graph() { return *model.mutable_graph(); }

  void input(const std::string& name, const std::vector<std::int64_t>& shape, int type = 1) {
    auto& info = *graph().add_input();
    info.set_name("net:" + name);
    describe(*info.add_tensor(), shape, type);
  }
  void output(const std::string& name) { graph().add_output()->set_name("net:" + name); }
  void parameter(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    auto& tensor = *graph().add_parameter();
    describe(tensor, shape, 1);
    tensor.set_name("net:" + name);
    tensor.set_raw_data(std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
  }
  mindir::NodeProto& node(const std::string& op, const std::string& name, const std::vector<std::string>& inputs) {
    auto& made = *graph().add_node();
    made.set_op_type(op);
    made.set_name("net:" + name);
    made.add_output("net:" + name);
    made.set_domain("Default/" + name);
    for (const std::string& input : inputs) made.add_input("net:" + input);
    return made;
  }
  void integers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto& value = *node("Constant", name, {}).add_attribute();
    value.set_name("value");
    value.set_type(20);
    for (const std::int64_t v : values) value.add_values()->add_ints(v);
  }
  void integer(const std::string& name, std::int64_t v) {
    auto& value = *node("Constant", name, {}).add_attribute();
    value.set_name("value");
    value.set_i(v);
  }
  void real(const std::string& name, float v) {
    auto& value = *node("Constant", name, {}).add_attribute();
    value.set_name("value");
    value.set_f(v);
  }

  Result<Graph> import(const ImportOptions& options = {}) const {
    const std::string bytes = model.SerializeAsString();
    return import_mindir(std::as_bytes(std::span(bytes)), "a.mindir", options);
  }
  std::string error() const {
    const auto graph = import();
    return graph ? "" : graph.error().message;
  }
  std::vector<float> run(const std::vector<float>& x) const {
    const auto graph = import();
    if (!graph) ADD_FAILURE() << graph.error().message;
    if (!graph) return {};
    const Tensor& input = graph->tensor(graph->inputs[0]);
    const auto results = evaluate_graph(*graph, {make_constant(input.name, input.shape, x)});
    if (!results) ADD_FAILURE() << results.error().message;
    if (!results) return {};
    const auto values = (*results)[0].values<float>();
    return {values.begin(), values.end()};
  }

 private:
  static void describe(mindir::TensorProto& tensor, const std::vector<std::int64_t>& shape, int type) {
    for (const std::int64_t d : shape) tensor.add_dims(d);
    tensor.set_data_type(type);
  }
};

TEST(MindirImporter, TakesNamesWithoutTheGraphsOwn) {
  TestMindir file;
  file.input("x", {2});
  file.node("ReLU", "y", {"x"});
  file.output("y");
  const auto graph = file.import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->tensor(graph->inputs[0]).name, "x");
  EXPECT_EQ(graph->tensor(graph->outputs[0]).name, "y");
  EXPECT_EQ(graph->nodes[0].name, "Default/y");
}

TEST(MindirImporter, ReadsAttributesOfThePrimitiveThatANodeRefersTo) {
  TestMindir file;
  auto& primitive = *file.model.add_primitives();
  primitive.set_name("Conv2D:4");
  primitive.set_op_type("Conv2D");
  auto& mode = *primitive.add_attribute();
  mode.set_name("pad_mode");
  mode.set_s("same");
  file.input("x", {1, 1, 2, 2});
  file.parameter("w", {1, 1, 2, 2}, {1, 2, 3, 4});
  file.node("REF::Conv2D:4", "y", {"x", "w"});
  file.output("y");
  EXPECT_THAT(file.run({1, 2, 3, 4}), ElementsAre(30, 14, 11, 4));
}

TEST(MindirImporter, TakesArgumentsFromInputs) {
  TestMindir file;
  file.input("x", {1, 2});
  file.parameter("w", {2, 2}, {1, 2, 3, 4});
  file.integer("no", 0);
  file.integer("yes", 1);
  file.node("MatMul", "y", {"x", "w", "no", "yes"});
  file.output("y");
  EXPECT_THAT(file.run({1, 10}), ElementsAre(21, 43));
}

// Version 1 knows no primitives: attributes stand at the node.
TEST(MindirImporter, TakesArgumentsFromAttributes) {
  TestMindir file;
  file.model.clear_mind_ir_version();
  file.input("x", {1, 2});
  file.parameter("w", {2, 2}, {1, 2, 3, 4});
  auto& attribute = *file.node("MatMul", "y", {"x", "w"}).add_attribute();
  attribute.set_name("transpose_b");
  attribute.set_i(1);
  file.output("y");
  EXPECT_THAT(file.run({1, 10}), ElementsAre(21, 43));
}

TEST(MindirImporter, FollowsTuplesAndWhatOrdersSideEffects) {
  TestMindir file;
  file.input("x", {2});
  file.parameter("w", {2}, {3, 5});
  file.node("Constant", "monad", {}).add_attribute()->set_type(23);
  file.node("Load", "loaded", {"w", "monad"});
  file.node("MakeTuple", "all", {"x", "loaded"});
  file.node("UpdateState", "state", {"monad", "all"});
  file.integer("one", 1);
  file.node("TupleGetItem", "item", {"all", "one"});
  file.node("Mul", "product", {"x", "item"});
  file.node("Depend", "y", {"product", "state"});
  file.output("y");
  EXPECT_THAT(file.run({10, 100}), ElementsAre(30, 500));
}

TEST(MindirImporter, BringsNumbersToTheTypeOfTheTensor) {
  TestMindir file;
  file.input("x", {2});
  file.real("half", 0.5f);
  file.integer("two", 2);
  file.node("Muls", "a", {"x", "half"});
  file.node("Sub", "y", {"two", "a"});
  file.output("y");
  EXPECT_THAT(file.run({2, 4}), ElementsAre(1, 0));
}

TEST(MindirImporter, AddsABiasAlongTheChannelsOfAnImage) {
  TestMindir file;
  file.input("x", {1, 2, 1, 2});
  file.parameter("b", {2}, {10, 100});
  file.node("BiasAdd", "y", {"x", "b"});
  file.output("y");
  EXPECT_THAT(file.run({1, 2, 3, 4}), ElementsAre(11, 12, 103, 104));
}

TEST(MindirImporterErrors, ListsAllUnknownOperatorsWithTheirNodes) {
  TestMindir file;
  file.input("x", {2});
  file.node("Strange", "a", {"x"});
  file.node("REF::Odd:1", "y", {"a"});
  file.output("y");
  EXPECT_THAT(file.error(), AllOf(HasSubstr("a.mindir: has operators that Octet does not support"),
                                  HasSubstr("Strange ('Default/a')"), HasSubstr("REF::Odd:1 ('Default/y')")));
}

TEST(MindirImporterErrors, NamesAValueThatNobodyMakes) {
  TestMindir file;
  file.input("x", {2});
  file.node("ReLU", "y", {"z"});
  file.output("y");
  EXPECT_THAT(
      file.error(),
      HasSubstr("node 'Default/y' (ReLU) reads 'net:z', which is no parameter and not made by a node before it"));
}

TEST(MindirImporterErrors, NamesParametersThatDoNotFitOrArePacked) {
  TestMindir file;
  file.input("x", {2});
  file.parameter("w", {3}, {1, 2});
  file.node("Mul", "y", {"x", "w"});
  file.output("y");
  EXPECT_THAT(file.error(), HasSubstr("tensor 'w' of f32[3] has 8 bytes"));
  file.graph().mutable_parameter(0)->set_compression_type(4);
  EXPECT_THAT(file.error(), HasSubstr("tensor 'w': weights compressed as 4 are not supported"));
}

TEST(MindirImporterErrors, RefusesFunctionsAndTraining) {
  TestMindir file;
  file.input("x", {1, 1, 1, 1});
  file.parameter("c", {1}, {1});
  file.integer("yes", 1);
  file.node("BatchNorm", "y", {"x", "c", "c", "c", "c", "yes"});
  file.output("y");
  EXPECT_THAT(file.error(), HasSubstr("is_training is true"));
  file.model.add_functions();
  EXPECT_THAT(file.error(), HasSubstr("has 1 functions (control flow)"));
}

TEST(MindirOperators, AreThoseOfTheDocumentation) {
  std::ifstream file(OCTET_SOURCE_DIR "/docs/formats/mindir.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> documented, imported;
  for (std::string line; std::getline(text, line);)
    if (line.rfind("| `", 0) == 0) documented.insert(line.substr(3, line.find('`', 3) - 3));
  for (const MindirOperator& op : mindir_operators()) imported.emplace(op.type);
  EXPECT_EQ(documented, imported);
}

}  // namespace
}  // namespace octet
