// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/onnx_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <functional>

#include "importers/onnx/onnx.pb.h"
#include "importers/onnx/onnx_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"
#include "ops/table.h"
#include "passes/passes.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message << "\n" << text;
  return graph ? std::move(*graph) : Graph{};
}

std::vector<std::byte> exported(const Graph& graph, std::int64_t opset = 13) {
  auto bytes = export_onnx(graph, {.opset = opset});
  if (!bytes) ADD_FAILURE() << bytes.error().message;
  return bytes ? std::move(*bytes) : std::vector<std::byte>{};
}

onnx::ModelProto parsed_file(const std::vector<std::byte>& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return model;
}

// "Conv(x_dequantized, w_dequantized) -> y_float", one per node.
std::vector<std::string> nodes_of(const onnx::ModelProto& model) {
  std::vector<std::string> lines;
  for (const auto& node : model.graph().node()) {
    std::vector<std::string> inputs(node.input().begin(), node.input().end());
    lines.push_back(fmt::format("{}({}) -> {}", node.op_type(), fmt::join(inputs, ", "), node.output(0)));
  }
  return lines;
}

std::string export_error(std::string_view text, std::int64_t opset = 13) {
  const auto bytes = export_onnx(parsed(text), {.opset = opset});
  return bytes ? "" : bytes.error().message;
}

const onnx::TensorProto* find_initializer(const onnx::ModelProto& model, std::string_view name) {
  for (const auto& tensor : model.graph().initializer())
    if (tensor.name() == name) return &tensor;
  return nullptr;
}

constexpr std::string_view kQuantizedConv = R"(
    %x = input f32[1,1,2,2] nchw
    %q = quantize(%x) : i8[1,1,2,2] q(scale=0.5, zp=3)
    %w = const i8[2,1,1,1] q(scale=[0.25, 0.5], zp=[0, 0], axis=0) = [1, -2]
    %b = const i32[2] q(scale=[0.125, 0.25], zp=[0, 0], axis=0) = [5, 6]
    %c = conv2d(%q, %w, %b) {activation=relu6, layout=nchw} : i8[1,2,2,2] q(scale=0.0235294, zp=-128)
    %y = dequantize(%c)
    output %y nchw)";

TEST(OnnxExport, IntegersStandBetweenQuantizeAndDequantize) {
  const auto model = parsed_file(exported(parsed(kQuantizedConv)));
  EXPECT_THAT(nodes_of(model),
              ElementsAre("QuantizeLinear(x, q_scale, q_zero_point) -> q",
                          "DequantizeLinear(q, q_scale, q_zero_point) -> q_dequantized",
                          "DequantizeLinear(w, w_scale, w_zero_point) -> w_dequantized",
                          "DequantizeLinear(b, b_scale) -> b_dequantized",
                          "Conv(q_dequantized, w_dequantized, b_dequantized) -> c_before_activation",
                          "Relu(c_before_activation) -> c_float", "QuantizeLinear(c_float, c_scale, c_zero_point) -> c",
                          "DequantizeLinear(c, c_scale, c_zero_point) -> y"));
  EXPECT_EQ(model.ir_version(), 7);
  EXPECT_EQ(model.opset_import(0).version(), 13);
  ASSERT_NE(find_initializer(model, "w_scale"), nullptr);
  EXPECT_EQ(find_initializer(model, "w_scale")->dims(0), 2);
  EXPECT_EQ(find_initializer(model, "q_scale")->dims_size(), 0);
  EXPECT_EQ(find_initializer(model, "q_zero_point")->data_type(), onnx::TensorProto::INT8);
}

TEST(OnnxExport, Relu6ThatQuantizationDoesNotImplyIsAClip) {
  std::string text(kQuantizedConv);
  text.replace(text.find("scale=0.0235294"), 15, "scale=0.1");
  EXPECT_THAT(nodes_of(parsed_file(exported(parsed(text)))), testing::Contains(HasSubstr("Clip(")));
}

TEST(OnnxExport, FileKeepsNamesTypesAndSymbolsOfTheGraph) {
  const auto model = parsed_file(exported(parsed(R"(
      %x = input f32[N,3]
      %y = sigmoid(%x)
      output %y)"),
                                          21));
  ASSERT_EQ(model.graph().input_size(), 1);
  EXPECT_EQ(model.graph().input(0).name(), "x");
  EXPECT_EQ(model.graph().input(0).type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
  EXPECT_EQ(model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), "N");
  EXPECT_EQ(model.graph().output(0).name(), "y");
  EXPECT_EQ(model.ir_version(), 10);
}

