// SPDX-License-Identifier: Apache-2.0
#include "exporters/tflite/tflite_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "importers/tflite/tflite_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"
#include "ops/table.h"
#include "passes/passes.h"
#include "tfl3/tfl3_generated.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message << "\n" << text;
  return graph ? std::move(*graph) : Graph{};
}

std::vector<std::byte> exported(std::string_view text) {
  auto bytes = export_tflite(parsed(text));
  if (!bytes) ADD_FAILURE() << bytes.error().message;
  return bytes ? std::move(*bytes) : std::vector<std::byte>{};
}

std::string export_error(std::string_view text) {
  const auto bytes = export_tflite(parsed(text));
  return bytes ? "" : bytes.error().message;
}

std::vector<std::string> operators_of(const std::vector<std::byte>& bytes) {
  const tfl3::Model& model = *tfl3::GetModel(bytes.data());
  std::vector<std::string> names;
  for (const tfl3::Operator* op : *model.subgraphs()->Get(0)->operators())
    names.emplace_back(tfl3::EnumNameBuiltinOperator(model.operator_codes()->Get(op->opcode_index())->builtin_code()));
  return names;
}

// The graph as it runs, after being written and read.
Graph read_back(std::string_view text) {
  auto graph = import_tflite(exported(text), "m.tflite", {});
  if (!graph) ADD_FAILURE() << graph.error().message;
  if (!graph) return {};
  if (auto done = run_passes(*graph); !done) ADD_FAILURE() << done.error().message;
  return std::move(*graph);
}

std::vector<std::string> lines_of(const Graph& graph) {
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes) {
    const Tensor& dst = graph.tensor(node.outputs[0]);
    lines.push_back(fmt::format("{} {} {}", node.op->name, data_type_name(dst.type), print_shape(graph, dst.shape)));
  }
  return lines;
}

std::vector<float> results(const Graph& graph, const std::vector<float>& values) {
  const Tensor& input = graph.tensor(graph.inputs[0]);
  const auto outputs = evaluate_graph(graph, {make_constant(input.name, input.shape, values)});
  if (!outputs) {
    ADD_FAILURE() << outputs.error().message;
    return {};
  }
  const auto floats = (*outputs)[0].values<float>();
  return {floats.begin(), floats.end()};
}

// Write, read, and both compute the same; values around 1.
void expect_round_trip(std::string_view text,
                       const std::vector<float>& values = {-1.5f, -0.25f, 0.5f, 1.0f, 1.75f, -2.0f, 0.125f, 3.0f}) {
  SCOPED_TRACE(text);
  const Graph graph = parsed(text), again = read_back(text);
  ASSERT_FALSE(again.outputs.empty());
  EXPECT_EQ(again.tensor(again.outputs[0]).name, graph.tensor(graph.outputs[0]).name);
  ASSERT_EQ(again.tensor(again.outputs[0]).shape, graph.tensor(graph.outputs[0]).shape);
  const auto expected = results(graph, values), given = results(again, values);
  ASSERT_EQ(expected.size(), given.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(given[i], expected[i], 2e-6f * (1 + std::abs(expected[i]))) << i;
}

constexpr std::string_view kQuantizedNet = R"(
    %x = input f32[1,4,4,2] nhwc
    %q = quantize(%x) : i8[1,4,4,2] q(scale=0.5, zp=3)
    %w = const i8[4,3,3,1] q(scale=[0.25, 0.5, 1, 0.125], zp=[0, 0, 0, 0], axis=0) = [1]
    %b = const i32[4] q(scale=[0.125, 0.25, 0.5, 0.0625], zp=[0, 0, 0, 0], axis=0, bits=32) = [5, 6, 7, 8]
    %c = conv2d(%q, %w, %b) {group=2, strides=[2,2], pads=[1,1,1,1], activation=relu6} : i8[1,2,2,4] q(scale=0.0235294, zp=-128)
    %v = const i8[3,1,1,4] q(scale=0.25, zp=0) = [1]
    %d = conv2d(%c, %v) : i8[1,2,2,3] q(scale=0.5, zp=0)
    %e = avg_pool2d(%d) {global=true} : i8[1,1,1,3] q(scale=0.25, zp=1)
    %r = reshape(%e) {shape=[1,3]} : i8[1,3] q(scale=0.25, zp=1)
    %s = softmax(%r) : i8[1,3] q(scale=0.00390625, zp=-128)
    %y = dequantize(%s)
    output %y)";

