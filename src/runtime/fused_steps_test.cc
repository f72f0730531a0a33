// SPDX-License-Identifier: Apache-2.0
// Steps that run together: layers with the addition behind them, averages with the padding before them,
// normalizations with the addition before them.
#include <fmt/ranges.h>

#include "runtime/plain_qs8.h"

namespace octet {
namespace {

// The nodes that run with the one before.
std::string fused_nodes(const Graph& graph) {
  const auto plan = Plan::make(graph);
  if (!plan) return plan.error().message;
  std::vector<std::string> names;
  for (const Plan::Step& step : (*plan)->steps())
    if (step.fused != nullptr) names.push_back(graph.nodes[step.node].name);
  return fmt::format("{}", fmt::join(names, " "));
}

struct ResidualNetwork {
  std::string_view text;
  std::string_view fused;  // nodes
};

constexpr ResidualNetwork kResidualNetworks[] = {
    // A block with the input added, one with a convolution added, either side of the addition; batch 2; a result read twice.
    {R"(
    %x = input f32[2,9,7,64]
    %w = const f32[24,1,1,64] = [0]
    %v = const f32[24,3,3,24] = [0]
    %u = const f32[64,1,1,24] = [0]
    %b = const f32[80,1,1,64] = [0]
    %d = const f32[80,1,1,24] = [0]
    %c1 = conv2d(%x, %w) {activation=relu}
    %c2 = conv2d(%c1, %v) {pads=[1,1,1,1], activation=relu}
    %c3 = conv2d(%c2, %u)
    %y1 = add(%c3, %x) {activation=relu}
    %c4 = conv2d(%y1, %w) {activation=relu6}
    %c5 = conv2d(%c4, %d)
    %c6 = conv2d(%y1, %b)
    %y2 = add(%c5, %c6) {activation=relu6}
    %y3 = add(%x, %y1)
    output %y2, %y3)",
     "y1 y2"},
    // Windows, strides and groups; what is added is a constant, or the convolution's own input.
    {R"(
    %x = input f32[1,12,10,24]
    %w = const f32[24,3,3,24] = [0]
    %v = const f32[48,3,3,12] = [0]
    %k = const f32[1,6,5,48] = [0]
    %r = const f32[1,6,5,48] = [0]
    %a = conv2d(%x, %w) {pads=[1,1,1,1]}
    %y = add(%x, %a)
    %b = conv2d(%y, %v) {group=2, strides=[2,2], pads=[1,1,1,1]}
    %z = add(%r, %b) {activation=relu}
    output %z)",
     "y z"},
    // More than one slice of K, rows and columns that leave tails, one and two rows; a leading dimension of 1.
    {R"(
    %x = input f32[1,2,150]
    %w = const f32[70,1500] = [0]
    %v = const f32[1500,150] = [0]
    %o = input f32[2,70]
    %h = fully_connected(%x, %v) {activation=relu}
    %l = fully_connected(%h, %w)
    %y = add(%l, %o)
    output %y)",
     "y"},
    {R"(
    %x = input f32[37,40]
    %w = const f32[40,40] = [0]
    %l1 = fully_connected(%x, %w)
    %y1 = add(%x, %l1)
    %l2 = fully_connected(%y1, %w)
    %y2 = add(%l2, %y1)
    %r = reshape(%y2) {shape=[10,148]}
    %n = neg(%r)
    output %n)",
     "y1 y2"},
    // Beside slices of concatenations, which the additions' inputs and outputs are not.
    {R"(
    %x = input f32[1,8,9,32]
    %w = const f32[32,3,3,32] = [0]
    %v = const f32[19,1,1,32] = [0]
    %s = conv2d(%x, %v)
    %a = conv2d(%x, %w) {pads=[1,1,1,1]}
    %y = add(%a, %x) {activation=relu}
    %t = conv2d(%y, %v)
    %c = concat(%s, %y, %t) {axis=3}
    output %c)",
     "y"},
};

// Outputs of all kinds of runs have the same bits: fused, and one step after the other, with and without shared memory.
void expect_bits_of_both_steps(const Graph& graph, const std::vector<Tensor>& inputs, const RunOptions& options) {
  std::vector<std::vector<std::byte>> runs;
  for (const bool shares_memory : {false, true}) {
    const auto plan = Plan::make(graph, {options.cpu, shares_memory});
    ASSERT_TRUE(plan) << plan.error().message;
    Executor executor(*plan, options.num_threads);
    for (std::size_t i = 0; i < inputs.size(); ++i) std::ranges::copy(inputs[i].data.bytes(), executor.input(i).begin());
    for (const bool is_stepwise : {false, true, false}) {
      ASSERT_TRUE(is_stepwise ? executor.run([](std::size_t, const Node&, std::span<const ConstView>, std::span<const View>) {}) : executor.run());
      std::vector<std::byte>& bytes = runs.emplace_back();
      for (std::size_t i = 0; i < graph.outputs.size(); ++i) bytes.insert(bytes.end(), executor.output(i).begin(), executor.output(i).end());
    }
  }
  for (const auto& bytes : runs) ASSERT_EQ(bytes, runs[0]) << describe(graph, options);
}