TEST(OnnxExport, ProblemsAreReportedTogether) {
  const std::string error = export_error(R"(
      %x = input f32[1,4,4,1]
      %a = max_pool2d(%x)
      %b = hardmax(%a)
      %y = mish(%b)
      output %y)");
  EXPECT_THAT(error, HasSubstr("node 'a' (max_pool2d): layout NHWC"));
  EXPECT_THAT(error, HasSubstr("node 'b' (hardmax): cannot be stored in an ONNX file"));
  EXPECT_THAT(error,
              HasSubstr("node 'y' (mish): Mish came with opset 18, the file is written in opset 13: use --opset 21"));
}

TEST(OnnxExport, ParametersOfFloatsAreAnError) {
  Graph graph = parsed("%x = input f32[1]\n%y = relu(%x)\noutput %y");
  graph.tensor(graph.outputs[0]).quant = QuantParams{{0.5f}, {0}};
  const auto bytes = export_onnx(graph);
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("float tensor 'y' has quantization parameters"));
}

TEST(OnnxExport, LayerThatGivesFloatsIsAFloatLayerBehindDequantize) {
  const auto model = parsed_file(exported(parsed(R"(
      %q = input i8[1,2] q(scale=0.5, zp=3)
      %s = const f32[] = [0.5]
      %z = const i32[] = [3]
      %w = const i8[2,2] q(scale=[0.25,0.5], zp=[0,0], axis=0) = [1, -2, 2, 1]
      %b = const f32[2] = [1, 2]
      %y = dynamic_fully_connected(%q, %s, %z, %w, %b) {activation=relu}
      output %y)")));
  EXPECT_THAT(nodes_of(model), ElementsAre("DequantizeLinear(q, q_scale, q_zero_point) -> q_dequantized",
                                           "DequantizeLinear(w, w_scale, w_zero_point) -> w_dequantized",
                                           "Gemm(q_dequantized, w_dequantized, b) -> y_before_activation",
                                           "Relu(y_before_activation) -> y"));
}

TEST(OnnxExport, OtherOpsetsAreAnError) {
  EXPECT_THAT(export_error("%x = input f32[1]\n%y = relu(%x)\noutput %y", 12), HasSubstr("opset 12"));
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

// Export, import, and both compute the same. Values around 1; what an operator is decomposed into rounds a few times
// more.
void expect_round_trip(std::string_view text,
                       const std::vector<float>& values = {-1.5f, -0.25f, 0.5f, 1.0f, 1.75f, -2.0f, 0.125f, 3.0f}) {
  for (const std::int64_t opset : {13, 21}) {
    SCOPED_TRACE(fmt::format("opset {}\n{}", opset, text));
    const Graph graph = parsed(text);
    const auto imported = import_onnx(exported(graph, opset), "m.onnx", {}, {});
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(imported->tensor(imported->outputs[0]).name, graph.tensor(graph.outputs[0]).name);
    EXPECT_EQ(imported->tensor(imported->outputs[0]).shape, graph.tensor(graph.outputs[0]).shape);
    const auto expected = results(graph, values), given = results(*imported, values);
    ASSERT_EQ(expected.size(), given.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(given[i], expected[i], 2e-6f * (1 + std::abs(expected[i]))) << i;
  }
}

TEST(OnnxExport, ElementwiseOperatorsComeBack) {
  for (const std::string_view op :
       {"relu",       "relu6", "sigmoid", "tanh",      "gelu", "hard_swish", "silu",
        "abs",        "neg",   "floor",   "erf",       "exp",  "softplus",   "hard_sigmoid",
        "leaky_relu", "elu",   "selu",    "round",     "celu", "softsign",   "thresholded_relu",
        "shrink",     "sin",   "atan",    "reciprocal"}) {
    expect_round_trip(fmt::format("%x = input f32[2,4]\n%y = {}(%x)\noutput %y", op));
  }
  expect_round_trip("%x = input f32[2,4]\n%y = clip(%x) {min=-1, max=0.5}\noutput %y");
  for (const std::string_view op : {"add", "sub", "mul", "div", "minimum", "maximum", "prelu"})
    expect_round_trip(
        fmt::format("%x = input f32[2,4]\n%c = const f32[4] = [1, 2, -3, 4]\n%y = {}(%x, %c)\noutput %y", op));
  expect_round_trip("%x = input f32[2,4]\n%y = add(%x, %x) {activation=relu6}\noutput %y");
}

TEST(OnnxExport, LayersComeBack) {
  expect_round_trip(R"(
      %x = input f32[1,2,2,2] nchw
      %w = const f32[2,1,2,2] = [1, 2, 3, 4, 5, 6, 7, 8]
      %b = const f32[2] = [0.5, -1]
      %y = conv2d(%x, %w, %b) {group=2, pads=[1,0,0,1], strides=[2,1], activation=relu, layout=nchw}
      output %y)");
  expect_round_trip(
      "%x = input f32[1,1,2,4]\n%y = max_pool2d(%x) {kernel=[2,2], pads=[1,0,0,1], layout=nchw}\noutput %y");
  expect_round_trip(
      "%x = input f32[1,1,2,4]\n%y = avg_pool2d(%x) {kernel=[2,2], pads=[0,1,1,0], count_include_pad=true, "
      "layout=nchw}\noutput %y");
  expect_round_trip("%x = input f32[1,2,2,2]\n%y = avg_pool2d(%x) {global=true, layout=nchw}\noutput %y");
  expect_round_trip("%x = input f32[1,2,2,2]\n%y = resize(%x) {size=[3,5], mode=linear, layout=nchw}\noutput %y");
  expect_round_trip(R"(
      %x = input f32[4,2]
      %w = const f32[3,2] = [1, 2, 3, 4, 5, 6]
      %b = const f32[3] = [1, 2, 3]
      %y = fully_connected(%x, %w, %b) {activation=relu}
      output %y)");
  expect_round_trip(R"(
      %x = input f32[2,2,2]
      %w = const f32[3,2] = [1, 2, 3, 4, 5, 6]
      %b = const f32[3] = [1, 2, 3]
      %y = fully_connected(%x, %w, %b)
      output %y)");
  expect_round_trip("%x = input f32[2,2,2]\n%y = matmul(%x, %x) {transpose_b=true}\noutput %y");
  expect_round_trip(R"(
      %x = input f32[2,4]
      %s = const f32[4] = [1, 2, 3, 4]
      %y = scale(%x, %s, %s) {axis=1, activation=relu}
      output %y)");
  expect_round_trip("%x = input f32[2,4]\n%y = softmax(%x)\noutput %y");
}

TEST(OnnxExport, MovementsComeBack) {
  for (const std::string_view node :
       {"transpose(%x) {perm=[1,0]}", "reshape(%x) {shape=[4,-1]}", "flatten(%x) {axis=0}", "unsqueeze(%x) {axes=[0]}",
        "concat(%x, %x) {axis=1}", "slice(%x) {starts=[3], ends=[0], axes=[1], steps=[-2]}",
        "pad(%x) {pads=[0,1,1,0], value=2}", "pad(%x) {pads=[0,1,0,1], mode=reflect}", "reduce_mean(%x) {axes=[1]}",
        "reduce_sum(%x) {axes=[0], keep_dims=false}", "reduce_max(%x) {axes=[1]}", "tile(%x) {repeats=[1,2]}",
        "expand(%x) {shape=[2,2,4]}", "identity(%x)"})
    expect_round_trip(fmt::format("%x = input f32[2,4]\n%y = {}\noutput %y", node));
}

// Every node by its operator, result and parameters.
std::vector<std::string> lines_of(const Graph& graph) {
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes) {
    const Tensor& dst = graph.tensor(node.outputs[0]);
    lines.push_back(fmt::format("{} {} {}", node.op->name, data_type_name(dst.type), print_shape(graph, dst.shape)));
    if (dst.quant) lines.back() += fmt::format(" {} {}", dst.quant->scale[0], dst.quant->zero_point[0]);
  }
  return lines;
}

std::vector<std::vector<std::byte>> constants_of(const Graph& graph) {
  std::vector<std::vector<std::byte>> constants;
  for (const Node& node : graph.nodes)
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && graph.tensor(id).is_constant) {
        const auto bytes = graph.tensor(id).data.bytes();
        constants.emplace_back(bytes.begin(), bytes.end());
      }
  return constants;
}

// "[1, -2, 3, ...]"
std::string numbers(int count) {
  std::vector<int> values;
  for (int i = 1; i <= count; ++i) values.push_back(i % 2 == 0 ? -i : i);
  return fmt::format("[{}]", fmt::join(values, ", "));
}

TEST(OnnxExport, QuantizedGraphComesBackAsItWas) {
  const std::string text = fmt::format(R"(
      %x = input f32[1,4,4,2] nhwc
      %q = quantize(%x) : i8[1,4,4,2] q(scale=0.5, zp=3)
      %w = const i8[4,3,3,1] q(scale=[0.25, 0.5, 1, 0.125], zp=[0, 0, 0, 0], axis=0) = {}
      %b = const i32[4] q(scale=[0.125, 0.25, 0.5, 0.0625], zp=[0, 0, 0, 0], axis=0, bits=32) = [5, -6, 700, 80000]
      %c = conv2d(%q, %w, %b) {{group=2, strides=[2,2], pads=[1,1,1,1], activation=relu}} : i8[1,2,2,4] q(scale=0.0235294, zp=-128)
      %v = const i8[4,1,1,4] q(scale=0.25, zp=0) = {}
      %d = conv2d(%c, %v) : i8[1,2,2,4] q(scale=0.5, zp=0)
      %a = add(%d, %c) : i8[1,2,2,4] q(scale=0.3, zp=-1)
      %m = max_pool2d(%a) {{kernel=[2,2]}} : i8[1,1,1,4] q(scale=0.3, zp=-1)
      %g = sigmoid(%m) : i8[1,1,1,4] q(scale=0.00390625, zp=-128)
      %k = concat(%g, %g) {{axis=3}} : i8[1,1,1,8] q(scale=0.00390625, zp=-128)
      %e = avg_pool2d(%k) {{global=true}} : i8[1,1,1,8] q(scale=0.01, zp=-128)
      %r = reshape(%e) {{shape=[1,8]}} : i8[1,8] q(scale=0.01, zp=-128)
      %u = const i8[3,8] q(scale=[0.25, 0.5, 1], zp=[0, 0, 0], axis=0) = {}
      %f = fully_connected(%r, %u) : i8[1,3] q(scale=0.1, zp=5)
      %y = dequantize(%f)
      output %y)",
                                       numbers(36), numbers(16), numbers(24));
  for (const std::int64_t opset : {13, 21}) {
    const Graph before = parsed(text);
    Graph nchw = before;
    for (const auto pass : {convert_layout_to_nchw, cancel_transposes, merge_reshapes}) ASSERT_TRUE(pass(nchw));
    auto after = import_onnx(exported(nchw, opset), "m.onnx", {}, {});
    ASSERT_TRUE(after) << after.error().message;
    ASSERT_TRUE(run_passes(*after));
    std::vector<std::string> lines = lines_of(*after);
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("transpose"); });  // of the input
    EXPECT_EQ(lines, lines_of(before)) << print_graph(*after);
    EXPECT_EQ(constants_of(*after), constants_of(before));
  }
}