TEST(TfliteExport, QuantizedNetworkHasTheOperatorsOfTheFormat) {
  EXPECT_THAT(operators_of(exported(kQuantizedNet)), ElementsAre("QUANTIZE", "PAD", "DEPTHWISE_CONV_2D", "CONV_2D",
                                                                 "MEAN", "RESHAPE", "SOFTMAX", "DEQUANTIZE"));
}

TEST(TfliteExport, QuantizedNetworkComesBackWithItsParameters) {
  const Graph graph = read_back(kQuantizedNet);
  EXPECT_THAT(lines_of(graph),
              ElementsAre("quantize i8 [1,4,4,2]", "conv2d i8 [1,2,2,4]", "conv2d i8 [1,2,2,3]",
                          "avg_pool2d i8 [1,1,1,3]", "reshape i8 [1,3]", "softmax i8 [1,3]", "dequantize f32 [1,3]"));
  const Graph before = parsed(kQuantizedNet);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    EXPECT_EQ(graph.tensor(graph.nodes[i].outputs[0]).quant, before.tensor(before.nodes[i].outputs[0]).quant) << i;
  const Tensor& weights = graph.tensor(graph.nodes[1].inputs[1]);
  EXPECT_EQ(weights.shape, (Shape{4, 3, 3, 1}));
  EXPECT_EQ(weights.quant, before.tensor(find_tensor(before, "w")).quant);
}