void expect_bits_of_both_steps(Graph graph, Random& random) {
  randomize_constants(graph, random);
  const auto inputs = random_inputs(graph, random);
  for (int i = 0; i < kNumIsas; ++i) {
    const auto isa = static_cast<Isa>(i);
    if (!cpu_features().has(isa)) continue;
    for (const int num_threads : {1, 2, 3, 7}) expect_bits_of_both_steps(graph, inputs, {num_threads, features_up_to(isa)});
  }
}

TEST(Residual, LayersGiveTheBitsOfBothSteps) {
  Random random(5);
  for (const ResidualNetwork& network : kResidualNetworks) {
    EXPECT_EQ(fused_nodes(parsed(network.text)), network.fused);
    expect_bits_of_both_steps(parsed(network.text), random);
    if (HasFailure()) return;
  }
}

TEST(Residual, LayersComputeTheSum) {
  expect_float_runs("%x = input f32[2,7,9,20]\n%w = const f32[20,3,3,20] = [0]\n%b = const f32[20] = [0]\n"
                    "%a = conv2d(%x, %w, %b) {pads=[1,1,1,1]}\n%y = add(%a, %x) {activation=relu}\noutput %y");
  expect_float_runs("%x = input f32[2,100]\n%o = input f32[2,70]\n%w = const f32[70,100] = [0]\n"
                    "%a = fully_connected(%x, %w)\n%y = add(%o, %a)\noutput %y");
}

TEST(Residual, OtherAdditionsAreNotFused) {
  const auto fused = [](std::string_view nodes) {
    return fused_nodes(parsed("%x = input f32[1,4,4,8]\n%w = const f32[8,1,1,8] = [0.5]\n%d = const f32[8,1,1,1] = [0.5]\n" + std::string(nodes)));
  };
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%y = add(%a, %x)\noutput %y"), "y");
  EXPECT_EQ(fused("%a = conv2d(%x, %w) {activation=relu}\n%y = add(%a, %x)\noutput %y"), "") << "an activation before";
  EXPECT_EQ(fused("%a = conv2d(%x, %d) {group=8}\n%y = add(%a, %x)\noutput %y"), "") << "depthwise";
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%y = sub(%a, %x)\noutput %y"), "") << "a difference";
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%y = add(%a, %a)\noutput %y"), "") << "itself";
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%y = add(%a, %x)\noutput %y, %a"), "") << "an output";
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%n = neg(%x)\n%y = add(%a, %n)\noutput %y"), "") << "not the step before";
  EXPECT_EQ(fused("%a = conv2d(%x, %w)\n%y = add(%a, %x)\n%z = add(%y, %a)\noutput %z"), "") << "two readers";
  EXPECT_EQ(fused("%r = const f32[8] = [1]\n%a = conv2d(%x, %w)\n%y = add(%a, %r)\noutput %y"), "") << "a row for all";
  EXPECT_EQ(fused("%i = input i8[1,4,4,8] q(scale=1, zp=0)\n%v = const i8[8,1,1,8] q(scale=1, zp=0) = [1]\n"
                  "%a = conv2d(%i, %v) : i8[1,4,4,8] q(scale=9, zp=0)\n%y = add(%a, %i) : i8[1,4,4,8] q(scale=9, zp=0)\noutput %y"), "") << "int8";
  EXPECT_EQ(fused("%p = input f32[3,4,4,8]\n%a = conv2d(%x, %w)\n%y = add(%a, %p)\noutput %y"), "") << "repeated itself";
}

TEST(Residual, TheSumTakesThePlaceOfWhatTheLayerMakes) {
  const Graph graph = parsed(R"(
      %x = input f32[1,4,4,8]
      %w = const f32[8,1,1,8] = [0.5]
      %n = neg(%x)
      %a = conv2d(%n, %w)
      %y = add(%a, %x)
      output %y)");
  const auto dense = Plan::make(graph), shared = Plan::make(graph, {.shares_memory = true});
  ASSERT_TRUE(dense && shared);
  const TensorId a = find_tensor(graph, "a"), y = find_tensor(graph, "y");
  EXPECT_NE((*dense)->offset(a), (*dense)->offset(y));
  EXPECT_EQ((*shared)->offset(a), (*shared)->offset(y));
  EXPECT_GE((*dense)->arena_bytes(), (*shared)->arena_bytes() + tensor_bytes(graph.tensor(a)));
}