// Scales are powers of two, so that dividing a product of two by one of them is exact.
constexpr std::string_view kAscendNet = R"(
    %x = input f32[1,1,2,2] nchw
    %q = quantize(%x) : i8[1,1,2,2] q(scale=0.5, zp=0)
    %w = const i8[2,1,1,1] q(scale=[0.25, 0.5], zp=[0, 0], axis=0) = [1, -2]
    %b = const i32[2] q(scale=[0.125, 0.25], zp=[0, 0], axis=0, bits=32) = [5, 6]
    %c = conv2d(%q, %w, %b) {activation=relu, layout=nchw} : i8[1,2,2,2] q(scale=0.125, zp=0)
    %r = reshape(%c) {shape=[1,8]}  : i8[1,8] q(scale=0.125, zp=0)
    %v = const i8[2,8] q(scale=0.25, zp=0) = [1,2,3,4,5,6,7,8,1,2,3,4,5,6,7,-8]
    %d = fully_connected(%r, %v) : i8[1,2] q(scale=1, zp=0)
    %y = dequantize(%d)
    output %y)";

std::vector<std::byte> ascend_file(std::string_view text) {
  auto bytes = export_onnx(parsed(text), {.ascend_nodes = true});
  if (!bytes) ADD_FAILURE() << bytes.error().message;
  return bytes ? std::move(*bytes) : std::vector<std::byte>{};
}

