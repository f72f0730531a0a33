// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(FoldConstants, ComputesChainsOfConstants) {
  EXPECT_EQ(run_pass(fold_constants, R"(
      %x = input f32[2]
      %a = const f32[2] = [1, 2]
      %b = const f32[2] = [10, 20]
      %c = add(%a, %b)
      %d = neg(%c)
      %y = mul(%x, %d)
      output %y)"),
            graph_text(R"(
      %x = input f32[2]
      %d = const f32[2] = [-11, -22]
      %y = mul(%x, %d)
      output %y)"));
}

TEST(FoldConstants, MakesAConstantGraphOutput) {
  EXPECT_EQ(run_pass(fold_constants, R"(
      %x = input f32[2]
      %a = const f32[2] = [1, 2]
      %y = neg(%a)
      %z = neg(%x)
      output %y, %z)"),
            graph_text(R"(
      %x = input f32[2]
      %y = const f32[2] = [-1, -2]
      %z = neg(%x)
      output %y, %z)"));
}

TEST(FoldConstants, ShapeOfNeedsNoConstant) {
  EXPECT_EQ(run_pass(fold_constants, R"(
      %x = input f32[2,5]
      %y = shape_of(%x)
      output %y)"),
            graph_text(R"(
      %x = input f32[2,5]
      %y = const i64[2] = [2, 5]
      output %y)"));
}

TEST(FoldConstants, KeepsShapesThatAreNotFixed) {
  constexpr std::string_view kText = R"(
      %x = input f32[N,5]
      %y = shape_of(%x)
      output %y)";
  EXPECT_EQ(run_pass(fold_constants, kText), graph_text(kText));
}

TEST(FoldConstants, KeepsWeightsStoredInInt8) {
  constexpr std::string_view kText = R"(
      %x = input f32[1,2]
      %w = const i8[3,2] q(scale=[0.5], zp=[0]) = [1, 2, 3, 4, 5, 6]
      %d = dequantize(%w)
      %y = fully_connected(%x, %d)
      output %y)";
  EXPECT_EQ(run_pass(fold_constants, kText), graph_text(kText));
}

TEST(FoldConstants, NamesTheNodeThatCannotBeComputed) {
  EXPECT_THAT(pass_error(fold_constants, R"(
      %a = const f32[2] = [1, 2]
      %i = const i64[1] = [7]
      %y = gather(%a, %i)
      output %y)"),
              testing::HasSubstr("node 'y' (gather)"));
}

}  // namespace
}  // namespace octet
