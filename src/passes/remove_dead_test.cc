// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(RemoveDead, DropsWhatNoOutputNeedsButNoInput) {
  constexpr std::string_view kText = R"(
      %x = input f32[2]
      %unused = input f32[3]
      %c = const f32[2] = [1, 2]
      %a = relu(%x)
      %b = add(%a, %c)
      %y = neg(%x)
      output %y)";
  EXPECT_EQ(run_pass(remove_dead, kText), graph_text(R"(
      %x = input f32[2]
      %unused = input f32[3]
      %y = neg(%x)
      output %y)"));
  EXPECT_EQ(pass_stats(remove_dead, kText).changed, 2u);
}

}  // namespace
}  // namespace octet