Result<Graph> imported(const std::vector<std::byte>& bytes) {
  auto graph = import_onnx(bytes, "a.onnx", {}, {});
  if (!graph) return graph;
  if (auto done = run_passes(*graph); !done) return std::move(done).error();
  return graph;
}

TEST(OnnxAscend, LayersOnIntegersStandBetweenNodesOfTheirOwn) {
  const auto model = parsed_file(ascend_file(kAscendNet));
  EXPECT_THAT(nodes_of(model), ElementsAre("AscendQuant(x) -> q", "Conv(q, w, b) -> c_before_activation.acc",
                                           "AscendDequant(c_before_activation.acc, c.dequant.param) -> c_before_activation",
                                           "Relu(c_before_activation) -> c_float", "AscendQuant(c_float) -> c",
                                           "AscendAntiQuant(c) -> c_dequantized", "Reshape(c_dequantized, r_shape) -> r_float",
                                           "AscendQuant(r_float) -> r", "Gemm(r, v) -> d_float.acc",
                                           "AscendDequant(d_float.acc, d.dequant.param) -> d_float", "AscendQuant(d_float) -> d",
                                           "AscendAntiQuant(d) -> y"));
  EXPECT_EQ(model.graph().node(0).name(), "c.quant");
  EXPECT_EQ(model.graph().node(0).attribute(0).f(), 2.0f);
  const auto* param = find_initializer(model, "c.dequant.param");
  ASSERT_NE(param, nullptr);
  std::uint64_t factors[2];
  ASSERT_EQ(param->raw_data().size(), sizeof(factors));
  std::memcpy(factors, param->raw_data().data(), sizeof(factors));
  EXPECT_EQ(factors[0], std::bit_cast<std::uint32_t>(0.125f));
  EXPECT_EQ(factors[1], std::bit_cast<std::uint32_t>(0.25f));
  EXPECT_EQ(find_initializer(model, "w_scale"), nullptr);
}

