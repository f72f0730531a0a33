// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

const std::string kMatrix = "%x = const f32[2,3] = [1, 2, 3, -4, 5, -6]\n";

std::vector<float> reduce(const std::string& call) { return run_op<float>(kMatrix + "%y = " + call + "\noutput %y"); }

TEST(Reduce, ComputesOverAnAxis) {
  EXPECT_THAT(reduce("reduce_sum(%x) {axes=[1]}"), ElementsAre(6, -5));
  EXPECT_THAT(reduce("reduce_mean(%x) {axes=[0]}"), ElementsAre(-1.5f, 3.5f, -1.5f));
  EXPECT_THAT(reduce("reduce_max(%x) {axes=[-1]}"), ElementsAre(3, 5));
  EXPECT_THAT(reduce("reduce_min(%x) {axes=[-1]}"), ElementsAre(1, -6));
  EXPECT_THAT(reduce("reduce_prod(%x) {axes=[1]}"), ElementsAre(6, 120));
  EXPECT_THAT(reduce("reduce_sum_square(%x) {axes=[1]}"), ElementsAre(14, 77));
  EXPECT_THAT(reduce("reduce_l2(%x) {axes=[1]}"), ElementsAre(FloatEq(std::sqrt(14.0f)), FloatEq(std::sqrt(77.0f))));
}

TEST(Reduce, SumsOverAxesInTheMiddleAndApart) {
  const std::string x = "%x = const f32[2,3,2] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n";
  EXPECT_THAT(run_op<float>(x + "%y = reduce_sum(%x) {axes=[1]}\noutput %y"), ElementsAre(9, 12, 27, 30));
  EXPECT_THAT(run_op<float>(x + "%y = reduce_sum(%x) {axes=[0,2]}\noutput %y"), ElementsAre(18, 26, 34));
  EXPECT_THAT(run_op<float>(x + "%y = reduce_mean(%x) {axes=[1,2]}\noutput %y"), ElementsAre(3.5f, 9.5f));
}

TEST(Reduce, ComputesOverAllAxesIfNoneIsGiven) {
  EXPECT_THAT(reduce("reduce_sum(%x)"), ElementsAre(1));
  EXPECT_EQ(output_type(kMatrix + "%y = reduce_sum(%x)\noutput %y"), "f32[1,1]");
  EXPECT_EQ(output_type(kMatrix + "%y = reduce_sum(%x) {keep_dims=false}\noutput %y"), "f32[]");
}

TEST(Reduce, SumsInDoublePrecision) {
  // 2^24 + 1 + ... is lost in float32.
  EXPECT_THAT(run_op<float>("%x = const f32[4] = [16777216, 1, 1, -16777216]\n%y = reduce_sum(%x)\noutput %y"), ElementsAre(2));
}

TEST(Reduce, ComputesIntegers) {
  const std::string x = "%x = const i64[3] = [-7, 2, 3]\n";
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = reduce_prod(%x)\noutput %y"), ElementsAre(-42));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = reduce_max(%x)\noutput %y"), ElementsAre(3));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = reduce_min(%x)\noutput %y"), ElementsAre(-7));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = reduce_mean(%x)\noutput %y"), ElementsAre(0));  // -2 / 3, cut
  EXPECT_THAT(run_op<std::int32_t>("%x = const i32[2] = [-3, 4]\n%y = reduce_l2(%x)\noutput %y"), ElementsAre(5));
}

TEST(Reduce, OfNothingIsNeutralAndNoIntegerIs) {
  const std::string x = "%x = const f32[2,0] = []\n";
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(run_op<float>(x + "%y = reduce_max(%x) {axes=[1]}\noutput %y"), ElementsAre(-infinity, -infinity));
  EXPECT_THAT(run_op<float>(x + "%y = reduce_min(%x) {axes=[1]}\noutput %y"), ElementsAre(infinity, infinity));
  EXPECT_NE(op_error("%x = const i32[2,0] = []\n%y = reduce_max(%x) {axes=[1]}\noutput %y"), "");
  EXPECT_THAT(run_op<float>(x + "%y = reduce_sum(%x) {axes=[1]}\noutput %y"), ElementsAre(0, 0));
}

TEST(Reduce, KeepsSymbolsAndChecksAxes) {
  EXPECT_EQ(output_type("%x = input f32[N,C,H,W]\n%y = reduce_mean(%x) {axes=[2,3]}\noutput %y"), "f32[N,C,1,1]");
  EXPECT_EQ(output_type("%x = input f32[N,C,H,W]\n%y = reduce_mean(%x) {axes=[-1,1], keep_dims=false}\noutput %y"), "f32[N,H]");
  EXPECT_NE(op_error(kMatrix + "%y = reduce_sum(%x) {axes=[2]}\noutput %y"), "");
  EXPECT_NE(op_error(kMatrix + "%y = reduce_sum(%x) {axes=[1,-1]}\noutput %y"), "");
}

TEST(Reduce, NormsAndLogarithms) {
  const std::string x = "%x = const f32[1,2] = [-3, 4]\n";
  EXPECT_THAT(run_op<float>(x + "%y = reduce_l1(%x)\noutput %y"), ElementsAre(7));
  EXPECT_THAT(run_op<float>(x + "%y = reduce_log_sum(%x)\noutput %y"), ElementsAre(0));
  // 1000 + log(1 + 1), where exp(1000) is beyond float64
  EXPECT_THAT(run_op<float>("%x = const f32[2] = [1000, 1000]\n%y = reduce_log_sum_exp(%x)\noutput %y"),
              ElementsAre(testing::FloatEq(1000.6931f)));
  EXPECT_THAT(run_op<bool>("%x = const bool[2,2] = [0, 1, 0, 0]\n%y = reduce_max(%x) {axes=[1]}\noutput %y"),
              ElementsAre(true, false));
}

TEST(ArgMin, GivesTheLastSmallestIndexIfAsked) {
  const std::string x = "%x = const u8[4] = [5, 1, 1, 255]\n";
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = arg_min(%x)\noutput %y"), ElementsAre(1));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = arg_min(%x) {select_last=true}\noutput %y"), ElementsAre(2));
}

TEST(ArgMax, GivesTheFirstLargestIndex) {
  EXPECT_THAT(run_op<std::int64_t>(kMatrix + "%y = arg_max(%x) {axis=1}\noutput %y"), ElementsAre(2, 1));
  EXPECT_THAT(run_op<std::int64_t>(kMatrix + "%y = arg_max(%x) {axis=0, keep_dims=false}\noutput %y"), ElementsAre(0, 1, 0));
  EXPECT_THAT(run_op<std::int64_t>("%x = const i8[3] = [5, 7, 7]\n%y = arg_max(%x)\noutput %y"), ElementsAre(1));
  EXPECT_EQ(output_type("%x = input f32[N,10]\n%y = arg_max(%x) {axis=-1, keep_dims=false}\noutput %y"), "i64[N]");
}

}  // namespace
}  // namespace octet
