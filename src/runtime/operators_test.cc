// SPDX-License-Identifier: Apache-2.0
// Every operator of the runtime against evaluation (float32) and plain arithmetic (int8), on all instruction sets of the
// machine and several numbers of threads.
#include <gmock/gmock.h>

#include "runtime/plain_qs8.h"

namespace octet {
namespace {

TEST(Conv, RunsAnyNumberOfDimensions) {
  for (const char* sizes : {"2,6,19 4,3,4 group=2, strides=[3], pads=[2,1]", "1,4,33,21 8,4,3,3 pads=[1,1,0,2], dilations=[2,1]",
                            "2,6,5,6,7 9,2,3,2,3 group=3, strides=[2,1,2], pads=[1,0,2,1,1,0]", "1,2,3,3,40 3,2,1,1,9 pad_mode=same_upper"}) {
    const std::string text = sizes;
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    const std::string weights = text.substr(first + 1, second - first - 1), attrs = text.substr(second + 1);
    // Once with constant weights, once with computed ones.
    for (const char* kind : {"const", "input"})
      expect_float_runs(fmt::format("%x = input f32[{}]\n%w = {} f32[{}]{}\n%b = input f32[{}]\n%y = conv(%x, %w, %b) {{{}}}\noutput %y",
                                    text.substr(0, first), kind, weights, kind == std::string("const") ? " = [0]" : "",
                                    weights.substr(0, weights.find(',')), attrs));
  }
}

TEST(ConvTranspose, RunsAnyNumberOfDimensions) {
  for (const char* sizes : {"2,6,19 6,2,4 group=2, strides=[3], pads=[2,1]", "1,4,17,21 4,40,3,3 strides=[2,2], pads=[1,1,0,2], output_padding=[1,0]",
                            "2,6,5,6,3 6,3,3,2,3 group=3, strides=[2,1,3], dilations=[1,2,1]", "1,3,9,9 3,2,2,2 strides=[3,3]"}) {
    const std::string text = sizes;
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    for (const char* kind : {"const", "input"})
      expect_float_runs(fmt::format("%x = input f32[{}]\n%w = {} f32[{}]{}\n%y = conv_transpose(%x, %w) {{{}}}\noutput %y", text.substr(0, first), kind,
                                    text.substr(first + 1, second - first - 1), kind == std::string("const") ? " = [0]" : "", text.substr(second + 1)));
  }
}

TEST(Planes, RunAloneWhatEachChannelNeeds) {
  for (const char* op : {"max_pool(%x) {kernel=[2,2,3], strides=[1,2,2], pads=[1,0,0,1,1,1]}", "avg_pool(%x) {kernel=[2,2,2], count_include_pad=true, pads=[1,1,1,1,1,1]}",
                         "lp_pool(%x) {kernel=[3,1,2], p=3}", "grid_sample(%x, %g) {padding=reflection}"})
    expect_float_runs(fmt::format("%x = input f32[2,5,4,5,6]\n%g = input f32[2,3,2,4,3]\n%y = {}\noutput %y", op));
}

struct RecurrentOp {
  const char* name;
  int gates;
  const char* activations;  // of one direction
  const char* zeros;        // a number for each activation of both directions
};
constexpr RecurrentOp kRecurrentOps[] = {{"lstm", 4, "0,1,1", "0,0,0,0,0,0"}, {"gru", 3, "0,1", "0,0,0,0"}, {"rnn", 1, "1", "0,0"}};

TEST(Recurrent, RunsInBothDirections) {
  for (const auto& [name, gates, activations, zeros] : kRecurrentOps) {
    for (const char* more : {"", ", clip=0.5", ", reset_after=true"})
      expect_float_runs(fmt::format(R"(
          %x = input f32[5,3,7]
          %w = const f32[2,{0},7] = [0]
          %r = const f32[2,{0},9] = [0]
          %b = const f32[2,{1}] = [0]
          %y, %h = {2}(%x, %w, %r, %b) {{hidden=9, direction=both, activations=[{3},{3}], alpha=[{4}], beta=[{4}]{5}}}
          output %y, %h)", 9 * gates, 18 * gates, name, activations, zeros, more));
  }
}

TEST(Recurrent, MultipliesRowsThatItQuantizes) {
  for (const auto& [name, gates, activations, zeros] : kRecurrentOps) {
    for (const char* more : {"", ", reset_after=true"})
      expect_float_runs(fmt::format(R"(
          %x = input f32[5,3,7]
          %w = const i8[2,{0},7] q(scale=[0.01,0.02], zp=[0,0], axis=0) = [0]
          %r = const i8[2,{0},9] q(scale=0.015, zp=0) = [0]
          %y, %h = {1}(%x, %w, %r) {{hidden=9, direction=both, activations=[{2},{2}], alpha=[{3}], beta=[{3}], dynamic=true{4}}}
          output %y, %h)", 9 * gates, name, activations, zeros, more));
  }
}

TEST(FullyConnected, RunsAnySize) {
  for (const char* sizes : {"1,1 1,1", "1,37 70,37", "5,16 33,16", "2,3,4,9 7,9"}) {
    const std::string text = sizes;
    const std::size_t space = text.find(' ');
    const std::string weights = text.substr(space + 1);
    expect_runs(fmt::format(R"(
        %x = input f32[{}]
        %w = const f32[{}] = [0]
        %b = const f32[{}] = [0]
        %y = fully_connected(%x, %w, %b) {{activation=relu}}
        %z = fully_connected(%x, %w)
        output %y, %z)", text.substr(0, space), weights, weights.substr(0, weights.find(','))));
  }
}

// 40,000 products of 255 * 127 could overflow int32, so such a layer is computed in float32.
TEST(FullyConnected, TooManyProductsForInt32StillRun) {
  Random random(1);
  const Graph graph = parsed(R"(
      %x = input i8[1,40000] q(scale=1, zp=-128)
      %w = const i8[2,40000] q(scale=1, zp=0) = [127]
      %y = fully_connected(%x, %w) : i8[1,2] q(scale=1e8, zp=0)
      output %y)");
  std::vector<std::int8_t> values(40000, 127);
  const auto outputs = execute(graph, {make_constant("x", {1, 40000}, values)}, {});
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].values<std::int8_t>()[0], 13);  // 40000 * 255 * 127 = 1.295e9
}

TEST(DynamicFullyConnected, TooManyProductsForInt32StillRun) {
  expect_float_runs(R"(
      %x = input f32[2,40000]
      %w = const i8[3,40000] q(scale=0.01, zp=0) = [0]
      %q, %s, %z = dynamic_quantize(%x)
      %y = dynamic_fully_connected(%q, %s, %z, %w)
      output %y)");
}

TEST(Recurrent, TooManyProductsForInt32StillRun) {
  expect_float_runs(R"(
      %x = input f32[1,1,40000]
      %w = const i8[1,2,40000] q(scale=0.001, zp=0) = [0]
      %r = const i8[1,2,2] q(scale=0.001, zp=0) = [0]
      %y, %h = rnn(%x, %w, %r) {hidden=2, activations=[1], alpha=[0], beta=[0], dynamic=true}
      output %y, %h)");
}

TEST(Matmul, BroadcastsAndTransposes) {
  for (const char* graph : {"2,3,5,7 7,9 ", "5,7 2,3,7,9 ", "2,1,5,7 1,3,7,9 ", "3,5,7 3,9,7 transpose_b=true", "3,7,5 3,7,9 transpose_a=true",
                            "2,7,5 9,7 transpose_a=true, transpose_b=true", "7 7,9 ", "5,7 7 ", "40,33 33,65 activation=relu"}) {
    const std::string text = graph;
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    expect_runs(fmt::format(R"(
        %x = input f32[{}]
        %z = input f32[{}]
        %y = matmul(%x, %z) {{{}}}
        output %y)", text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)));
  }
}

TEST(Matmul, TakesABiasInFloat) {
  expect_float_runs("%x = input f32[2,5,7]\n%z = input f32[7,9]\n%b = input f32[9]\n%y = matmul(%x, %z, %b)\noutput %y");
}

// A graph in float32, and the same in int8 if that `has_int8`, on every tier of the machine: kernels need not know about
// tensors without elements.
void expect_runs_empty(const std::string& text, bool has_int8 = true) {
  for (const char* type : {"f32", "i8"}) {
    if (type == std::string("i8") && !has_int8) continue;
    Random random(1);
    std::string typed = text;
    for (std::size_t at = 0; (at = typed.find("T[", at)) != std::string::npos;) typed.replace(at, 1, type);
    Graph graph = parsed(typed);
    set_quant(graph, random, false);
    randomize_constants(graph, random);
    const auto inputs = random_inputs(graph, random);
    const auto evaluated = type == std::string("f32") ? evaluate_graph(graph, inputs) : plain_evaluate(graph, inputs);
    ASSERT_TRUE(evaluated) << evaluated.error().message;
    for (int tier = 0; tier < kNumIsas; ++tier) {
      if (!cpu_features().has(static_cast<Isa>(tier))) continue;
      const RunOptions options{2, features_up_to(static_cast<Isa>(tier))};
      const auto outputs = execute(graph, inputs, options);
      ASSERT_EQ(outputs.size(), evaluated->size());
      for (std::size_t i = 0; i < outputs.size(); ++i) expect_near((*evaluated)[i], outputs[i], describe(graph, options));
    }
  }
}

TEST(Products, RunWithoutValuesRowsOrColumns) {
  for (const char* sizes : {"3,0 5,0 5", "0,4 5,4 5", "3,4 0,4 0", "0,0 5,0 5", "3,0 0,0 0", "2,0,4 5,4 5"}) {
    const std::string text = sizes;
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    const std::string src = text.substr(0, first), weights = text.substr(first + 1, second - first - 1), n = text.substr(second + 1);
    expect_runs_empty(fmt::format("%x = input T[{}]\n%w = const T[{}] = [0]\n%y = fully_connected(%x, %w)\noutput %y", src, weights));
    expect_runs_empty(fmt::format("%x = input T[{}]\n%z = input T[{}]\n%y = matmul(%x, %z) {{transpose_b=true}}\noutput %y", src, weights));
    expect_runs_empty(fmt::format(R"(
        %x = input f32[{}]
        %w = const f32[{}] = [0]
        %b = const f32[{}] = [0]
        %y = fully_connected(%x, %w, %b)
        output %y)", src, weights, n), /*has_int8=*/false);
    expect_runs_empty(fmt::format(R"(
        %x = input f32[{}]
        %w = const i8[{}] q(scale=0.01, zp=0) = [0]
        %d = dequantize(%w)
        %y = fully_connected(%x, %d)
        output %y)", src, weights), /*has_int8=*/false);
    for (const char* per_row : {"true", "false"})
      expect_runs_empty(fmt::format(R"(
          %x = input f32[{}]
          %w = const i8[{}] q(scale=0.01, zp=0) = [0]
          %b = const f32[{}] = [0]
          %q, %s, %z = dynamic_quantize(%x) {{per_row={}}}
          %y = dynamic_fully_connected(%q, %s, %z, %w, %b)
          output %y)", src, weights, n, per_row), /*has_int8=*/false);
  }
  expect_runs_empty("%x = input T[0,4,5,3]\n%w = const T[7,3,3,3] = [0]\n%y = conv2d(%x, %w)\noutput %y");
  expect_runs_empty("%x = input T[0,4,5,3]\n%w = const T[7,1,1,3] = [0]\n%y = conv2d(%x, %w)\noutput %y");
}

// Names of the kernels that run the graph's nodes on this machine.
std::vector<std::string> kernels_of(const Graph& graph) {
  const auto plan = Plan::make(graph, {cpu_features(), false});
  EXPECT_TRUE(plan);
  std::vector<std::string> names;
  for (const Plan::Step& step : (*plan)->steps()) names.push_back(step.op->kernel_name());
  return names;
}

// Constants that are int8 get values of 4 bits; the kernel for these must then run `num_nodes` nodes, with the bits of any other.
void expect_runs_weights_of_4_bits(const std::string& text, int num_nodes) {
  Random random(1);
  Graph graph = parsed(text);
  set_quant(graph, random, false);
  randomize_constants(graph, random);
  for (Tensor& tensor : graph.tensors) {
    if (!tensor.is_constant || tensor.type != DataType::kInt8) continue;
    const auto quant = tensor.quant;
    tensor = make_constant(tensor.name, tensor.shape, random.int8s(tensor.values<std::int8_t>().size(), -8, 7));
    tensor.quant = quant;
  }
  const auto names = kernels_of(graph);
  EXPECT_EQ(std::ranges::count_if(names, [](const std::string& name) { return name.starts_with("gemv_qs8_qc4w"); }), num_nodes) << text;
  const auto inputs = random_inputs(graph, random);
  const bool is_float = graph.tensor(graph.inputs[0]).type == DataType::kFloat32;
  const auto expected = is_float ? evaluate_graph(graph, inputs) : plain_evaluate(graph, inputs);
  ASSERT_TRUE(expected) << expected.error().message;
  for (const RunOptions& options : all_run_options()) {
    const auto outputs = execute(graph, inputs, options);
    ASSERT_EQ(outputs.size(), expected->size());
    for (std::size_t i = 0; i < outputs.size(); ++i) expect_near((*expected)[i], outputs[i], describe(graph, options));
  }
}

TEST(WeightsOf4Bits, AreMultipliedAsSuchByARowOrTwo) {
  for (const auto& [rows, num_nodes] : {std::pair{1, 2}, {2, 2}, {3, 0}}) {
    expect_runs_weights_of_4_bits(fmt::format(R"(
        %x = input i8[{},37]
        %w = const i8[300,37] = [0]
        %b = const i32[300] = [0]
        %v = const i8[70,300] q(scale=0.01, zp=3) = [0]
        %y = fully_connected(%x, %w, %b) {{activation=relu}}
        %z = fully_connected(%y, %v)
        output %z)", rows), num_nodes);
    expect_runs_weights_of_4_bits(fmt::format(R"(
        %x = input f32[{},37]
        %w = const i8[300,37] q(scale=0.01, zp=0) = [0]
        %b = const f32[300] = [0]
        %q, %s, %z = dynamic_quantize(%x)
        %y = dynamic_fully_connected(%q, %s, %z, %w, %b) {{activation=gelu}}
        %u, %t, %o = dynamic_quantize(%x) {{per_row=false, symmetric=false}}
        %v = dynamic_fully_connected(%u, %t, %o, %w)
        output %y, %v)", rows), num_nodes);
  }
}

TEST(WeightsOf4Bits, AreMultipliedAsSuchByOnePixel) {
  expect_runs_weights_of_4_bits(R"(
      %x = input i8[2,1,1,18]
      %w = const i8[33,1,1,18] = [0]
      %v = const i8[6,1,1,11] = [0]
      %u = const i8[5,3,3,6] = [0]
      %y = conv2d(%x, %w)
      %z = conv2d(%y, %v) {group=3}
      %r = conv2d(%z, %u) {pads=[1,1,1,1]}
      output %r)", 2);
}

TEST(WeightsOf4Bits, AreMultipliedAsSuchByStates) {
  // The input's product has five rows, the state's one.
  expect_runs_weights_of_4_bits(R"(
      %x = input f32[5,1,7]
      %w = const i8[1,36,7] q(scale=0.01, zp=0) = [0]
      %r = const i8[1,36,9] q(scale=0.02, zp=0) = [0]
      %y, %h = lstm(%x, %w, %r) {hidden=9, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0], dynamic=true}
      output %y, %h)", 0);
  expect_runs_weights_of_4_bits(R"(
      %x = input f32[1,2,7]
      %w = const i8[1,36,7] q(scale=0.01, zp=0) = [0]
      %r = const i8[1,36,9] q(scale=0.02, zp=0) = [0]
      %y, %h = lstm(%x, %w, %r) {hidden=9, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0], dynamic=true}
      output %y, %h)", 1);
}

TEST(Recurrent, RunsWithoutStepsOrSequences) {
  for (const char* shape : {"0,3,7", "5,0,7"})
    for (const char* type : {"f32[1,36,7] = [0]\n%r = const f32[1,36,9] = [0]\n%y, %h = lstm(%x, %w, %r) {dynamic=false,",
                             "i8[1,36,7] q(scale=0.01, zp=0) = [0]\n%r = const i8[1,36,9] q(scale=0.02, zp=0) = [0]\n%y, %h = lstm(%x, %w, %r) {dynamic=true,"})
      expect_runs_empty(fmt::format("%x = input f32[{}]\n%w = const {} hidden=9, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0]}}\noutput %y, %h", shape, type),
                        /*has_int8=*/false);
}

TEST(Pool2d, RunsAnyWindow) {
  for (const char* op : {"max_pool2d", "avg_pool2d"})
    for (const char* attrs : {"kernel=[2,2]", "kernel=[3,3], strides=[2,2], pads=[1,1,1,1]", "global=true",
                              "kernel=[3,2], strides=[2,2], ceil_mode=true", "kernel=[2,3], dilations=[2,2]",
                              "kernel=[3,3], pad_mode=same_upper, strides=[2,1], activation=relu",
                              "kernel=[3,3], pads=[1,2,0,1], count_include_pad=true, activation=relu6",
                              "kernel=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=true, ceil_mode=true"})
      for (const int c : {3, 33})
        expect_runs(fmt::format("%x = input f32[2,8,7,{}]\n%y = {}(%x) {{{}}}\noutput %y", c, op, attrs));
}

TEST(Pool2d, MaximumBetweenDifferentParametersIsRequantized) {
  Random random(1);
  const Graph graph = parsed(R"(
      %x = input i8[1,4,4,3] q(scale=0.5, zp=0)
      %y = max_pool2d(%x) {kernel=[2,2], strides=[2,2]} : i8[1,2,2,3] q(scale=1, zp=-10)
      output %y)");
  std::vector<std::int8_t> values(48, 7);
  EXPECT_EQ(execute(graph, {make_constant("x", {1, 4, 4, 3}, values)}, {})[0].values<std::int8_t>()[0], 4 - 10);
}

constexpr const char* kBroadcasts[] = {
    "2,30,31,5 2,30,31,5", "2,30,31,5 5",       "2,30,31,5 1", "2,3,4,5 2,3,4,1", "2,3,4,5 2,1,1,1", "2,3,4,5 1,3,4,5",
    "2,3,4,5 4,5",         "1,3,4,5 1,3,4,1",   "7 1",         "1 1",             "2,3,4,5 2,1,1,5", "2,3,4,5 3,1,5",
    "2,1,4 3,1",           "9000 9000",         "9000 1",      "3,5000 3,1",
};

TEST(Binary, BroadcastsEitherOperand) {
  for (const char* shapes : kBroadcasts) {
    const std::string text = shapes;
    const std::string a = text.substr(0, text.find(' ')), b = text.substr(text.find(' ') + 1);
    for (const char* op : {"add", "sub", "mul"})
      for (const char* order : {"%x, %z", "%z, %x"})
        for (const char* attrs : {"", "{activation=relu}", "{activation=relu6}"}) {
          // General broadcasts of int8 are computed by reference, whose rounding differs: see below.
          const std::string graph = fmt::format("%x = input f32[{}]\n%z = input f32[{}]\n%y = {}({}) {}\noutput %y", a, b, op, order, attrs);
          const bool is_general = text == "2,3,4,5 2,1,1,5" || text == "2,3,4,5 3,1,5" || text == "2,1,4 3,1";
          if (is_general) expect_float_runs(graph);
          else expect_runs(graph);
        }
    for (const char* op : {"div", "minimum", "maximum", "pow", "prelu"})
      expect_float_runs(fmt::format("%x = input f32[{}]\n%z = input f32[{}]\n%ax = abs(%x)\n%az = exp(%z)\n%y = {}(%ax, %az)\noutput %y", a, b, op));
  }
}

TEST(Binary, TakesAConstantOnEitherSide) {
  for (const char* order : {"%x, %c", "%c, %x"})
    for (const char* op : {"add", "sub", "mul"})
      expect_runs(fmt::format("%x = input f32[2,3,4,5]\n%c = const f32[5] = [0]\n%y = {}({})\noutput %y", op, order));
}

constexpr const char* kUnary[] = {"abs",  "ceil", "clip", "cos",  "elu",        "erf",   "exp",   "floor", "gelu", "hard_sigmoid",
                                  "hard_swish", "leaky_relu", "neg", "relu", "relu6", "round", "sigmoid", "sign", "silu",
                                  "sin",  "softplus", "tanh"};

TEST(Unary, RunsAsATable) {
  for (const char* op : kUnary) {
    const char* attrs = std::string(op) == "clip" ? "{min=-0.5, max=0.7}" : "";
    expect_runs(fmt::format("%x = input f32[3,5000]\n%y = {}(%x) {}\noutput %y", op, attrs));
  }
}

TEST(Unary, TablesSurviveInfinitiesAndNaN) {
  for (const char* op : {"log", "sqrt", "reciprocal"})
    expect_int8_runs(fmt::format("%x = input i8[256]\n%y = {}(%x)\noutput %y", op));
}

TEST(Movement, RunsOnAnyRank) {
  for (const char* graph : {
           "%x = input f32[2,3,4,5]\n%y = transpose(%x) {perm=[0,3,1,2]}\noutput %y",
           "%x = input f32[40,50,60]\n%y = transpose(%x) {perm=[2,0,1]}\noutput %y",
           "%x = input f32[2,3,2,3,2,3]\n%y = transpose(%x) {perm=[5,3,1,0,2,4]}\noutput %y",
           "%x = input f32[2,1,2,3,2,1,2]\n%y = transpose(%x) {perm=[6,5,3,1,0,2,4]}\noutput %y",
           "%x = input f32[2,3,4,5]\n%z = input f32[2,3,4,2]\n%y = concat(%x, %z, %x) {axis=-1}\noutput %y",
           "%x = input f32[2,3,4]\n%z = input f32[1,3,4]\n%y = concat(%x, %z) {axis=0}\noutput %y",
           "%x = input f32[2,3,4]\n%c = const f32[2,5,4] = [0]\n%y = concat(%x, %c) {axis=1}\noutput %y",
           "%x = input f32[2,3,9]\n%a, %b, %c = split(%x) {axis=2, sizes=[2,3,4]}\noutput %a, %b, %c",
           "%x = input f32[2,9,8]\n%y = slice(%x) {starts=[1,-2], ends=[8,-9], axes=[1,2], steps=[3,-2]}\noutput %y",
           "%x = input f32[2,9,8]\n%y = slice(%x) {starts=[-1], ends=[-100], axes=[0], steps=[-1]}\noutput %y",
           "%x = input f32[2,3,4]\n%y = pad(%x) {pads=[1,0,2,0,3,4]}\noutput %y",
           "%x = input f32[2,5,4]\n%y = pad(%x) {pads=[1,-1,2,0,-2,-3]}\noutput %y",
           "%x = input f32[2,3,4]\n%y = pad(%x) {pads=[1,0,2,0,3,4], value=0.5}\noutput %y",
           "%x = input f32[2,5,4]\n%y = pad(%x) {pads=[0,2,1,0,1,2], mode=reflect}\noutput %y",
           "%x = input f32[2,5,4]\n%y = pad(%x) {pads=[0,2,1,0,1,2], mode=edge}\noutput %y",
           "%x = input f32[1,3,0]\n%y = transpose(%x) {perm=[2,0,1]}\noutput %y",
       })
    expect_runs(graph);
}

TEST(Movement, MovesIntegersAndBooleans) {
  for (const char* type : {"i64", "i32", "u8"})
    expect_float_runs(fmt::format("%k = const {}[3,2] = [1, 2, 3, 4, 5, 6]\n%y = transpose(%k) {{perm=[1,0]}}\noutput %y", type));
}

TEST(Movement, ConcatOfDifferentParametersIsRequantized) {
  const Graph graph = parsed(R"(
      %x = input i8[2] q(scale=0.5, zp=0)
      %z = input i8[2] q(scale=2, zp=10)
      %y = concat(%x, %z) : i8[4] q(scale=1, zp=-10)
      %a, %b = split(%y) {sizes=[1,3]} : i8[1] q(scale=1, zp=-10), i8[3] q(scale=2, zp=0)
      output %y, %b)");
  const auto outputs = execute(graph, {make_constant("x", {2}, std::vector<std::int8_t>{4, 10}), make_constant("z", {2}, std::vector<std::int8_t>{10, 12})}, {});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(std::vector<std::int8_t>(outputs[0].values<std::int8_t>().begin(), outputs[0].values<std::int8_t>().end()),
            (std::vector<std::int8_t>{2 - 10, 5 - 10, 0 - 10, 4 - 10}));
  EXPECT_EQ(outputs[1].values<std::int8_t>()[2], 2);
}

TEST(Resize, RunsInFloat) {
  for (const char* mode : {"nearest", "linear", "cubic"})
    for (const char* coordinates : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"})
      for (const char* size : {"[9,11]", "[3,2]", "[5,7]"})
        expect_float_runs(fmt::format("%x = input f32[2,5,4,3]\n%y = resize(%x) {{size={}, mode={}, coordinate_mode={}}}\noutput %y", size, mode, coordinates));
}

// Interpolated steps are the interpolated reals, rounded: at most half a step away. Cubic ones are clamped as well.
TEST(Resize, InterpolatesInt8) {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    Random random(1);
    const Graph graph = parsed(fmt::format(R"(
      %x = input i8[2,5,4,3] q(scale=1, zp=0)
      %y = resize(%x) {{size=[9,11], mode={}}} : i8[2,9,11,3] q(scale=1, zp=0)
      output %y)", mode));
    auto inputs = random_inputs(graph, random);
    const Floats expected = evaluate_floats(graph.nodes[0], {{inputs[0].shape, centered(inputs[0])}}, {2, 9, 11, 3});
    for (const RunOptions& options : all_run_options()) {
      const auto outputs = execute(graph, inputs, options);
      for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(outputs[0].values<std::int8_t>()[i], std::clamp(expected[i], -128.0f, 127.0f), 0.501) << mode;
    }
  }
}

TEST(ReduceMean, RunsOverAnyAxes) {
  for (const char* attrs : {"axes=[1,2]", "axes=[-1]", "axes=[1,3], keep_dims=false", "", "axes=[0]"})
    expect_runs(fmt::format("%x = input f32[3,9,8,7]\n%y = reduce_mean(%x) {{{}}}\noutput %y", attrs));
}

TEST(Softmax, RunsOverTheLastDimension) {
  for (const char* graph : {"[3,7] {}", "[1,1000] {}", "[2,3,5,9] {}", "[4,6,1,1] {axis=1}", "[2,1] {}"}) {
    const std::string text = graph;
    expect_runs(fmt::format("%x = input f32{}\n%y = softmax(%x) {}\noutput %y", text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)));
  }
}

TEST(Softmax, UsesItsWholeRange) {
  Random random(1);
  expect_int8_runs("%x = input i8[5,20] q(scale=0.05, zp=3)\n%y = softmax(%x) : i8[5,20] q(scale=0.00390625, zp=-128)\noutput %y");
}

TEST(Quantize, CrossesTheBorderBothWays) {
  expect_int8_runs(R"(
      %x = input f32[3,5000]
      %q = quantize(%x)
      %r = quantize(%q)
      %s = relu(%r)
      %d = dequantize(%s)
      output %d, %q)");
}

TEST(Quantize, DequantizesWeightsPerChannel) {
  const Graph graph = parsed(R"(
      %x = input f32[1,2]
      %w = const i8[2,2] q(scale=[0.5,2], zp=[0,1], axis=0) = [1, 2, 3, 4]
      %d = dequantize(%w)
      %y = fully_connected(%x, %d)
      output %y)");
  const auto outputs = execute(graph, {make_constant("x", {1, 2}, std::vector<float>{1, 10})}, {});
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].values<float>()[0], 0.5f + 10.0f);
  EXPECT_EQ(outputs[0].values<float>()[1], 4.0f + 60.0f);
}

// Operators without an integer kernel for these forms: dequantize, float, quantize.
TEST(QuantizedReference, RunsWhatHasNoKernel) {
  for (const char* text : {"%x = input i8[2,3,4,5]\n%z = input i8[2,1,1,5]\n%y = mul(%x, %z)\noutput %y",
                           "%x = input i8[2,1,4]\n%z = input i8[3,1]\n%y = add(%x, %z)\noutput %y",
                           "%x = input i8[2,3]\n%z = input i8[2,3]\n%y = minimum(%x, %z)\noutput %y",
                           "%x = input i8[2,3]\n%z = input i8[3]\n%y = maximum(%x, %z)\noutput %y",
                           "%x = input i8[2,3,4]\n%y = softmax(%x) {axis=1}\noutput %y",
                           "%x = input i8[2,3,4]\n%z = input i8[3]\n%y = scale(%x, %z)\noutput %y"}) {
    Random random(1);
    Graph graph = parsed(text);
    set_quant(graph, random, false);
    const auto inputs = random_inputs(graph, random);
    std::vector<const Tensor*> views;
    for (const Tensor& tensor : inputs) views.push_back(&tensor);
    const Bytes expected = plain_by_reference({graph, graph.nodes[0], views});
    for (const RunOptions& options : all_run_options()) {
      const auto outputs = execute(graph, inputs, options);
      ASSERT_EQ(outputs.size(), 1u);
      EXPECT_EQ(std::memcmp(outputs[0].data.bytes().data(), expected.data(), expected.size()), 0) << describe(graph, options);
    }
  }
}

TEST(LayerNorm, RunsOverTheLastDimensions) {
  for (const char* node : {"layer_norm(%x, %g, %b) {axis=-1}", "layer_norm(%x, %g) {axis=-1, epsilon=0.1}"})
    expect_float_runs(fmt::format(R"(
        %x = input f32[3,5,37]
        %g = const f32[37] = [0]
        %b = const f32[37] = [0]
        %y = {}
        output %y)", node), 1);
}

TEST(Unary, RunsFunctionsWithKernels) {
  for (const char* op : {"erf", "exp", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "sigmoid", "silu", "tanh"})
    expect_float_runs(fmt::format("%x = input f32[7,999]\n%y = {}(%x)\noutput %y", op), 1);
}

TEST(Attention, RunsAnyMask) {
  for (const char* mask : {"[2,1,1,50]", "[1,1,61,50]", "[2,4,61,50]", "[1,4,1,1]"})
    expect_float_runs(fmt::format(R"(
        %q = input f32[2,61,24]
        %k = input f32[2,50,24]
        %v = input f32[2,50,36]
        %m = input f32{}
        %y = attention(%q, %k, %v, %m) {{heads=4, scale=0.4}}
        output %y)", mask), 1);
  expect_float_runs("%q = input f32[1,3,16]\n%y = attention(%q, %q, %q) {heads=2, scale=0.5}\noutput %y", 1);
}

// The quantized values are equal to the reference's, so only sums of floats differ.
TEST(DynamicFullyConnected, RunsRowsAndWholeTensors) {
  for (const char* quantize : {"", "{symmetric=false}", "{per_row=false}", "{per_row=false, symmetric=false}"}) {
    for (const char* activation : {"none", "relu6", "gelu", "gelu_approximate"}) {
      for (const char* shape : {"1,1,33", "2,29,70"})
        expect_float_runs(fmt::format(R"(
            %x = input f32[{0}]
            %w = const i8[45,{1}] q(scale=0.01, zp=0) = [0]
            %b = const f32[45] = [0]
            %q, %s, %z = dynamic_quantize(%x) {2}
            %y = dynamic_fully_connected(%q, %s, %z, %w, %b) {{activation={3}}}
            output %y)", shape, std::string_view(shape).substr(std::string_view(shape).rfind(',') + 1), quantize, activation), 1);
    }
  }
}

}  // namespace
}  // namespace octet