TEST(OnnxAscend, ComesBackAsTheGraphThatQuantizeLinearGives) {
  const auto ascend = imported(ascend_file(kAscendNet)), plain = imported(exported(parsed(kAscendNet)));
  ASSERT_TRUE(ascend) << ascend.error().message;
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(lines_of(*ascend), lines_of(*plain));
  EXPECT_EQ(constants_of(*ascend), constants_of(*plain));
}

TEST(OnnxAscend, RefusesInputsWithZeroPoints) {
  std::string text(kAscendNet);
  text.replace(text.find("scale=0.5, zp=0"), 15, "scale=0.5, zp=3");
  const auto bytes = export_onnx(parsed(text), {.ascend_nodes = true});
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("node 'c' (Conv): its input has the zero point 3"));
}

TEST(OnnxAscend, DamagedFilesAreErrors) {
  const auto damaged = [](const std::function<void(onnx::GraphProto&)>& change) -> std::string {
    auto model = parsed_file(ascend_file(kAscendNet));
    change(*model.mutable_graph());
    std::vector<std::byte> bytes(model.ByteSizeLong());
    model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
    const auto graph = imported(bytes);
    return graph ? "" : graph.error().message;
  };
  EXPECT_THAT(damaged([](auto& g) { g.mutable_node(0)->mutable_attribute(0)->set_f(0.0f); }), HasSubstr("scale is 0"));
  EXPECT_THAT(damaged([](auto& g) { g.mutable_node(2)->set_input(1, "w"); }), HasSubstr("no constant of 64-bit integers"));
  EXPECT_THAT(damaged([](auto& g) { g.mutable_node(1)->set_op_type("Abs"); }), HasSubstr("follows no Conv"));
  EXPECT_THAT(damaged([](auto& g) { g.mutable_node(1)->set_input(0, "x"); }), HasSubstr("follows no Conv"));
}

}  // namespace
}  // namespace octet