TEST(TfliteExport, ConcatOfOtherParametersIsRequantized) {
  EXPECT_THAT(operators_of(exported(R"(
      %p = input i8[2] q(scale=0.5, zp=3)
      %q = input i8[2] q(scale=0.25, zp=0)
      %y = concat(%p, %q) {axis=0} : i8[4] q(scale=0.5, zp=3)
      output %y)")),
              ElementsAre("QUANTIZE", "CONCATENATION"));
}

TEST(TfliteExport, FloatLayersComeBack) {
  expect_round_trip(R"(
      %x = input f32[1,2,2,2] nhwc
      %w = const f32[2,2,2,1] = [1, 2, 3, 4, 5, 6, 7, 8]
      %b = const f32[2] = [0.5, -1]
      %y = conv2d(%x, %w, %b) {group=2, pads=[1,0,0,1], strides=[2,1], activation=relu}
      output %y)");
  expect_round_trip(R"(
      %x = input f32[1,2,2,2] nhwc
      %w = const f32[3,1,1,2] = [1, 2, 3, 4, 5, 6]
      %y = conv2d(%x, %w) {pad_mode=same_upper, strides=[2,2]}
      output %y)");
  expect_round_trip("%x = input f32[1,2,4,1]\n%y = max_pool2d(%x) {kernel=[2,2], pads=[1,0,0,1]}\noutput %y");
  expect_round_trip("%x = input f32[1,2,4,1]\n%y = avg_pool2d(%x) {kernel=[2,2], strides=[2,2]}\noutput %y");
  expect_round_trip("%x = input f32[1,2,2,2]\n%y = resize(%x) {size=[3,5], mode=linear}\noutput %y");
  expect_round_trip(R"(
      %x = input f32[2,2,2]
      %w = const f32[3,2] = [1, 2, 3, 4, 5, 6]
      %y = fully_connected(%x, %w) {activation=relu}
      output %y)");
  expect_round_trip("%x = input f32[2,2,2]\n%y = matmul(%x, %x) {transpose_b=true}\noutput %y");
  expect_round_trip("%x = input f32[2,4]\n%y = softmax(%x)\noutput %y");
}

TEST(TfliteExport, ElementwiseOperatorsAndMovementsComeBack) {
  for (const std::string_view op :
       {"relu", "relu6", "sigmoid", "tanh", "gelu", "hard_swish", "abs", "neg", "exp", "leaky_relu", "round"})
    expect_round_trip(fmt::format("%x = input f32[2,4]\n%y = {}(%x)\noutput %y", op));
  expect_round_trip("%x = input f32[2,4]\n%y = elu(%x) {alpha=1}\noutput %y");
  for (const std::string_view op : {"add", "sub", "mul", "div", "minimum", "maximum"})
    expect_round_trip(
        fmt::format("%x = input f32[2,4]\n%c = const f32[4] = [1, 2, -3, 4]\n%y = {}(%x, %c)\noutput %y", op));
  for (const std::string_view node :
       {"transpose(%x) {perm=[1,0]}", "reshape(%x) {shape=[4,2]}", "concat(%x, %x) {axis=1}",
        "slice(%x) {starts=[1], ends=[4], axes=[1], steps=[2]}", "pad(%x) {pads=[0,1,1,0], value=2}",
        "pad(%x) {pads=[0,1,0,1], mode=reflect}", "reduce_mean(%x) {axes=[1]}",
        "reduce_max(%x) {axes=[0], keep_dims=false}"})
    expect_round_trip(fmt::format("%x = input f32[2,4]\n%y = {}\noutput %y", node));
}

TEST(TfliteExport, ProblemsAreReportedTogether) {
  const std::string error = export_error(R"(
      %x = input i8[1,4,4,1] q(scale=0.5, zp=0)
      %a = neg(%x) : i8[1,4,4,1] q(scale=0.5, zp=0)
      %b = sigmoid(%a) : i8[1,4,4,1] q(scale=0.5, zp=0)
      %y = max_pool2d(%b) {layout=nchw} : i8[1,4,4,1] q(scale=0.5, zp=0)
      output %y)");
  EXPECT_THAT(error, HasSubstr("node 'a' (neg): has no int8 kernel in TFLite; keep it float with skip_quant_type=neg"));
  EXPECT_THAT(error, HasSubstr("node 'b' (sigmoid): its int8 result must have scale 0.00390625 and zero point -128"));
  EXPECT_THAT(error, HasSubstr("node 'y' (max_pool2d): layout NCHW"));
}

TEST(TfliteExport, ADynamicBatchIsInTheSignature) {
  const std::string_view text = R"(
      %x = input f32[N,2,3]
      %s = slice(%x) {axes=[2], starts=[1], ends=[3], steps=[1]}
      %r = reshape(%s) {shape=[0,4]}
      %y = relu(%r)
      output %y)";
  const auto bytes = exported(text);
  const tfl3::SubGraph& graph = *tfl3::GetModel(bytes.data())->subgraphs()->Get(0);
  const tfl3::Tensor& input = *graph.tensors()->Get(static_cast<unsigned>(graph.inputs()->Get(0)));
  EXPECT_THAT(std::vector<int>(input.shape()->begin(), input.shape()->end()), ElementsAre(1, 2, 3));
  EXPECT_THAT(std::vector<int>(input.shape_signature()->begin(), input.shape_signature()->end()), ElementsAre(-1, 2, 3));
  ImportOptions options;
  options.input_shapes = {{"x", {5, 2, 3}}};
  const auto again = import_tflite(bytes, "m.tflite", options);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_THAT(again->tensor(again->outputs[0]).shape, ElementsAre(5, 4));
}

TEST(TfliteExport, OtherDynamicDimensionsAreAnError) {
  EXPECT_THAT(export_error("%x = input f32[2,N]\n%y = relu(%x)\noutput %y"), HasSubstr("--input-shape"));
}

}  // namespace
}  // namespace octet
