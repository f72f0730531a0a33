// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(ResolveDynamicOperators, ConstantsBecomeAttributesAndSizesKnown) {
  const std::string text = run_pass(resolve_dynamic_operators, R"(
      %x = input f32[2,6]
      %to = const i64[2] = [3, -1]
      %axes = const i64[1] = [1]
      %r = dynamic_reshape(%x, %to)
      %y = dynamic_reduce_sum(%r, %axes) {keep_dims=false}
      output %y)");
  EXPECT_THAT(text, testing::HasSubstr("%r = reshape(%x) {shape=[3,-1]} : f32[3,4]"));
  EXPECT_THAT(text, testing::HasSubstr("%y = reduce_sum(%r) {axes=[1], keep_dims=false} : f32[3]"));
}

TEST(ResolveDynamicOperators, LeavesWhatIsComputedWhileRunning) {
  const std::string text = run_pass(resolve_dynamic_operators, R"(
      %x = input f32[2,6]
      %to = input i64[2]
      %y = dynamic_reshape(%x, %to)
      output %y)");
  EXPECT_THAT(text, testing::HasSubstr("%y = dynamic_reshape(%x, %to) : f32[?,?]"));
}

}  // namespace
}  // namespace octet
