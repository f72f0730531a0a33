// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul.h"

#include <gmock/gmock.h>

#include "ops/fully_connected.h"
#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kOperands = "%a = const f32[2,3] = [1,2,3, 4,5,6]\n%b = const f32[3,2] = [1,0, 0,1, 1,-3]\n";

TEST(Matmul, MultipliesMatricesAndAddsABiasPerColumn) {
  EXPECT_THAT(run_op<float>(kOperands + "%y = matmul(%a, %b)\noutput %y"), ElementsAre(4, -7, 10, -13));
  EXPECT_THAT(run_op<float>(kOperands + "%c = const f32[2] = [0.5,8]\n%y = matmul(%a, %b, %c) {activation=relu}\noutput %y"),
              ElementsAre(4.5f, 1, 10.5f, 0));
}

TEST(Matmul, TransposesItsOperands) {
  const std::string operands = "%a = const f32[3,2] = [1,4, 2,5, 3,6]\n%b = const f32[2,3] = [1,0,1, 0,1,-3]\n";
  EXPECT_THAT(run_op<float>(operands + "%y = matmul(%a, %b) {transpose_a=true, transpose_b=true}\noutput %y"),
              ElementsAre(4, -7, 10, -13));
}

TEST(Matmul, BroadcastsLeadingDimensions) {
  const std::string operands = "%a = const f32[2,1,1,2] = [1,2, 3,4]\n%b = const f32[2,2,1] = [1,1, 1,-1]\n";
  EXPECT_THAT(run_op<float>(operands + "%y = matmul(%a, %b)\noutput %y"), ElementsAre(3, -1, 7, -1));
  EXPECT_EQ(output_type(operands + "%y = matmul(%a, %b)\noutput %y"), "f32[2,2,1,1]");
}

TEST(Matmul, DropsTheDimensionAddedToAVector) {
  EXPECT_THAT(run_op<float>("%a = const f32[2] = [1,2]\n%b = const f32[2] = [3,4]\n%y = matmul(%a, %b)\noutput %y"), ElementsAre(11));
  EXPECT_EQ(output_type("%a = input f32[3]\n%b = input f32[5,3,2]\n%y = matmul(%a, %b)\noutput %y"), "f32[5,2]");
  EXPECT_EQ(output_type("%a = input f32[N,4,3]\n%b = input f32[3]\n%y = matmul(%a, %b)\noutput %y"), "f32[N,4]");
  EXPECT_EQ(output_type("%a = input f32[3]\n%b = input f32[3]\n%y = matmul(%a, %b)\noutput %y"), "f32[]");
}

TEST(Matmul, RefusesOperandsThatDoNotFit) {
  const auto error = [](const std::string& a, const std::string& b, const std::string& attrs) {
    return op_error("%a = input " + a + "\n%b = input " + b + "\n%y = matmul(%a, %b) {" + attrs + "}\noutput %y");
  };
  EXPECT_THAT(error("f32[2,3]", "f32[2,3]", ""), HasSubstr("cannot be multiplied"));
  EXPECT_THAT(error("f32[2,4,3]", "f32[3,3,5]", ""), HasSubstr("cannot be multiplied"));
  EXPECT_THAT(error("f32[]", "f32[3]", ""), HasSubstr("scalar"));
  EXPECT_THAT(error("f32[3]", "f32[3,2]", "transpose_a=true"), HasSubstr("transposed"));
  EXPECT_THAT(error("f32[2,3]", "i8[3,2]", ""), HasSubstr("'b' is i8"));
  EXPECT_EQ(output_type("%a = input i8[2,3]\n%b = input i8[3,N]\n%y = matmul(%a, %b)\noutput %y"), "i8[2,N]");
}

TEST(FullyConnected, MultipliesRowsByRowsOfWeights) {
  const std::string operands = "%x = const f32[2,1,3] = [1,2,3, 4,5,6]\n%w = const f32[2,3] = [1,0,1, 0,1,-3]\n";
  EXPECT_THAT(run_op<float>(operands + "%y = fully_connected(%x, %w)\noutput %y"), ElementsAre(4, -7, 10, -13));
  EXPECT_THAT(run_op<float>(operands + "%b = const f32[2] = [-1,20]\n%y = fully_connected(%x, %w, %b) {activation=relu6}\noutput %y"),
              ElementsAre(3, 6, 6, 6));
  EXPECT_EQ(output_type(operands + "%y = fully_connected(%x, %w)\noutput %y"), "f32[2,1,2]");
}

TEST(FullyConnected, ChecksShapesAndTypes) {
  EXPECT_EQ(output_type("%x = input i8[N,3]\n%w = input i8[5,3]\n%b = input i32[5]\n%y = fully_connected(%x, %w, %b)\noutput %y"),
            "i8[N,5]");
  EXPECT_THAT(op_error("%x = input f32[N,3]\n%w = input f32[3,5]\n%y = fully_connected(%x, %w)\noutput %y"), HasSubstr("differ"));
  EXPECT_THAT(op_error("%x = input f32[]\n%w = input f32[3,5]\n%y = fully_connected(%x, %w)\noutput %y"), HasSubstr("scalar"));
  EXPECT_THAT(op_error("%x = input f32[3]\n%w = input f32[5,3]\n%b = input f32[3]\n%y = fully_connected(%x, %w, %b)\noutput %y"),
              HasSubstr("expected 5"));
}

}  // namespace
}  // namespace octet
