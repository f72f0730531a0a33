// SPDX-License-Identifier: Apache-2.0
#include "runtime/slice_placement.h"

#include "runtime/plain_qs8.h"

namespace octet {
namespace {

std::shared_ptr<const Plan> plan_of(std::string_view text, bool shares_memory = true) {
  auto plan = Plan::make(parsed(text), {.cpu = cpu_features(), .shares_memory = shares_memory});
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? *plan : nullptr;
}

// "a:y+0/8": tensor a is a slice of y from element 0 on, with rows 8 elements apart.
std::string slices_of(const Plan& plan) {
  std::vector<std::string> slices;
  for (std::size_t i = 0; i < plan.graph().tensors.size(); ++i) {
    const Slice& slice = plan.slice(static_cast<TensorId>(i));
    if (slice.buffer == kNoTensor) continue;
    slices.push_back(fmt::format("{}:{}+{}/{}", plan.graph().tensors[i].name, plan.graph().tensor(slice.buffer).name, slice.offset,
                                 slice.row_stride));
  }
  return fmt::format("{}", fmt::join(slices, " "));
}
std::string slices_of(std::string_view text) { return slices_of(*plan_of(text)); }

constexpr std::string_view kWeights = R"(
    %x = input f32[1,4,6,8]
    %w = const f32[3,1,1,8] = [0]
    %v = const f32[5,3,3,8] = [0]
    %d = const f32[8,3,3,1] = [0]
)";

std::string with_weights(std::string_view nodes) { return std::string(kWeights) + std::string(nodes); }

TEST(PlaceSlices, PutsTheInputsOfAConcatenationIntoItsOutput) {
  const auto plan = plan_of(with_weights(R"(
      %a = conv2d(%x, %w)
      %b = conv2d(%x, %v) {pads=[1,1,1,1]}
      %c = conv2d(%x, %d) {group=8, pads=[1,1,1,1]}
      %m = max_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1]}
      %y = concat(%a, %b, %c, %m) {axis=3}
      output %y)"));
  EXPECT_EQ(slices_of(*plan), "a:y+0/24 b:y+3/24 c:y+8/24 m:y+16/24");
  const Graph& graph = plan->graph();
  const auto offset = [&](std::string_view name) { return plan->offset(find_tensor(graph, name)); };
  EXPECT_EQ(offset("a"), offset("y"));
  EXPECT_EQ(offset("b"), offset("y") + 3 * sizeof(float));
  EXPECT_EQ(offset("m"), offset("y") + 16 * sizeof(float));
  EXPECT_STREQ(Executor(plan, 1).kernel_name(graph.nodes.size() - 1), "slices");
}

TEST(PlaceSlices, LeavesTensorsThatOthersMayReadDense) {
  const auto slices_behind_a = [](std::string_view nodes) { return slices_of(with_weights("%a = conv2d(%x, %w)\n" + std::string(nodes))); };
  EXPECT_EQ(slices_behind_a("%n = neg(%a)\n%y = concat(%a, %n) {axis=3}\noutput %y"), "") << "two readers";
  EXPECT_EQ(slices_behind_a("%y = concat(%a, %a) {axis=3}\noutput %y"), "") << "read twice";
  EXPECT_EQ(slices_behind_a("%y = concat(%a, %x) {axis=3}\noutput %y, %a"), "") << "an output";
  EXPECT_EQ(slices_behind_a("%r = reshape(%a) {shape=[24,3]}\n%n = neg(%r)\n%y = concat(%r, %n) {axis=1}\noutput %y"), "") << "viewed";
  EXPECT_EQ(slices_behind_a("%r = reshape(%a) {shape=[24,3]}\n%y = concat(%r) {axis=1}\noutput %y"), "") << "a view";
}

TEST(PlaceSlices, IsOffUnlessAskedFor) {
  EXPECT_EQ(slices_of(*plan_of(with_weights("%a = conv2d(%x, %w)\n%y = concat(%a, %x) {axis=3}\noutput %y"), false)), "");
}

TEST(PlaceSlices, LeavesOtherAxesAlone) {
  const std::string branches = with_weights("%a = conv2d(%x, %w)\n%b = conv2d(%x, %w)\n");
  EXPECT_EQ(slices_of(branches + "%y = concat(%a, %b) {axis=2}\noutput %y"), "");
  EXPECT_EQ(slices_of(branches + "%y = concat(%a, %b) {axis=-1}\noutput %y"), "a:y+0/6 b:y+3/6");
}

TEST(PlaceSlices, CopiesTheOtherInputs) {
  const auto plan = plan_of(with_weights("%n = neg(%x)\n%a = conv2d(%x, %w)\n%y = concat(%n, %a, %x) {axis=3}\noutput %y"));
  EXPECT_EQ(slices_of(*plan), "a:y+8/19");
  EXPECT_STRNE(Executor(plan, 1).kernel_name(2), "slices");
}

