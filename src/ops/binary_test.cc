// SPDX-License-Identifier: Apache-2.0
#include "ops/binary.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

std::string call(const std::string& type, const std::string& op, const std::string& a, const std::string& b,
                 const std::string& attrs = "") {
  const auto count = [](const std::string& list) { return std::to_string(1 + std::count(list.begin(), list.end(), ',')); };
  return "%a = const " + type + "[" + count(a) + "] = [" + a + "]\n%b = const " + type + "[" + count(b) + "] = [" + b +
         "]\n%y = " + op + "(%a, %b) " + attrs + "\noutput %y";
}

TEST(Binary, ComputesFloats) {
  EXPECT_THAT(run_op<float>(call("f32", "add", "1, 2", "3, 4")), ElementsAre(4, 6));
  EXPECT_THAT(run_op<float>(call("f32", "sub", "1, 2", "3, 5")), ElementsAre(-2, -3));
  EXPECT_THAT(run_op<float>(call("f32", "mul", "1, 2", "3, 5")), ElementsAre(3, 10));
  EXPECT_THAT(run_op<float>(call("f32", "div", "1, 2", "4, 0")), ElementsAre(0.25f, INFINITY));
  EXPECT_THAT(run_op<float>(call("f32", "minimum", "1, 2", "3, -5")), ElementsAre(1, -5));
  EXPECT_THAT(run_op<float>(call("f32", "maximum", "1, 2", "3, -5")), ElementsAre(3, 2));
  EXPECT_THAT(run_op<float>(call("f32", "pow", "2, 4", "3, 0.5")), ElementsAre(8, 2));
  EXPECT_THAT(run_op<float>(call("f32", "prelu", "-2, 4", "0.5, 9")), ElementsAre(-1, 4));
}

TEST(Binary, ComputesIntegersThatWrap) {
  EXPECT_THAT(run_op<std::int64_t>(call("i64", "add", "9223372036854775807", "1")), ElementsAre(INT64_MIN));
  EXPECT_THAT(run_op<std::int32_t>(call("i32", "mul", "65536, 3", "65536, -4")), ElementsAre(0, -12));
  EXPECT_THAT(run_op<std::int32_t>(call("i32", "div", "7, -7, -2147483648", "2, 2, -1")), ElementsAre(3, -3, INT32_MIN));
  EXPECT_THAT(run_op<std::int64_t>(call("i64", "pow", "3, -1, 2", "4, -3, -1")), ElementsAre(81, -1, 0));
}

TEST(Binary, RefusesIntegerDivisionByZero) {
  EXPECT_NE(op_error(call("i32", "div", "1, 1", "1, 0")).find("division by 0"), std::string::npos);
}

TEST(Binary, FusesActivations) {
  EXPECT_THAT(run_op<float>(call("f32", "add", "-3, 2, 5", "1, 1, 4", "{activation=relu}")), ElementsAre(0, 3, 9));
  EXPECT_THAT(run_op<float>(call("f32", "add", "-3, 2, 5", "1, 1, 4", "{activation=relu6}")), ElementsAre(0, 3, 6));
  EXPECT_THAT(run_op<std::int32_t>(call("i32", "sub", "1, 9", "2, 1", "{activation=relu6}")), ElementsAre(0, 6));
}

TEST(Binary, Broadcasts) {
  const std::string text = R"(
      %a = const f32[2,1] = [1, 2]
      %b = const f32[3] = [10, 20, 30]
      %y = add(%a, %b)
      output %y)";
  EXPECT_EQ(output_type(text), "f32[2,3]");
  EXPECT_THAT(run_op<float>(text), ElementsAre(11, 21, 31, 12, 22, 32));
}

TEST(Binary, BroadcastsSymbols) {
  EXPECT_EQ(output_type("%a = input f32[N,1]\n%b = input f32[N,3]\n%y = add(%a, %b)\noutput %y"), "f32[N,3]");
  EXPECT_EQ(output_type("%a = input f32[N]\n%b = input f32[4]\n%y = add(%a, %b)\noutput %y"), "f32[4]");
  EXPECT_EQ(output_type("%a = input f32[N]\n%b = input f32[M]\n%y = add(%a, %b)\noutput %y"), "f32[?]");
}

TEST(Binary, RefusesShapesAndTypesThatDoNotFit) {
  EXPECT_NE(op_error("%a = const f32[2] = [1]\n%b = const f32[3] = [1]\n%y = add(%a, %b)\noutput %y"), "");
  EXPECT_NE(op_error("%a = const f32[2] = [1]\n%b = const i32[2] = [1]\n%y = add(%a, %b)\noutput %y"), "");
  EXPECT_NE(op_error("%a = const bool[2] = [1]\n%b = const bool[2] = [1]\n%y = add(%a, %b)\noutput %y"), "");
  EXPECT_NE(op_error("%a = const f32[2] = [1]\n%b = const f32[2] = [1]\n%y = and(%a, %b)\noutput %y"), "");
}

TEST(Binary, InfersQuantizedAndHasNoReferenceForIt) {
  const std::string text =
      "%a = const i8[1] q(scale=1, zp=0) = [1]\n%b = const i8[1] q(scale=2, zp=1) = [1]\n%y = add(%a, %b)\noutput %y";
  EXPECT_EQ(output_type(text), "i8[1]");
  EXPECT_NE(op_error(text), "");
}

TEST(Binary, Compares) {
  EXPECT_THAT(run_op<bool>(call("f32", "equal", "1, 2", "1, 3")), ElementsAre(true, false));
  EXPECT_THAT(run_op<bool>(call("i64", "less", "1, 2, 3", "2, 2, 2")), ElementsAre(true, false, false));
  EXPECT_THAT(run_op<bool>(call("i64", "less_equal", "1, 2, 3", "2, 2, 2")), ElementsAre(true, true, false));
  EXPECT_THAT(run_op<bool>(call("f32", "greater", "1, 2, 3", "2, 2, 2")), ElementsAre(false, false, true));
  EXPECT_THAT(run_op<bool>(call("f32", "greater_equal", "1, 2, 3", "2, 2, 2")), ElementsAre(false, true, true));
  EXPECT_THAT(run_op<bool>(call("bool", "equal", "1, 0", "1, 1")), ElementsAre(true, false));
}

TEST(Binary, ComputesLogic) {
  EXPECT_THAT(run_op<bool>(call("bool", "and", "0, 0, 1, 1", "0, 1, 0, 1")), ElementsAre(false, false, false, true));
  EXPECT_THAT(run_op<bool>(call("bool", "or", "0, 0, 1, 1", "0, 1, 0, 1")), ElementsAre(false, true, true, true));
}

TEST(Where, SelectsElementsOfAnyType) {
  EXPECT_THAT(run_op<std::int64_t>(R"(
      %c = const bool[2,1] = [1, 0]
      %a = const i64[2] = [1, 2]
      %b = const i64[] = [9]
      %y = where(%c, %a, %b)
      output %y)"),
              ElementsAre(1, 2, 9, 9));
  EXPECT_NE(op_error("%c = const i32[1] = [1]\n%a = const f32[1] = [1]\n%y = where(%c, %a, %a)\noutput %y"), "");
}

TEST(Binary, KnowsWhichOperatorsAreArithmetic) {
  EXPECT_TRUE(is_binary(kAdd) && is_binary(kPrelu));
  EXPECT_FALSE(is_binary(kEqual) || is_binary(kAnd) || is_binary(kWhere));
}

}  // namespace
}  // namespace octet
