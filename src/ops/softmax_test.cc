// SPDX-License-Identifier: Apache-2.0
#include "ops/softmax.h"

#include <gmock/gmock.h>

#include <cmath>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

// log(2) and log(6), so that exp gives 2 and 6.
const std::string kLogits = "%x = const f32[2,2] = [0.69314718, 1.79175947, 0.69314718, 0.69314718]\n";

TEST(Softmax, SumsToOneAlongTheAxis) {
  EXPECT_THAT(run_op<float>(kLogits + "%y = softmax(%x)\noutput %y"), ElementsAre(FloatEq(0.25f), FloatEq(0.75f), 0.5f, 0.5f));
  EXPECT_THAT(run_op<float>(kLogits + "%y = softmax(%x) {axis=0}\noutput %y"), ElementsAre(0.5f, FloatEq(0.75f), 0.5f, FloatEq(0.25f)));
}

TEST(Softmax, DoesNotOverflow) {
  EXPECT_THAT(run_op<float>("%x = const f32[3] = [1e30, 1e30, -1e30]\n%y = softmax(%x)\noutput %y"), ElementsAre(0.5f, 0.5f, 0));
}

TEST(LogSoftmax, IsTheLogarithm) {
  EXPECT_THAT(run_op<float>(kLogits + "%y = log_softmax(%x)\noutput %y"),
              ElementsAre(FloatEq(std::log(0.25f)), FloatEq(std::log(0.75f)), FloatEq(std::log(0.5f)), FloatEq(std::log(0.5f))));
  EXPECT_THAT(run_op<float>("%x = const f32[2] = [0, -2000]\n%y = log_softmax(%x)\noutput %y"), ElementsAre(0, -2000));
}

TEST(Softmax, KeepsShapesAndChecksTheAxis) {
  EXPECT_EQ(output_type("%x = input i8[N,10]\n%y = softmax(%x)\noutput %y"), "i8[N,10]");
  EXPECT_THAT(op_error("%x = input f32[N,10]\n%y = softmax(%x) {axis=2}\noutput %y"), HasSubstr("axis 2"));
  EXPECT_THAT(op_error("%x = input i64[N,10]\n%y = softmax(%x)\noutput %y"), HasSubstr("i64"));
}

}  // namespace
}  // namespace octet
