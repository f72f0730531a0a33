// SPDX-License-Identifier: Apache-2.0
// Tests of the graph's text form. They lie here because ir/ knows no operator to write one with.
#include "ir/text.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"
#include "ops/slice.h"
#include "ops/table.h"
#include "ops/unary.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string parse_error(std::string_view text) {
  const auto graph = parse_graph(text, find_op);
  return graph ? "" : graph.error().message;
}

// Text as print_graph writes it.
constexpr std::string_view kGraph = R"(graph "all that the form can say"
%x = input f32[N,3,?,8] nchw
%ids = input i64["batch size","2d"]
%w = const i8[2,2] q(scale=[0.5,0.25], zp=[0,0], axis=0) = [1, -2, 127, -128]
%one = const i8[1,2] q(scale=[0.5], zp=[3], axis=0) = [1, 2]
%limits = const i64[2] = [9223372036854775807, -9223372036854775808]
%f = const f32[4] = [0.1, -1e+30, inf, nan]
%d = const f64[1] = [0.1]
%flags = const bool[2] = [1, 0]
%none = const f32[0] = []
%a = relu(%x) : f32[N,3,?,8] q(scale=0.1, zp=-128)
%"a b\"c\\d\ne" = leaky_relu(%a) {alpha=0.1} : f32[N,3,?,8] @"node name"
%p, %q = split(%"a b\"c\\d\ne") {axis=1, sizes=[1,2]} : f32[N,1,?,8], f32[N,2,?,8]
%s = slice(%p) {starts=[0], ends=[9223372036854775807], axes=[3], steps=[2]} : f32[N,1,?,4]
%r = reduce_mean(%q) {axes=[2,3], keep_dims=false} : f32[N,2] q(scale=0.5, zp=0, bits=4)
%t = pad(%s) {pads=[0,0,0,0,0,0,0,1], mode=edge, value=-inf} : f32[N,1,?,5]
%sum = add(%r, %r) {activation=relu6} : f32[N,2]
%c = cast(%sum) {to=f16} : f16[N,2]
output %t nhwc, %c, %w, %one, %limits, %f, %d, %flags, %none
)";

TEST(Text, PrintsWhatItParsed) {
  const Graph graph = parsed(kGraph);
  EXPECT_EQ(print_graph(graph), kGraph);
  EXPECT_EQ(print_graph(parsed(print_graph(graph))), kGraph);
}

TEST(Text, ParsesEveryPartOfAGraph) {
  const Graph graph = parsed(kGraph);
  EXPECT_EQ(graph.name, "all that the form can say");
  EXPECT_EQ(graph.inputs.size(), 2u);
  EXPECT_EQ(graph.outputs.size(), 9u);
  EXPECT_EQ(graph.symbols, (std::vector<std::string>{"N", "batch size", "2d"}));
  const Tensor& x = graph.tensor(graph.inputs[0]);
  EXPECT_EQ(x.shape, (Shape{-1, 3, kUnknownDimension, 8}));
  EXPECT_EQ(x.layout, Layout::kNchw);
  const Tensor& w = graph.tensor(find_tensor(graph, "w"));
  EXPECT_THAT(w.values<std::int8_t>(), ElementsAre(1, -2, 127, -128));
  EXPECT_EQ(w.quant->axis, 0);
  EXPECT_EQ(graph.tensor(find_tensor(graph, "r")).quant->bits, 4);
  EXPECT_THAT(graph.tensor(find_tensor(graph, "limits")).values<std::int64_t>(), ElementsAre(INT64_MAX, INT64_MIN));
  const Node& node = graph.nodes[static_cast<std::size_t>(find_node(graph, "node name"))];
  EXPECT_TRUE(node.is(kLeakyRelu));
  EXPECT_EQ(graph.tensor(node.outputs[0]).name, "a b\"c\\d\ne");
  EXPECT_EQ(graph.nodes[3].as<SliceAttrs>().ends[0], INT64_MAX);
}

TEST(Text, InfersTypesThatAreNotWritten) {
  const Graph graph = parsed("%x = input f32[2,3]  # an input\n\n%y = transpose(%x) {perm=[1,0]}\noutput %y");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{3, 2}));
}

TEST(Text, FillsAConstantWithOneNumber) {
  const Graph graph = parsed("%c = const i32[2,2] = [7]\noutput %c");
  EXPECT_THAT(graph.tensor(0).values<std::int32_t>(), ElementsAre(7, 7, 7, 7));
}