TEST(PlaceSlices, TakesMovementsOfOneBlockAndResizedImages) {
  EXPECT_EQ(slices_of(R"(
      %x = input f32[1,4,4,8]
      %t = transpose(%x) {perm=[0,2,1,3]}
      %s = slice(%x) {starts=[2], ends=[7], axes=[3], steps=[1]}
      %r = resize(%x) {size=[4,4], mode=linear}
      %p, %q = split(%x) {axis=3, sizes=[3,5]}
      %o = pad(%s) {pads=[0,0,0,1,0,0,0,1]}
      %y = concat(%t, %r, %p, %q, %o) {axis=3}
      output %y)"),
            "t:y+0/31 r:y+8/31");
}

TEST(PlaceSlices, NestedConcatenationsShareTheLastOne) {
  EXPECT_EQ(slices_of(with_weights(R"(
      %a = conv2d(%x, %w)
      %b = conv2d(%x, %v) {pads=[1,1,1,1]}
      %i = concat(%b, %a) {axis=3}
      %c = conv2d(%x, %w)
      %j = concat(%c, %i, %x) {axis=3}
      %y = concat(%x, %j) {axis=3}
      output %y)")),
            "a:y+16/27 b:y+11/27 i:y+11/27 c:y+8/27 j:y+8/27");
}

TEST(PlaceSlices, RequantizingConcatenationsTakeNone) {
  EXPECT_EQ(slices_of(R"(
      %x = input i8[1,2,2,4] q(scale=0.5, zp=1)
      %w = const i8[4,1,1,4] q(scale=0.01, zp=0) = [1]
      %a = conv2d(%x, %w) : i8[1,2,2,4] q(scale=0.5, zp=1)
      %b = conv2d(%x, %w) : i8[1,2,2,4] q(scale=0.25, zp=1)
      %y = concat(%a, %b) {axis=3} : i8[1,2,2,8] q(scale=0.5, zp=1)
      output %y)"), "");
}

// Networks whose outputs have the same bits with slices as without.
constexpr std::string_view kNetworks[] = {
    // Channels around the widths of vectors and tiles, batch 2; what comes after reuses memory.
    R"(
    %x = input f32[2,9,7,16]
    %w = const f32[64,1,1,16] = [0]
    %v = const f32[33,3,3,16] = [0]
    %u = const f32[1,5,5,16] = [0]
    %z = const f32[16,3,3,1] = [0]
    %t = const f32[20,1,1,130] = [0]
    %a = conv2d(%x, %w) {activation=relu}
    %b = conv2d(%x, %v) {pads=[1,1,1,1], activation=relu6}
    %c = conv2d(%x, %u) {pads=[2,2,2,2]}
    %d = conv2d(%x, %z) {group=16, pads=[1,1,1,1]}
    %m = max_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1]}
    %e = concat(%a, %b, %c, %d, %m) {axis=3}
    %n = conv2d(%e, %t)
    %q = concat(%n, %x) {axis=3}
    output %q)",
    // Strides, dilation, groups; an average; a concatenation that is an output and is read; an input read twice.
    R"(
    %x = input f32[1,12,10,24]
    %w = const f32[40,3,3,24] = [0]
    %v = const f32[48,3,3,12] = [0]
    %u = const f32[96,1,1,24] = [0]
    %z = const f32[7,1,1,184] = [0]
    %a = conv2d(%x, %w) {strides=[2,2], pads=[1,1,1,1]}
    %b = conv2d(%x, %v) {group=2, strides=[2,2], dilations=[2,2], pads=[2,2,2,2]}
    %c = conv2d(%x, %u) {strides=[2,2]}
    %y = concat(%a, %b, %c) {axis=3}
    %n = conv2d(%y, %z)
    %o = concat(%n, %n) {axis=3}
    output %y, %o)",
    // Nested concatenations with copies at each level.
    R"(
    %x = input f32[2,8,8,32]
    %w = const f32[32,1,1,32] = [0]
    %v = const f32[17,3,3,32] = [0]
    %a = conv2d(%x, %w)
    %b = conv2d(%x, %v) {pads=[1,1,1,1]}
    %r = relu(%x)
    %i = concat(%a, %r, %b) {axis=3}
    %c = conv2d(%r, %v) {pads=[1,1,1,1]}
    %j = concat(%i, %c, %x) {axis=3}
    %d = max_pool2d(%r) {kernel=[3,3], pads=[1,1,1,1]}
    %k = concat(%d, %j) {axis=3}
    %l = relu(%k)
    output %l, %k)",
    // What comes between the slices needs memory, too: none of theirs.
    R"(
    %x = input f32[1,7,9,12]
    %w = const f32[20,1,1,12] = [0]
    %v = const f32[9,3,3,12] = [0]
    %a = conv2d(%x, %w)
    %r = relu(%x)
    %n = neg(%r)
    %s = add(%r, %n)
    %t = sub(%s, %x)
    %b = conv2d(%t, %v) {pads=[1,1,1,1]}
    %y = concat(%a, %b) {axis=3}
    %z = relu(%y)
    output %z)",
    // Movements and resized images.
    R"(
    %x = input f32[2,6,8,10]
    %w = const f32[12,3,3,10] = [0]
    %h = max_pool2d(%x) {kernel=[2,2], strides=[2,2]}
    %g = resize(%h) {size=[6,8], mode=nearest}
    %t = transpose(%x) {perm=[0,2,1,3]}
    %u = transpose(%t) {perm=[0,2,1,3]}
    %s = slice(%x) {starts=[3], ends=[7], axes=[3], steps=[1]}
    %p, %q = split(%x) {axis=3, sizes=[4,6]}
    %c = conv2d(%x, %w) {pads=[1,1,1,1]}
    %y = concat(%g, %u, %p, %s, %c) {axis=3}
    %z = relu(%y)
    output %z, %q)",
    // Fully connected layers.
    R"(
    %x = input f32[5,40]
    %w = const f32[19,40] = [0]
    %v = const f32[64,40] = [0]
    %a = fully_connected(%x, %w)
    %b = fully_connected(%x, %v) {activation=relu}
    %y = concat(%a, %b) {axis=1}
    output %y)"};

