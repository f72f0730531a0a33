// SPDX-License-Identifier: Apache-2.0
// A program of its own, since it replaces operator new: running a model allocates nothing.
#include <atomic>
#include <cstdlib>
#include <new>

#include "runtime/plain_qs8.h"

namespace {
std::atomic<std::size_t> allocations{0};
void* counted(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
// Sanitizers bring forms of their own that do not call those above.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace octet {
namespace {

// Names of the nodes whose run allocates.
std::vector<std::string> allocating_nodes(const Graph& graph, int num_threads) {
  const auto plan = Plan::make(graph, {.cpu = cpu_features(), .shares_memory = true});
  EXPECT_TRUE(plan) << plan.error().message;
  Executor executor(*plan, num_threads);
  EXPECT_TRUE(executor.run());
  std::vector<std::string> names;
  for (std::size_t step = 0; step < (*plan)->steps().size(); ++step) {
    const std::size_t before = allocations;
    EXPECT_TRUE(executor.run_step(step));
    if (allocations == before) continue;
    const Node& node = graph.nodes[step];
    names.push_back(fmt::format("{} ({})", node.name, node.op->name));
  }
  const std::size_t before = allocations;
  EXPECT_TRUE(executor.run());
  EXPECT_TRUE(allocations == before || !names.empty());
  return names;
}

constexpr std::string_view kFloatGraph = R"(
    %x = input f32[2,9,9,8]
    %w = const f32[8,3,3,8] = [0.1]
    %d = const f32[8,3,3,1] = [0.1]
    %f = const f32[10,8] = [0.1]
    %k = const f32[1,1,8,10] = [0.5]
    %a = conv2d(%x, %w) {pads=[1,1,1,1], activation=relu}
    %b = conv2d(%a, %d) {group=8, pads=[1,1,1,1]}
    %c = add(%a, %b)
    %e = max_pool2d(%c) {kernel=[2,2]}
    %g = hard_swish(%e)
    %h = concat(%g, %e) {axis=3}
    %i, %j = split(%h) {axis=3, sizes=[8,8]}
    %l = transpose(%i) {perm=[0,2,1,3]}
    %m = resize(%l) {size=[4,4], mode=linear}
    %n = pad(%m) {pads=[0,1,1,0,0,1,1,0]}
    %o = slice(%n) {starts=[1], ends=[4], axes=[1], steps=[2]}
    %p = avg_pool2d(%o) {global=true}
    %q = matmul(%p, %k)
    %r = flatten(%p)
    %s = fully_connected(%r, %f)
    %y = softmax(%s)
    output %y, %q)";

TEST(Allocations, ThereAreNoneWhileAFloatModelRuns) {
  for (const int num_threads : {1, 3}) EXPECT_EQ(allocating_nodes(parsed(kFloatGraph), num_threads), std::vector<std::string>());
}

TEST(Allocations, ThereAreNoneWhileAnInt8ModelRuns) {
  std::string text(kFloatGraph);
  for (std::size_t at = 0; (at = text.find("f32", at)) != std::string::npos;) text.replace(at, 3, "i8");
  for (std::size_t at = 0; (at = text.find("0.1]", at)) != std::string::npos;) text.replace(at, 4, "3]");
  for (std::size_t at = 0; (at = text.find("0.5]", at)) != std::string::npos;) text.replace(at, 4, "3]");
  text.replace(text.find("output"), std::string::npos, "%z = reduce_mean(%x) {axes=[3]}\n%dq = dequantize(%y)\n%u = quantize(%dq)\noutput %u, %q, %z");
  Random random(1);
  Graph graph = parsed(text);
  set_quant(graph, random, /*one_for_all=*/true);
  for (const int num_threads : {1, 3}) EXPECT_EQ(allocating_nodes(graph, num_threads), std::vector<std::string>());
}

}  // namespace
}  // namespace octet