TEST(Text, LeavesOutLargeConstants) {
  const Graph graph = parsed("%c = const i32[65] = [7]\noutput %c");
  EXPECT_THAT(print_graph(graph), HasSubstr("%c = const i32[65] = ...\n"));
  EXPECT_THAT(print_graph(graph, {.max_constant_elements = 65}), HasSubstr("7, 7]"));
}

TEST(Text, ShowsTheFirstOfManyParameters) {
  Graph graph = parsed("%c = const i8[5] q(scale=[1,2,3,4,5], zp=[0,0,0,0,0], axis=0) = [7]\noutput %c");
  EXPECT_THAT(print_graph(graph), HasSubstr("q(scale=[1,2,3,4,5], zp=[0,0,0,0,0], axis=0)"));
  EXPECT_THAT(print_graph(graph, {.max_constant_elements = 4}), HasSubstr("q(scale=[1,2,3,4,...], zp=[0,0,0,0,...], axis=0)"));
}

TEST(Text, PrintsOnlyAttributesThatDifferFromTheDefaults) {
  const Graph graph = parsed("%x = input f32[2]\n%y = clip(%x) {max=6}\noutput %y");
  EXPECT_EQ(print_attrs(graph.nodes[0]), "{max=6}");
  EXPECT_EQ(print_node(graph, graph.nodes[0]), "%y = clip(%x) {max=6} : f32[2]");
}

TEST(Text, NamesTheLineOfAnError) {
  EXPECT_THAT(parse_error("%x = input f32[2]\n%y = relu(%z)\noutput %y"), HasSubstr("line 2: tensor %z is used before it is made"));
  EXPECT_THAT(parse_error("%x = input f32[2]\n%y = nonsense(%x)"), HasSubstr("line 2: there is no operator 'nonsense'"));
}

TEST(Text, RefusesMalformedText) {
  const std::string x = "%x = input f32[2]\n";
  for (const std::string& text : {
           std::string("nonsense"), std::string("%x"), std::string("%x = input"), std::string("%x = input f33[2]"),
           std::string("%x = input f32[2"), std::string("%x = input f32[-2]"), std::string("%x = input f32[1.5]"),
           std::string("%x = input f32[2] more"), x + x, std::string("%x = const f32[2] = [1, 2, 3]"),
           std::string("%x = const f32[N] = [1]"), std::string("%x = const i8[1] = [128]"),
           std::string("%x = const i8[1] = [0.5]"), std::string("%x = const u8[1] = [-1]"), std::string("%x = const f16[1] = [1]"),
           std::string("%x = const f32[1] = [a]"), std::string("%x = const i64[1] = [9223372036854775808]"),
           std::string("%x = const bool[1] = [2]"), x + "%y = relu(%x", x + "%y = relu(%x) {alpha=1}",
           x + "%y = leaky_relu(%x) {alpha=[1]}", x + "%y = leaky_relu(%x) {alpha=a}", x + "%y = leaky_relu(%x) {alpha=1, alpha=2}",
           x + "%y = gelu(%x) {approximate=maybe}", x + "%y = pad(%x) {pads=1}", x + "%y = pad(%x) {pads=[0.5,1]}",
           x + "%y = pad(%x) {pads=[0,0], mode=nonsense}", x + "%y = add(%x)", x + "%y = add(%x, _)", x + "%y = relu()",
           x + "%y, %z = relu(%x)", x + "%y = relu(%x) : f32[3]", x + "%y = relu(%x) : i32[2]",
           x + "%y = relu(%x) : f32[2] q(scale=1)", x + "%y = relu(%x) : f32[2] q(scale=1, zp=0.5)",
           x + "%y = relu(%x) : f32[2] q(scale=1, zp=0, nonsense=1)", x + "%y = relu(%x) @\"unfinished", x,
           x + "output %z", x + "output %x %x", std::string("%x = input f32[4611686018427387904,4]\noutput %x")}) {
    EXPECT_NE(parse_error(text + (text.find("output") == std::string::npos && text != x ? "\noutput %x" : "")), "") << text;
  }
}

TEST(Text, PrintsGraphsThatAreBroken) {
  Graph graph;
  Tensor tensor;
  tensor.name = "x";
  tensor.quant = QuantParams{};
  graph.add_tensor(tensor);
  graph.inputs = {0};
  EXPECT_THAT(print_graph(graph), HasSubstr("q(scale=[], zp=[], axis=-1)"));
}

}  // namespace
}  // namespace octet