TEST(PaddedAverage, GivesTheBitsOfBothSteps) {
  Random random(7);
  for (const char* type : {"f32", "i8"}) {
    for (const char* pool : {"{kernel=[3,3]}", "{kernel=[3,2], strides=[2,3], activation=relu}", "{kernel=[2,2], strides=[2,2], ceil_mode=true}",
                             "{kernel=[3,3], pads=[1,0,1,1], count_include_pad=true}", "{global=true}"}) {
      Graph graph = parsed(fmt::format("%x = input {}[2,7,9,20]\n%p = pad(%x) {{pads=[0,1,2,0,0,1,0,0]}}\n%y = avg_pool2d(%p) {}\noutput %y", type, pool));
      set_quant(graph, random, /*one_for_all=*/false);
      EXPECT_EQ(fused_nodes(graph), "y") << pool;
      expect_bits_of_both_steps(graph, random);
      if (HasFailure()) return;
    }
  }
}

TEST(PaddedAverage, IsASliceOfAConcatenation) {
  Random random(8);
  for (const char* type : {"f32", "i8"}) {
    Graph graph = parsed(fmt::format(R"(
        %x = input {0}[2,7,9,20]
        %z = input {0}[2,7,9,12]
        %p = pad(%x) {{pads=[0,1,1,0,0,1,1,0]}}
        %a = avg_pool2d(%p) {{kernel=[3,3]}}
        %q = pad(%z) {{pads=[0,1,1,0,0,1,1,0]}}
        %b = avg_pool2d(%q) {{kernel=[3,3]}}
        %y = concat(%a, %b) {{axis=3}}
        output %y)", type));
    set_quant(graph, random, /*one_for_all=*/true);
    EXPECT_EQ(fused_nodes(graph), "a b");
    expect_bits_of_both_steps(graph, random);
  }
}

TEST(PaddedAverage, OtherPadsAreNotFused) {
  const auto fused = [](std::string_view pad, std::string_view pool) {
    return fused_nodes(parsed(fmt::format("%x = input f32[1,6,6,8]\n%p = pad(%x) {}\n%y = {}\noutput %y", pad, pool)));
  };
  const std::string_view pad = "{pads=[0,1,1,0,0,1,1,0]}", pool = "avg_pool2d(%p) {kernel=[3,3]}";
  EXPECT_EQ(fused(pad, pool), "y");
  EXPECT_EQ(fused("{pads=[0,1,1,0,0,1,1,0], value=1}", pool), "") << "another value";
  EXPECT_EQ(fused("{pads=[0,1,1,0,0,1,1,0], mode=edge}", pool), "") << "repeats the edge";
  EXPECT_EQ(fused("{pads=[0,1,1,0,0,-1,1,0]}", pool), "") << "crops";
  EXPECT_EQ(fused("{pads=[0,1,1,0,0,1,1,8]}", pool), "") << "channels";
  EXPECT_EQ(fused(pad, "max_pool2d(%p) {kernel=[3,3]}"), "") << "a maximum";
  EXPECT_EQ(fused(pad, "avg_pool2d(%p) {kernel=[3,3], pads=[1,1,1,1]}"), "") << "padding that does not count";
}

TEST(AddAndNormalize, GivesTheBitsOfBothSteps) {
  Random random(9);
  for (const char* nodes : {"%s = add(%x, %r)\n%y = layer_norm(%s, %g, %b)", "%s = add(%r, %x)\n%y = layer_norm(%s, %g)",
                            "%s = add(%x, %f)\n%y = layer_norm(%s, %g, %b)"}) {
    Graph graph = parsed("%x = input f32[2,5,37]\n%r = input f32[2,5,37]\n%f = const f32[1,2,5,37] = [0]\n%g = const f32[37] = [0]\n%b = const f32[37] = [0]\n" +
                         std::string(nodes) + "\noutput %y");
    EXPECT_EQ(fused_nodes(graph), "y") << nodes;
    expect_bits_of_both_steps(graph, random);
    if (HasFailure()) return;
  }
}

TEST(AddAndNormalize, OthersAreNotFused) {
  const auto fused = [](std::string_view nodes) {
    return fused_nodes(parsed("%x = input f32[2,8]\n%r = input f32[2,8]\n%g = const f32[8] = [1]\n" + std::string(nodes)));
  };
  EXPECT_EQ(fused("%s = add(%x, %r)\n%y = layer_norm(%s, %g)\noutput %y"), "y");
  EXPECT_EQ(fused("%s = add(%x, %g)\n%y = layer_norm(%s, %g)\noutput %y"), "") << "a row for all";
  EXPECT_EQ(fused("%s = mul(%x, %r)\n%y = layer_norm(%s, %g)\noutput %y"), "") << "a product";
  EXPECT_EQ(fused("%s = add(%x, %r) {activation=relu}\n%y = layer_norm(%s, %g)\noutput %y"), "") << "an activation";
  EXPECT_EQ(fused("%s = add(%x, %r)\n%y = layer_norm(%s, %g)\noutput %y, %s"), "") << "the sum is an output";
}

}  // namespace
}  // namespace octet
