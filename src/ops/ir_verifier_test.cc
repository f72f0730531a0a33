// SPDX-License-Identifier: Apache-2.0
// Tests of the verifier. They lie here because ir/ knows no operator to build a graph of.
#include "ir/verifier.h"

#include <gmock/gmock.h>

#include <cmath>

#include "ir/text.h"
#include "ops/binary.h"
#include "ops/table.h"
#include "ops/unary.h"

namespace octet {
namespace {

using testing::HasSubstr;

// x -> relu -> y, add(y, c) -> z
Graph valid_graph() {
  auto graph = parse_graph(R"(
      %x = input f32[N,2]
      %c = const f32[2] = [1, 2]
      %y = relu(%x)
      %z = add(%y, %c)
      output %z)",
                           find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  return graph ? std::move(*graph) : Graph{};
}

std::string problem(const Graph& graph) {
  const auto result = verify(graph);
  if (result) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidGraph);
  return result.error().message;
}

// What is wrong with the valid graph after `change`.
template <typename Change>
std::string problem_after(Change change) {
  Graph graph = valid_graph();
  change(graph);
  return problem(graph);
}

TEST(Verifier, AcceptsAValidGraph) { EXPECT_EQ(problem(valid_graph()), ""); }

TEST(Verifier, WantsUniqueNames) {
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[2].name = "x"; }), HasSubstr("two tensors are named 'x'"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[2].name = ""; }), HasSubstr("has no name"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].name = "y"; }), HasSubstr("two nodes are named 'y'"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].name = ""; }), HasSubstr("a node (add) has no name"));
}

TEST(Verifier, WantsIdsInRange) {
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].inputs[0] = 99; }), HasSubstr("input tensor 99 does not exist"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].inputs[0] = -7; }), HasSubstr("input tensor -7 does not exist"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].outputs[0] = -1; }), HasSubstr("output tensor -1 does not exist"));
  EXPECT_THAT(problem_after([](Graph& g) { g.inputs[0] = 99; }), HasSubstr("graph input: tensor 99 does not exist"));
  EXPECT_THAT(problem_after([](Graph& g) { g.outputs[0] = -1; }), HasSubstr("graph output: tensor -1 does not exist"));
}

TEST(Verifier, WantsOneProducerBeforeEveryReader) {
  EXPECT_THAT(problem_after([](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }), HasSubstr("input 'y' is not made before"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].outputs[0] = g.nodes[0].outputs[0]; }), HasSubstr("is made twice"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].outputs[0] = find_tensor(g, "c"); }), HasSubstr("'c' is made twice"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].outputs[0] = find_tensor(g, "x"); }), HasSubstr("'x' is made twice"));
  EXPECT_THAT(problem_after([](Graph& g) { g.inputs.clear(); }), HasSubstr("input 'x' is not made before"));
}

TEST(Verifier, ChecksGraphInputsAndOutputs) {
  EXPECT_THAT(problem_after([](Graph& g) { g.inputs.push_back(g.inputs[0]); }), HasSubstr("listed twice"));
  EXPECT_THAT(problem_after([](Graph& g) { g.inputs.push_back(find_tensor(g, "c")); }), HasSubstr("is a constant"));
  EXPECT_THAT(problem_after([](Graph& g) { g.outputs.clear(); }), HasSubstr("no output"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes.pop_back(); }), HasSubstr("graph output 'z' is never made"));
}

TEST(Verifier, ChecksNumbersOfInputsAndOutputs) {
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].inputs.pop_back(); }), HasSubstr("has 1 inputs, expected 2"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].inputs.push_back(0); }), HasSubstr("has 2 inputs, expected 1"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].inputs[1] = kNoTensor; }), HasSubstr("input 1 is missing"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[1].outputs.clear(); }), HasSubstr("has no output"));
  EXPECT_THAT(problem_after([](Graph& g) {
                Tensor tensor = g.tensor(g.nodes[1].outputs[0]);
                g.nodes[1].outputs.push_back(g.add_tensor(tensor));
              }),
              HasSubstr("has 2 outputs"));
  EXPECT_THAT(problem_after([](Graph& g) { g.nodes[0].op = nullptr; }), HasSubstr("has no operator"));
}

TEST(Verifier, WantsTheTypesOfShapeInference) {
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[2].type = DataType::kInt8; }), HasSubstr("shape inference gives f32"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[2].shape = {5, 2}; }), HasSubstr("'y' is f32[5, 2], shape inference gives"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[1].type = DataType::kInt32; }), HasSubstr("node 'z' (add)"));
}

TEST(Verifier, ChecksShapes) {
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[0].shape = Shape(9, 1); }), HasSubstr("rank 9"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[0].shape = {-1, INT64_MAX, 2}; }), HasSubstr("too large"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[0].shape = {0, INT64_MAX, 2}; }), HasSubstr("too large"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[0].shape = {-2, 2}; }), HasSubstr("stands for no symbol"));
}

TEST(Verifier, ChecksConstants) {
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[1].shape = {3}; }), HasSubstr("has 8 bytes, its shape [3] needs 12"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[1].shape = {-1}; }), HasSubstr("is not fixed"));
  EXPECT_THAT(problem_after([](Graph& g) { g.tensors[1].data = {}; }), HasSubstr("has 0 bytes"));
}

TEST(Verifier, ChecksQuantizationParameters) {
  const auto with = [](QuantParams quant) {
    return problem_after([&](Graph& g) { g.tensors[1].quant = std::move(quant); });
  };
  EXPECT_EQ(with({.scale = {0.5f}, .zero_point = {3}}), "");
  EXPECT_EQ(with({.scale = {0.5f, 1}, .zero_point = {3, 4}, .axis = 0}), "");
  EXPECT_THAT(with({}), HasSubstr("0 scales"));
  EXPECT_THAT(with({.scale = {1}, .zero_point = {}}), HasSubstr("1 scales and 0 zero points"));
  EXPECT_THAT(with({.scale = {0}, .zero_point = {0}}), HasSubstr("not a positive number"));
  EXPECT_THAT(with({.scale = {-1}, .zero_point = {0}}), HasSubstr("not a positive number"));
  EXPECT_THAT(with({.scale = {NAN}, .zero_point = {0}}), HasSubstr("not a positive number"));
  EXPECT_THAT(with({.scale = {INFINITY}, .zero_point = {0}}), HasSubstr("not a positive number"));
  EXPECT_THAT(with({.scale = {1, 1, 1}, .zero_point = {0, 0, 0}, .axis = 0}), HasSubstr("3 scales do not fit axis 0"));
  EXPECT_THAT(with({.scale = {1, 1}, .zero_point = {0, 0}, .axis = 1}), HasSubstr("do not fit axis 1"));
  EXPECT_THAT(with({.scale = {1, 1}, .zero_point = {0, 0}}), HasSubstr("do not fit axis -1"));
  EXPECT_THAT(with({.scale = {1}, .zero_point = {0}, .bits = 0}), HasSubstr("0 bits"));
}

}  // namespace
}  // namespace octet
