// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ConvertMatmul, ConstantMatrixAndAddedConstantAreALayer) {
  EXPECT_EQ(run_pass(convert_matmul, R"(
      %x = input f32[5,2]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %c = const f32[3] = [7, 8, 9]
      %m = matmul(%x, %b)
      %y = add(%c, %m)
      output %y)"),
            graph_text(R"(
      %x = input f32[5,2]
      %b = const f32[3,2] = [1, 4, 2, 5, 3, 6]
      %c = const f32[3] = [7, 8, 9]
      %y = fully_connected(%x, %b, %c) @"m"
      output %y)"));
}

TEST(ConvertMatmul, KeepsResults) {
  for (const char* node : {"matmul(%x, %b)", "matmul(%x, %bt) {transpose_b=true}", "matmul(%x, %b, %c)",
                           "matmul(%x, %b) {activation=relu}"}) {
    const std::string text = fmt::format(R"(
      %x = input f32[2,4,2]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, -6]
      %bt = const f32[3,2] = [1, 2, 3, 4, 5, -6]
      %c = const f32[3] = [7, 8, 9]
      %m = {}
      %n = matmul(%x, %b)
      %a = add(%m, %c)
      %y = mul(%a, %n)
      output %y)", node);
    expect_keeps_results(convert_matmul, text, node);
    EXPECT_EQ(print_graph(passed(convert_matmul, text)).find("matmul"), std::string::npos) << node;
  }
}

TEST(ConvertMatmul, DoesNotAddABiasBehindAnActivation) {
  EXPECT_EQ(passed(convert_matmul, R"(
      %x = input f32[5,2]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %c = const f32[3] = [7, 8, 9]
      %m = matmul(%x, %b) {activation=relu}
      %y = add(%m, %c)
      output %y)").nodes.size(),
            2u);
}

TEST(ConvertMatmul, LeavesOtherProductsAlone) {
  for (const char* text : {R"(
      %x = input f32[2,5]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %y = matmul(%x, %b) {transpose_a=true}
      output %y)",
                           R"(
      %x = input f32[2]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %y = matmul(%x, %b)
      output %y)",
                           R"(
      %x = input f32[4,5,2]
      %b = const f32[4,2,1] = [1, 2, 3, 4, 5, 6, 7, 8]
      %y = matmul(%x, %b)
      output %y)",
                           R"(
      %x = input f32[3,2]
      %b = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %y = matmul(%b, %x)
      output %y)"})
    EXPECT_EQ(run_pass(convert_matmul, text), graph_text(text));
}

}  // namespace
}  // namespace octet
