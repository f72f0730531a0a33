// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(RemoveIdentity, ReadersReadTheSource) {
  EXPECT_EQ(run_pass(remove_identity, R"(
      %x = input f32[1,4]
      %a = identity(%x)
      %b = dropout(%a)
      %y = relu(%b)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,4]
      %y = relu(%x)
      output %y)"));
}

TEST(RemoveIdentity, GraphOutputKeepsItsName) {
  EXPECT_EQ(run_pass(remove_identity, R"(
      %x = input f32[1,4]
      %a = relu(%x)
      %y = identity(%a)
      %z = neg(%a)
      output %y, %z)"),
            graph_text(R"(
      %x = input f32[1,4]
      %y = relu(%x) @"a"
      %z = neg(%y)
      output %y, %z)"));
}

TEST(RemoveIdentity, StaysBetweenAGraphInputAndAGraphOutput) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,4]
      %y = identity(%x)
      output %y)";
  EXPECT_EQ(run_pass(remove_identity, kText), graph_text(kText));
  EXPECT_EQ(pass_stats(remove_identity, kText).skipped, 1u);
}

TEST(RemoveIdentity, StaysBetweenTwoGraphOutputs) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,4]
      %a = relu(%x)
      %y = identity(%a)
      output %a, %y)";
  EXPECT_EQ(run_pass(remove_identity, kText), graph_text(kText));
}

TEST(RemoveIdentity, ChainToAnOutputLeavesTheOutputsName) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,4]
      %a = relu(%x)
      %b = identity(%a)
      %c = identity(%b)
      %d = identity(%b)
      output %c, %d)";
  expect_keeps_results(remove_identity, kText);
}

}  // namespace
}  // namespace octet
