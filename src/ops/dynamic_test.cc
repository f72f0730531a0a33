// SPDX-License-Identifier: Apache-2.0
#include "ops/dynamic.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

// The shape that inference gives with operands unknown, and the result once they are known.
struct Case {
  std::string name, operands, call, unknown;
  Shape known;
};

class DynamicForms : public testing::TestWithParam<Case> {};

TEST_P(DynamicForms, KnowTheirRankBeforeAndTheirShapeAfter) {
  const Case& c = GetParam();
  const std::string x = "%x = const f32[2,6] = [0,1,2,3,4,5,6,7,8,9,10,11]\n";
  std::string inputs = c.operands;
  for (std::size_t at = 0; (at = inputs.find("const", at)) != std::string::npos;) {
    const std::size_t equals = inputs.find('=', inputs.find(']', at));
    inputs.erase(equals - 1, inputs.find('\n', at) - equals + 1);
    inputs.replace(at, 5, "input");
  }
  EXPECT_EQ(output_type(x + inputs + "%y = " + c.call + "\noutput %y\n"), c.unknown);
  const auto outputs = run_graph(x + c.operands + "%y = " + c.call + "\noutput %y\n");
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].shape, c.known);
}

INSTANTIATE_TEST_SUITE_P(
    All, DynamicForms,
    testing::Values(Case{"Reshape", "%o = const i64[2] = [3, -1]\n", "dynamic_reshape(%x, %o)", "f32[?,?]", {3, 4}},
                    Case{"Expand", "%o = const i64[3] = [4, 1, 1]\n", "dynamic_expand(%x, %o)", "f32[?,?,?]", {4, 2, 6}},
                    Case{"Tile", "%o = const i64[2] = [2, 1]\n", "dynamic_tile(%x, %o)", "f32[?,?]", {4, 6}},
                    Case{"Slice", "%s = const i64[1] = [1]\n%e = const i64[1] = [2]\n", "dynamic_slice(%x, %s, %e)", "f32[?,6]", {1, 6}},
                    Case{"Pad", "%o = const i64[4] = [1, 0, 0, 2]\n", "dynamic_pad(%x, %o)", "f32[?,?]", {3, 8}},
                    Case{"Squeeze", "%o = const i64[1] = [0]\n", "dynamic_unsqueeze(%x, %o)", "f32[?,?,?]", {1, 2, 6}},
                    Case{"ReduceSum", "%o = const i64[1] = [1]\n", "dynamic_reduce_sum(%x, %o) {keep_dims=false}", "f32[?]", {2}}),
    [](const auto& test) { return test.param.name; });

TEST(DynamicSplit, WithoutSizesGivesEvenPartsAndTheRest) {
  const auto outputs = run_graph("%x = const i64[7] = [0,1,2,3,4,5,6]\n%a, %b, %c = dynamic_split(%x) {num_outputs=3}\noutput %a, %b, %c\n");
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_THAT(outputs[0].values<std::int64_t>(), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(outputs[2].values<std::int64_t>(), testing::ElementsAre(6));
}

TEST(DynamicForms, WhatMakesNoSenseIsAnError) {
  EXPECT_THAT(op_error("%x = const f32[6] = [0]\n%o = const i64[2] = [4, -1]\n%y = dynamic_reshape(%x, %o)\noutput %y\n"),
              testing::HasSubstr("cannot be reshaped"));
  EXPECT_THAT(op_error("%x = input f32[6]\n%o = input i64[N]\n%y = dynamic_reshape(%x, %o)\noutput %y\n"),
              testing::HasSubstr("their number must be known"));
  EXPECT_THAT(op_error("%x = input f32[6]\n%o = input f32[1]\n%y = dynamic_reshape(%x, %o)\noutput %y\n"),
              testing::HasSubstr("expected i32 or i64"));
}

}  // namespace
}  // namespace octet
