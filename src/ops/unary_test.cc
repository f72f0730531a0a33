// SPDX-License-Identifier: Apache-2.0
#include "ops/unary.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

// f(values) as float32.
std::vector<float> apply(const std::string& call, const std::string& values, int count) {
  const std::string n = std::to_string(count);
  const std::size_t name = call.find(' ');
  return run_op<float>("%x = const f32[" + n + "] = [" + values + "]\n%y = " + call.substr(0, name) + "(%x)" +
                       (name == std::string::npos ? "" : call.substr(name)) + "\noutput %y");
}

TEST(Unary, ComputesRectifiers) {
  EXPECT_THAT(apply("relu", "-1, 0, 2", 3), ElementsAre(0, 0, 2));
  EXPECT_THAT(apply("relu6", "-1, 3, 7", 3), ElementsAre(0, 3, 6));
  EXPECT_THAT(apply("leaky_relu {alpha=0.5}", "-2, 2", 2), ElementsAre(-1, 2));
  EXPECT_THAT(apply("elu {alpha=2}", "-1, 3", 2), ElementsAre(FloatEq(2 * (std::exp(-1.0f) - 1)), 3));
  EXPECT_THAT(apply("clip {min=-1, max=2}", "-3, 1, 3", 3), ElementsAre(-1, 1, 2));
}

TEST(Unary, ClipWithCrossedBoundsGivesTheUpperOne) {
  EXPECT_THAT(apply("clip {min=5, max=2}", "-3, 3, 9", 3), ElementsAre(2, 2, 2));
}

TEST(Unary, ComputesSigmoids) {
  EXPECT_THAT(apply("sigmoid", "0, 1, -1000", 3), ElementsAre(0.5f, FloatEq(1 / (1 + std::exp(-1.0f))), 0));
  EXPECT_THAT(apply("hard_sigmoid {alpha=0.25}", "-9, 1, 9", 3), ElementsAre(0, 0.75f, 1));
  EXPECT_THAT(apply("hard_swish", "-4, 0, 3, 5", 4), ElementsAre(0, 0, 3, 5));
  EXPECT_THAT(apply("silu", "0, 2", 2), ElementsAre(0, FloatEq(2 / (1 + std::exp(-2.0f)))));
  EXPECT_THAT(apply("softplus", "0, 1000", 2), ElementsAre(FloatEq(std::log(2.0f)), 1000));
}

TEST(Unary, ComputesGeluAndItsApproximation) {
  EXPECT_THAT(apply("gelu", "0, 1", 2), ElementsAre(0, FloatEq(0.8413447460685429f)));  // 1 * Phi(1)
  // 0.5 * (1 + tanh(sqrt(2 / pi) * 1.044715))
  EXPECT_THAT(apply("gelu {approximate=true}", "1", 1), ElementsAre(FloatEq(0.8411919906082768f)));
}

TEST(Unary, ComputesRoundingAndSigns) {
  EXPECT_THAT(apply("round", "0.5, 1.5, 2.5, -0.5, -1.5", 5), ElementsAre(0, 2, 2, 0, -2));
  EXPECT_THAT(apply("floor", "-1.5, 1.5", 2), ElementsAre(-2, 1));
  EXPECT_THAT(apply("ceil", "-1.5, 1.5", 2), ElementsAre(-1, 2));
  EXPECT_THAT(apply("sign", "-3, 0, 5", 3), ElementsAre(-1, 0, 1));
  EXPECT_THAT(apply("abs", "-3, 5", 2), ElementsAre(3, 5));
  EXPECT_THAT(apply("neg", "-3, 5", 2), ElementsAre(3, -5));
}

TEST(Unary, ComputesFunctionsOfMathematics) {
  EXPECT_THAT(apply("cos", "0", 1), ElementsAre(1));
  EXPECT_THAT(apply("sin", "1", 1), ElementsAre(FloatEq(std::sin(1.0f))));
  EXPECT_THAT(apply("exp", "1", 1), ElementsAre(FloatEq(std::exp(1.0f))));
  EXPECT_THAT(apply("log", "2", 1), ElementsAre(FloatEq(std::log(2.0f))));
  EXPECT_THAT(apply("erf", "1", 1), ElementsAre(FloatEq(std::erf(1.0f))));
  EXPECT_THAT(apply("sqrt", "9", 1), ElementsAre(3));
  EXPECT_THAT(apply("tanh", "1", 1), ElementsAre(FloatEq(std::tanh(1.0f))));
  EXPECT_THAT(apply("reciprocal", "4", 1), ElementsAre(0.25f));
}

TEST(Unary, KeepsNaN) {
  EXPECT_TRUE(std::isnan(apply("relu", "nan", 1)[0]));
  EXPECT_TRUE(std::isnan(apply("relu6", "nan", 1)[0]));
}

TEST(Unary, ComputesOnIntegersWhatMakesSense) {
  EXPECT_THAT(run_op<std::int64_t>("%x = const i64[3] = [-9223372036854775807, 0, 7]\n%y = abs(%x)\noutput %y"),
              ElementsAre(INT64_MAX, 0, 7));
  EXPECT_THAT(run_op<std::int32_t>("%x = const i32[2] = [-2147483648, 7]\n%y = neg(%x)\noutput %y"),
              ElementsAre(INT32_MIN, -7));  // wraps
  EXPECT_THAT(run_op<std::int64_t>("%x = const i64[3] = [-5, 2, 9]\n%y = clip(%x) {min=0.5, max=7.5}\noutput %y"),
              ElementsAre(1, 2, 7));
  EXPECT_NE(op_error("%x = const i32[1] = [1]\n%y = exp(%x)\noutput %y"), "");
}

TEST(Unary, NotTakesBoolsAndNothingElseDoes) {
  EXPECT_THAT(run_op<bool>("%x = const bool[2] = [0, 1]\n%y = not(%x)\noutput %y"), ElementsAre(true, false));
  EXPECT_NE(op_error("%x = const f32[1] = [1]\n%y = not(%x)\noutput %y"), "");
  EXPECT_NE(op_error("%x = const bool[1] = [1]\n%y = relu(%x)\noutput %y"), "");
}

TEST(Unary, HasNoReferenceOnQuantizedNumbers) {
  EXPECT_NE(op_error("%x = const i8[1] q(scale=1, zp=0) = [1]\n%y = relu(%x) : i8[1] q(scale=1, zp=0)\noutput %y"), "");
}

TEST(Unary, KeepsSymbols) { EXPECT_EQ(output_type("%x = input f16[N,?,3]\n%y = tanh(%x)\noutput %y"), "f16[N,?,3]"); }

TEST(Unary, EvaluatesOneValueForTables) {
  Node node;
  node.op = &kClip;
  node.attrs = ClipAttrs{.min = -1, .max = 1};
  EXPECT_EQ(evaluate_unary(node, 3.0), 1.0);
  EXPECT_TRUE(is_unary(kTanh));
  EXPECT_FALSE(is_unary(*find_op("add")));
}

}  // namespace
}  // namespace octet
