// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(CancelTransposes, TwoBecomeOne) {
  EXPECT_EQ(run_pass(cancel_transposes, R"(
      %x = input f32[2,3,4,5]
      %a = transpose(%x) {perm=[0,2,3,1]}
      %y = transpose(%a) {perm=[1,2,3,0]}
      output %y)"),
            graph_text(R"(
      %x = input f32[2,3,4,5]
      %y = transpose(%x) {perm=[2,3,1,0]}
      output %y)"));
}

TEST(CancelTransposes, InversesBecomeIdentity) {
  for (const char* shape : {"2,3,4,5", "N,3,4,5"}) {
    EXPECT_EQ(run_pass(cancel_transposes, fmt::format(R"(
      %x = input f32[{}]
      %a = transpose(%x) {{perm=[0,2,3,1]}}
      %y = transpose(%a) {{perm=[0,3,1,2]}}
      output %y)", shape)),
              graph_text(fmt::format(R"(
      %x = input f32[{}]
      %y = identity(%x)
      output %y)", shape)));
  }
}

TEST(CancelTransposes, MovingDimensionsOfOneIsAReshape) {
  EXPECT_EQ(run_pass(cancel_transposes, R"(
      %x = input f32[2,1,1,5]
      %y = transpose(%x) {perm=[0,3,1,2]}
      output %y)"),
            graph_text(R"(
      %x = input f32[2,1,1,5]
      %y = reshape(%x) {shape=[2,5,1,1]}
      output %y)"));
}

TEST(CancelTransposes, ThreeInARowAndOtherReaders) {
  expect_keeps_results(cancel_transposes, R"(
      %x = input f32[2,3,4,5]
      %a = transpose(%x) {perm=[0,2,3,1]}
      %b = transpose(%a) {perm=[3,1,2,0]}
      %c = transpose(%b) {perm=[1,0,3,2]}
      %d = transpose(%a) {perm=[0,3,1,2]}
      %e = transpose(%d) {perm=[1,0,3,2]}
      output %c, %a, %e)");
}

TEST(CancelTransposes, KeepsATransposeThatMovesElements) {
  constexpr std::string_view kText = "%x = input f32[3,3]\n%y = transpose(%x) {perm=[1,0]}\noutput %y";
  EXPECT_EQ(run_pass(cancel_transposes, kText), graph_text(kText));
}

}  // namespace
}  // namespace octet
