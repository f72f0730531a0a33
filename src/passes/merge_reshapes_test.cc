// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(MergeReshapes, TheLastIsEnough) {
  EXPECT_EQ(run_pass(merge_reshapes, R"(
      %x = input f32[2,3,4]
      %a = reshape(%x) {shape=[2,12]}
      %b = unsqueeze(%a) {axes=[0]}
      %y = flatten(%b) {axis=2}
      %z = relu(%y)
      output %z)"),
            graph_text(R"(
      %x = input f32[2,3,4]
      %y = reshape(%x) {shape=[2,12]}
      %z = relu(%y)
      output %z)"));
}

TEST(MergeReshapes, ReshapeToTheSameShapeGoes) {
  EXPECT_EQ(run_pass(merge_reshapes, R"(
      %x = input f32[2,3]
      %r = relu(%x)
      %a = reshape(%r) {shape=[3,2]}
      %y = reshape(%a) {shape=[2,3]}
      output %y)"),
            graph_text(R"(
      %x = input f32[2,3]
      %y = relu(%x) @"r"
      output %y)"));
}

TEST(MergeReshapes, KeepsANameBetweenGraphInputAndOutput) {
  expect_keeps_results(merge_reshapes, R"(
      %x = input f32[2,3]
      %y = reshape(%x) {shape=[2,3]}
      %z = reshape(%y) {shape=[6]}
      output %y, %z)");
}

TEST(MergeReshapes, SkipsDynamicShapes) {
  constexpr std::string_view kText = R"(
      %x = input f32[N,3,4]
      %a = flatten(%x)
      %y = unsqueeze(%a) {axes=[1]}
      output %y)";
  EXPECT_EQ(run_pass(merge_reshapes, kText), graph_text(kText));
  EXPECT_EQ(pass_stats(merge_reshapes, kText).skipped, 1u);
}

}  // namespace
}  // namespace octet
