// SPDX-License-Identifier: Apache-2.0
// Plan and Executor as a whole: views, outputs of every kind, errors, random graphs.
#include "runtime/plain_qs8.h"

namespace octet {
namespace {

std::string plan_error(std::string_view text) {
  const auto plan = Plan::make(parsed(text));
  return plan ? "" : plan.error().message;
}

TEST(Plan, SaysHowToFixADynamicInput) {
  EXPECT_EQ(plan_error("%x = input f32[N,3]\n%y = relu(%x)\noutput %y"),
            "input 'x' has a dynamic shape (negative: dynamic) [-1, 3]: fix it with an input shape such as \"x:1,...\" "
            "(converter_lite --inputShape, octet --input-shape)");
}

TEST(Plan, NamesTheNodeThatCannotRun) {
  EXPECT_EQ(plan_error("%x = input u8[2] q(scale=1, zp=0)\n%y = add(%x, %x) : u8[2] q(scale=2, zp=0)\noutput %y"),
            "node 'y' (add): no operator runs add on u8");
  EXPECT_EQ(plan_error("%x = input i32[2]\n%y = exp(%x)\noutput %y"), "node 'y' (exp): there is no reference evaluation for i32");
}

TEST(Plan, SharesMemoryOfViewsUnlessParametersDiffer) {
  const auto plan = Plan::make(parsed(R"(
      %x = input i8[2,3] q(scale=0.5, zp=1)
      %a = reshape(%x) {shape=[6]} : i8[6] q(scale=0.5, zp=1)
      %y = reshape(%x) {shape=[6]} : i8[6] q(scale=1, zp=0)
      output %a, %y)"));
  ASSERT_TRUE(plan);
  const Graph& graph = (*plan)->graph();
  EXPECT_EQ((*plan)->offset(find_tensor(graph, "a")), (*plan)->offset(find_tensor(graph, "x")));
  EXPECT_NE((*plan)->offset(find_tensor(graph, "y")), (*plan)->offset(find_tensor(graph, "x")));
}

TEST(Executor, RequantizesViewsBetweenDifferentParameters) {
  const Graph graph = parsed("%x = input i8[2] q(scale=0.5, zp=1)\n%y = reshape(%x) {shape=[1,2]} : i8[1,2] q(scale=1, zp=0)\noutput %y");
  const auto outputs = execute(graph, {make_constant("x", {2}, std::vector<std::int8_t>{9, -3})}, {});
  EXPECT_EQ(outputs[0].values<std::int8_t>()[0], 4);
  EXPECT_EQ(outputs[0].values<std::int8_t>()[1], -2);
}

TEST(Executor, RunsViewsOfEveryKind) {
  for (const char* text : {
           "%x = input f32[2,6]\n%y = reshape(%x) {shape=[3,4]}\noutput %y",
           "%x = input f32[2,6]\n%y = reshape(%x) {shape=[3,4]}\n%z = relu(%y)\noutput %z, %y",
           "%x = input f32[2,6]\n%a = relu(%x)\n%y = flatten(%a) {axis=0}\n%z = unsqueeze(%y) {axes=[0]}\n%n = neg(%a)\noutput %z, %n, %a",
           "%x = input f32[2,6]\n%a = identity(%x)\n%b = identity(%a)\n%y = add(%a, %b)\noutput %y, %b",
           "%x = input f32[2,6]\noutput %x",
           "%x = input f32[2,6]\n%k = const f32[2] = [3, 4]\n%y = neg(%x)\noutput %k, %y, %y",
           "%x = input f32[2,6]\n%k = const f32[2] = [3, 4]\n%r = reshape(%k) {shape=[2,1]}\n%y = mul(%x, %r)\noutput %y, %r",
           "%x = input f32[2,6]\n%unused = input f32[9]\n%y = neg(%x)\noutput %y",
           "%x = input f32[2,0]\n%y = relu(%x)\noutput %y",
       })
    expect_float_runs(text);
}

// A view of an input read long after other tensors came and went: its memory must not be given to them.
TEST(Executor, KeepsAViewAliveForItsLastReader) {
  std::string text = "%x = input f32[4,4]\n%v = reshape(%x) {shape=[16]}\n%t0 = neg(%x)\n";
  for (int i = 1; i < 12; ++i) text += fmt::format("%t{} = exp(%t{})\n%u{} = neg(%t{})\n", i, i - 1, i, i);
  expect_float_runs(text + "%w = reshape(%v) {shape=[4,4]}\n%y = add(%w, %u3)\noutput %y");
}

// The model's user gives the indices: nothing that may end the program.
TEST(Executor, AnIndexOutsideItsTensorGivesZeros) {
  const Graph graph = parsed("%x = input f32[3]\n%i = input i64[2]\n%g = gather(%x, %i)\n%y = neg(%g)\noutput %g, %y");
  const Tensor x = make_constant("x", {3}, std::vector<float>{1, 2, 3});
  const auto good = execute(graph, {x, make_constant("i", {2}, std::vector<std::int64_t>{-1, 1})}, {});
  EXPECT_EQ(good[1].values<float>()[0], -3.0f);
  const auto bad = execute(graph, {x, make_constant("i", {2}, std::vector<std::int64_t>{0, 3})}, {});
  EXPECT_EQ(bad[0].values<float>()[0], 0.0f);
}

TEST(Plan, TakesADivisionThatZerosWouldFail) {
  EXPECT_EQ(plan_error("%x = input i64[2]\n%d = input i64[2]\n%y = div(%x, %d)\noutput %y"), "");
}

TEST(Executor, ManyMayShareOnePlan) {
  const auto plan = Plan::make(parsed("%x = input f32[3]\n%y = neg(%x)\noutput %y"));
  ASSERT_TRUE(plan);
  Executor a(*plan, 1), b(*plan, 2);
  reinterpret_cast<float*>(a.input(0).data())[0] = 1.0f;
  reinterpret_cast<float*>(b.input(0).data())[0] = 2.0f;
  EXPECT_TRUE(a.run());
  EXPECT_TRUE(b.run());
  EXPECT_EQ(reinterpret_cast<const float*>(a.output(0).data())[0], -1.0f);
  EXPECT_EQ(reinterpret_cast<const float*>(b.output(0).data())[0], -2.0f);
}

TEST(Executor, CallsBackAfterEachStepWithItsTensors) {
  const auto plan = Plan::make(parsed("%x = input f32[1]\n%a = neg(%x)\n%y = exp(%a)\noutput %y"));
  ASSERT_TRUE(plan);
  Executor executor(*plan, 1);
  reinterpret_cast<float*>(executor.input(0).data())[0] = 2.0f;
  std::vector<std::string> calls;
  const auto done = executor.run([&](std::size_t step, const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
    calls.push_back(fmt::format("{} {} {:.3f} {:.3f}", step, node.name, *inputs[0].as<float>(), *outputs[0].as<float>()));
  });
  EXPECT_EQ(calls, (std::vector<std::string>{"0 a 2.000 -2.000", "1 y -2.000 0.135"}));
  EXPECT_TRUE(done);
}

TEST(Executor, AScaleBeforeQuantizeIsFusedUnlessSomebodyLooks) {
  for (const std::string_view mul : {"mul(%x, %w)", "mul(%w, %x)"}) {
    const std::string text = fmt::format(R"(
        %x = input f32[3,5,70]
        %w = const f32[70] = [0.1]
        %s = {}
        %y = quantize(%s) : i8[3,5,70] q(scale=0.003, zp=7)
        output %y)", mul);
    expect_float_runs(text);
    Random random;
    Graph graph = parsed(text);
    randomize_constants(graph, random);
    const auto plan = Plan::make(graph);
    ASSERT_TRUE(plan);
    EXPECT_NE((*plan)->steps()[1].fused, nullptr);
    Executor executor(*plan, 2);
    std::ranges::copy(random_inputs(graph, random)[0].data.bytes(), executor.input(0).begin());
    ASSERT_TRUE(executor.run());
    const std::vector<std::byte> fused(executor.output(0).begin(), executor.output(0).end());
    ASSERT_TRUE(executor.run([](std::size_t, const Node&, std::span<const ConstView>, std::span<const View>) {}));
    EXPECT_TRUE(std::ranges::equal(executor.output(0), fused));
  }
}

TEST(Executor, AScaleThatOthersReadIsNotFused) {
  for (const std::string_view rest : {"%z = neg(%s)\noutput %y, %z", "output %y, %s"}) {
    const std::string text = fmt::format(
        "%x = input f32[5,8]\n%w = const f32[8] = [0.5]\n%s = mul(%x, %w)\n"
        "%y = quantize(%s) : i8[5,8] q(scale=0.01, zp=0)\n{}", rest);
    EXPECT_EQ((*Plan::make(parsed(text)))->steps()[1].fused, nullptr);
    expect_float_runs(text);
  }
}

// Kernels before, references behind: the positions of the positive elements of 2 x, and their sums with 1.
constexpr std::string_view kDynamicGraph = R"(
    %x = input f32[4]
    %two = const f32[] = [2]
    %zero = const f32[] = [0]
    %one = const i64[] = [1]
    %d = mul(%x, %two)
    %p = greater(%d, %zero)
    %n = non_zero(%p)
    %s = add(%n, %one)
    %t = reduce_sum(%s)
    output %d, %s, %t)";

TEST(Executor, ShapesMayDependOnValuesAndChangeFromRunToRun) {
  const auto plan = Plan::make(parsed(kDynamicGraph));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ((*plan)->num_dynamic_steps(), 3u);  // what is behind non_zero
  Executor executor(*plan, 1);
  EXPECT_TRUE(executor.output(1).empty());
  const auto run = [&](std::vector<float> x) {
    std::ranges::copy(std::as_bytes(std::span(x)), executor.input(0).begin());
    EXPECT_TRUE(executor.run());
    const auto bytes = executor.output(1);
    const auto* values = reinterpret_cast<const std::int64_t*>(bytes.data());
    return std::vector<std::int64_t>(values, values + bytes.size() / sizeof(std::int64_t));
  };
  EXPECT_EQ(run({1, -1, 1, -1}), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(executor.output_shape(1), (Shape{1, 2}));
  EXPECT_EQ(*reinterpret_cast<const std::int64_t*>(executor.output(2).data()), 4);
  EXPECT_EQ(run({-1, -1, -1, 2}), (std::vector<std::int64_t>{4}));
  EXPECT_EQ(executor.output_shape(1), (Shape{1, 1}));
  EXPECT_EQ(*reinterpret_cast<const float*>(executor.output(0).data() + 3 * sizeof(float)), 4.0f);
  EXPECT_EQ(run({-1, -1, -1, -1}), (std::vector<std::int64_t>{}));
}

TEST(Executor, ValuesThatMakeNoSenseAreAnErrorOfTheRun) {
  const auto plan = Plan::make(parsed("%x = input f32[4]\n%i = input i64[2]\n%y = dynamic_reshape(%x, %i)\noutput %y"));
  ASSERT_TRUE(plan);
  Executor executor(*plan, 1);
  auto* const shape = reinterpret_cast<std::int64_t*>(executor.input(1).data());
  shape[0] = 2, shape[1] = -1;
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(executor.output_shape(0), (Shape{2, 2}));
  shape[0] = 3;
  const auto done = executor.run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("node 'y' (dynamic_reshape)"), std::string::npos) << done.error().message;
}

// A random graph of images of one size: layers, sums, concatenations cut to size, pools, views; some results are outputs.
std::string random_graph(Random& random) {
  std::string text = "%t0 = input f32[1,4,6,8]\n%t1 = input f32[1,4,6,8]\n", outputs;
  int tensors = 2, constants = 0;
  const auto any = [&] { return fmt::format("%t{}", random.integer(std::max(0, tensors - 7), tensors - 1)); };
  for (int i = 0; i < 25; ++i) {
    const std::string a = any(), b = any();
    std::string node;
    switch (random.integer(0, 9)) {
      case 0:
        text += fmt::format("%c{} = const f32[8,3,3,8] = [0]\n", constants);
        node = fmt::format("conv2d({}, %c{}) {{pads=[1,1,1,1], activation=relu6}}", a, constants++);
        break;
      case 1:
        text += fmt::format("%c{} = const f32[8,3,3,1] = [0]\n", constants);
        node = fmt::format("conv2d({}, %c{}) {{group=8, pads=[1,1,1,1]}}", a, constants++);
        break;
      case 2: node = fmt::format("add({}, {})", a, b); break;
      case 3: node = fmt::format("max_pool2d({}) {{kernel=[3,3], pads=[1,1,1,1]}}", a); break;
      case 4: node = fmt::format("hard_swish({})", a); break;
      case 5:
        text += fmt::format("%r{} = reshape({}) {{shape=[4,48]}}\n", i, a);
        node = fmt::format("reshape(%r{}) {{shape=[1,4,6,8]}}", i);
        break;
      case 6:
        text += fmt::format("%j{0} = concat({1}, {2}) {{axis=3}}\n%p{0}, %q{0} = split(%j{0}) {{axis=3, sizes=[3,13]}}\n", i, a, b);
        node = fmt::format("slice(%q{}) {{starts=[0], ends=[8], axes=[3], steps=[1]}}", i);
        break;
      case 7: node = fmt::format("identity({})", a); break;
      case 8:
        text += fmt::format("%s{} = transpose({}) {{perm=[0,2,1,3]}}\n", i, a);
        node = fmt::format("transpose(%s{}) {{perm=[0,2,1,3]}}", i);
        break;
      default: node = fmt::format("clip({}) {{min=-3, max=5}}", a); break;
    }
    text += fmt::format("%t{} = {}\n", tensors, node);
    if (random.integer(0, 5) == 0) outputs += fmt::format("%t{}, ", tensors);
    ++tensors;
  }
  return text + fmt::format("output {}%t{}", outputs, tensors - 1);
}

TEST(Executor, RunsRandomGraphs) {
  Random random(5);
  for (int i = 0; i < 30; ++i) {
    const std::string text = random_graph(random);
    expect_float_runs(text, static_cast<unsigned>(i));
    std::string int8 = text;
    for (std::size_t at = 0; (at = int8.find("f32", at)) != std::string::npos;) int8.replace(at, 3, "i8");
    expect_int8_runs(int8 + "  # parameters as for concat", static_cast<unsigned>(i));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace octet
