// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

constexpr std::string_view kWrittenOut = R"(
      %q = input f32[2,3,8]
      %k = input f32[2,5,8]
      %v = input f32[2,5,12]
      %m = input f32[2,1,1,5]
      %root = const f32[] = [2]
      %qr = reshape(%q) {shape=[2,3,4,2]}
      %qt = transpose(%qr) {perm=[0,2,1,3]}
      %kr = reshape(%k) {shape=[2,5,4,2]}
      %kt = transpose(%kr) {perm=[0,2,3,1]}
      %vr = reshape(%v) {shape=[2,5,4,3]}
      %vt = transpose(%vr) {perm=[0,2,1,3]}
      %s = matmul(%qt, %kt)
      %d = div(%s, %root)
      %a = add(%d, %m)
      %p = softmax(%a) {axis=3}
      %o = matmul(%p, %vt)
      %t = transpose(%o) {perm=[0,2,1,3]}
      %y = reshape(%t) {shape=[2,3,12]}
      output %y)";

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kWrittenOut);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(FuseAttention, FindsItWrittenOut) {
  EXPECT_EQ(run_pass(fuse_attention, kWrittenOut), graph_text(R"(
      %q = input f32[2,3,8]
      %k = input f32[2,5,8]
      %v = input f32[2,5,12]
      %m = input f32[2,1,1,5]
      %y = attention(%q, %k, %v, %m) {heads=4, scale=0.5}
      output %y)"));
  expect_keeps_results(fuse_attention, kWrittenOut);
}

TEST(FuseAttention, FindsOtherSpellings) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"div(%s, %root)", "mul(%root, %s)"},
           {"add(%d, %m)", "add(%m, %d)"},
           {"{axis=3}", "{axis=-1}"},
           {"%a = add(%d, %m)", "%n = mul(%m, %root)\n      %a = add(%d, %n)"},
           {"%d = div(%s, %root)\n      %a = add(%d, %m)", "%a = add(%s, %m)"},
           {"%d = div(%s, %root)\n      %a = add(%d, %m)", "%a = div(%s, %root)"},
           {"{perm=[0,2,3,1]}\n", "{perm=[0,2,1,3]}\n"}}) {
    std::string text = replaced(from, to);
    if (to.find("0,2,1,3") != std::string::npos) text.replace(text.find("matmul(%qt, %kt)"), 16, "matmul(%qt, %kt) {transpose_b=true}");
    EXPECT_EQ(pass_stats(fuse_attention, text).changed, 1u) << text;
    expect_keeps_results(fuse_attention, text);
  }
}

TEST(FuseAttention, LeavesWhatIsSomethingElse) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"{axis=3}", "{axis=2}"}, {"output %y", "output %y\n      output %s"}, {"output %y", "output %y\n      output %p"}})
    EXPECT_EQ(pass_stats(fuse_attention, replaced(from, to)).changed, 0u) << to;
}

TEST(FuseDynamicActivation, MovesGeluIntoTheLayer) {
  EXPECT_EQ(run_pass(fuse_dynamic_activation, R"(
      %x = input f32[2,3]
      %w = const i8[2,3] q(scale=1, zp=0) = [1,2,3,4,5,6]
      %q, %s, %z = dynamic_quantize(%x)
      %l = dynamic_fully_connected(%q, %s, %z, %w)
      %y = gelu(%l) {approximate=true}
      output %y)"),
            graph_text(R"(
      %x = input f32[2,3]
      %w = const i8[2,3] q(scale=1, zp=0) = [1,2,3,4,5,6]
      %q, %s, %z = dynamic_quantize(%x)
      %y = dynamic_fully_connected(%q, %s, %z, %w) {activation=gelu_approximate} @"l"
      output %y)"));
}

}  // namespace
}  // namespace octet
