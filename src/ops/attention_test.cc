// SPDX-License-Identifier: Apache-2.0
#include "ops/attention.h"

#include "ops/op_test.h"

namespace octet {
namespace {

TEST(Attention, EqualsTheProductsWrittenOut) {
  const std::string inputs = R"(
      %q = const f32[2,3,4] = [0.1,0.2,0.3,-0.4,1,0.5,0.25,-1,0.7,0,-0.1,0.3,0.5,0.5,-0.5,1,-1,0.2,0.4,0.6,0.1,-0.9,0.8,0.3]
      %k = const f32[2,2,4] = [1,0.2,-0.3,0.4,0.2,0.1,-0.6,0.5,-0.7,0.3,0.9,-0.2,0.4,0.8,-0.1,0.6]
      %v = const f32[2,2,6] = [1,2,3,4,5,6,-1,-2,-3,7,8,9,0.1,0.2,0.3,0.4,0.5,0.6,10,20,30,40,50,60]
      %m = const f32[2,1,1,2] = [0, -1, -10000, 0.5]
)";
  const std::vector<float> expected = run_op<float>(inputs + R"(
      %qr = reshape(%q) {shape=[2,3,2,2]}
      %qt = transpose(%qr) {perm=[0,2,1,3]}
      %kr = reshape(%k) {shape=[2,2,2,2]}
      %kt = transpose(%kr) {perm=[0,2,3,1]}
      %vr = reshape(%v) {shape=[2,2,2,3]}
      %vt = transpose(%vr) {perm=[0,2,1,3]}
      %s = matmul(%qt, %kt)
      %f = const f32[] = [0.25]
      %p = mul(%s, %f)
      %a = add(%p, %m)
      %w = softmax(%a) {axis=-1}
      %o = matmul(%w, %vt)
      %t = transpose(%o) {perm=[0,2,1,3]}
      %y = reshape(%t) {shape=[2,3,6]}
      output %y)");
  const std::vector<float> actual = run_op<float>(inputs + "%y = attention(%q, %k, %v, %m) {heads=2, scale=0.25}\noutput %y");
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5f * 60);
}

TEST(Attention, RejectsHeadsThatDoNotDivide) {
  EXPECT_NE(op_error("%q = const f32[1,1,4] = [1,2,3,4]\n%y = attention(%q, %q, %q) {heads=3}\noutput %y"), "");
  EXPECT_NE(op_error("%q = const f32[1,1,4] = [1,2,3,4]\n%m = const f32[2] = [1,2]\n%y = attention(%q, %q, %q, %m)\noutput %y"), "");
}

}  // namespace
}  // namespace octet