std::vector<std::byte> bytes_of(const Graph& graph, const std::vector<Tensor>& inputs, const RunOptions& options) {
  std::vector<std::byte> bytes;
  for (const Tensor& output : execute(graph, inputs, options))
    bytes.insert(bytes.end(), output.data.bytes().begin(), output.data.bytes().end());
  return bytes;
}

void expect_equal_bits(Graph graph, Random& random) {
  randomize_constants(graph, random);
  const auto inputs = random_inputs(graph, random);
  for (int i = 0; i < kNumIsas; ++i) {
    const auto isa = static_cast<Isa>(i);
    if (!cpu_features().has(isa)) continue;
    const auto expected = bytes_of(graph, inputs, {1, features_up_to(isa), false});
    for (const int num_threads : {1, 2, 3})
      EXPECT_TRUE(bytes_of(graph, inputs, {num_threads, features_up_to(isa), true}) == expected)
          << num_threads << " threads, " << isa_name(isa) << "\n" << print_graph(graph, {.max_constant_elements = 8});
  }
}

TEST(Slices, GiveTheBitsOfDenseTensors) {
  Random random(3);
  for (const std::string_view text : kNetworks) {
    EXPECT_NE(slices_of(text), "");
    expect_equal_bits(parsed(text), random);
    std::string int8(text);
    for (std::size_t at = 0; (at = int8.find("f32", at)) != std::string::npos;) int8.replace(at, 3, "i8");
    Graph graph = parsed(int8);
    set_quant(graph, random, /*one_for_all=*/true);
    const auto plan = Plan::make(graph, {.cpu = cpu_features(), .shares_memory = true});
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(slices_of(**plan), slices_of(text));
    expect_equal_bits(graph, random);
    if (HasFailure()) return;
  }
}

// Some inputs have the output's parameters, others do not.
TEST(Slices, GiveTheBitsOfDenseTensorsBetweenDifferentScales) {
  Random random(4);
  const Graph graph = parsed(R"(
      %x = input i8[1,5,5,8] q(scale=0.05, zp=1)
      %w = const i8[9,1,1,8] q(scale=0.01, zp=0) = [0]
      %a = conv2d(%x, %w) : i8[1,5,5,9] q(scale=0.05, zp=1)
      %b = conv2d(%x, %w) : i8[1,5,5,9] q(scale=0.05, zp=1)
      %i = concat(%a, %b) {axis=3} : i8[1,5,5,18] q(scale=0.05, zp=1)
      %c = conv2d(%x, %w) : i8[1,5,5,9] q(scale=0.02, zp=-3)
      %y = concat(%i, %c) {axis=3} : i8[1,5,5,27] q(scale=0.05, zp=1)
      output %y)");
  const auto plan = Plan::make(graph, {.cpu = cpu_features(), .shares_memory = true});
  ASSERT_TRUE(plan);
  EXPECT_EQ(slices_of(**plan), "a:i+0/18 b:i+9/18");
  expect_equal_bits(graph, random);
}

}  // namespace
}  // namespace octet
