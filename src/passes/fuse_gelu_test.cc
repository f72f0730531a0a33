// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

constexpr std::string_view kGeluConstants = R"(
      %x = input f32[2,3]
      %half = const f32[] = [0.5]
      %one = const f32[1] = [1]
      %two = const f32[] = [2]
      %three = const f32[] = [3]
      %root = const f32[] = [1.41421354]
      %inverse_root = const f32[] = [0.707106769]
      %cubic = const f32[] = [0.044715]
      %outer = const f32[] = [0.797884583]
)";

std::string with_gelu_constants(std::string_view nodes) { return std::string(kGeluConstants) + std::string(nodes); }

const std::string kGelu = graph_text("%x = input f32[2,3]\n%y = gelu(%x)\noutput %y");

TEST(FuseGelu, FindsItWithTheFactorsInAnyOrder) {
  const std::string inner[] = {"%d = div(%x, %root)", "%d = mul(%inverse_root, %x)"};
  const std::string outer[] = {"%p = mul(%x, %s)\n%y = mul(%p, %half)", "%p = mul(%s, %half)\n%y = mul(%x, %p)",
                               "%p = mul(%half, %x)\n%y = mul(%p, %s)"};
  for (const std::string& scaled : inner) {
    for (const std::string& product : outer) {
      const std::string text = with_gelu_constants(scaled + "\n%e = erf(%d)\n%s = add(%e, %one)\n" + product + "\noutput %y");
      EXPECT_EQ(run_pass(fuse_gelu, text), kGelu) << text;
      expect_keeps_results(fuse_gelu, text);
    }
  }
}

TEST(FuseGelu, FindsTheTanhApproximation) {
  for (const char* cube : {"%c = pow(%x, %three)", "%q = mul(%x, %x)\n%c = mul(%q, %x)"}) {
    const std::string text = with_gelu_constants(std::string(cube) + R"(
      %k = mul(%cubic, %c)
      %a = add(%x, %k)
      %o = mul(%a, %outer)
      %t = tanh(%o)
      %s = add(%one, %t)
      %h = mul(%x, %half)
      %y = mul(%h, %s)
      output %y)");
    EXPECT_EQ(run_pass(fuse_gelu, text), graph_text("%x = input f32[2,3]\n%y = gelu(%x) {approximate=true}\noutput %y"));
    expect_keeps_results(fuse_gelu, text);
  }
}

TEST(FuseGelu, NamesTheNodesItTookIn) {
  EXPECT_THAT(passed(fuse_gelu, with_gelu_constants(R"(
      %d = div(%x, %root)
      %e = erf(%d)
      %s = add(%e, %one)
      %p = mul(%x, %s)
      %y = mul(%p, %half)
      output %y)")).nodes[0].absorbed,
              testing::UnorderedElementsAre("p", "e"));
}

TEST(FuseGelu, LeavesOtherProductsAlone) {
  for (const char* nodes : {
           "%d = div(%x, %two)\n%e = erf(%d)\n%s = add(%e, %one)\n%p = mul(%x, %s)\n%y = mul(%p, %half)\noutput %y",
           "%d = div(%x, %root)\n%e = erf(%d)\n%s = add(%e, %two)\n%p = mul(%x, %s)\n%y = mul(%p, %half)\noutput %y",
           "%d = div(%x, %root)\n%e = erf(%d)\n%s = add(%e, %one)\n%p = mul(%d, %s)\n%y = mul(%p, %half)\noutput %y",
           "%d = div(%x, %root)\n%e = erf(%d)\n%s = add(%e, %one)\n%p = mul(%x, %s)\n%y = mul(%p, %two)\noutput %y",
           "%d = div(%x, %root)\n%e = erf(%d)\n%s = add(%e, %one)\n%y = mul(%x, %s)\noutput %y"}) {
    EXPECT_EQ(pass_stats(fuse_gelu, with_gelu_constants(nodes)).changed, 0u) << nodes;
  }
}

TEST(FuseGelu, LeavesAProductThatSomebodyElseReads) {
  EXPECT_EQ(pass_stats(fuse_gelu, with_gelu_constants(R"(
      %d = div(%x, %root)
      %e = erf(%d)
      %s = add(%e, %one)
      %p = mul(%x, %s)
      %y = mul(%p, %half)
      output %y
      output %p)")).changed, 0u);
}

}  // namespace
}  // namespace octet
