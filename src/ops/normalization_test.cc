// SPDX-License-Identifier: Apache-2.0
// Numbers that are not obvious come from ONNX Runtime 1.31.
#include "ops/normalization.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

// The expected numbers are computed in float32.
auto near(float value) { return FloatNear(value, 1e-6f); }

TEST(BatchNorm, NormalizesEachChannel) {
  const std::string params =
      "%g = const f32[2] = [1,2]\n%b = const f32[2] = [0,100]\n%m = const f32[2] = [1,0]\n%v = const f32[2] = [4,0.25]\n";
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,2] = [1,5, 1,-1]\n" + params +
                            "%y = batch_norm(%x, %g, %b, %m, %v) {epsilon=0}\noutput %y"),
              ElementsAre(0, 2, 104, 96));
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,2] = [1,1, 5,-1]\n" + params +
                            "%y = batch_norm(%x, %g, %b, %m, %v) {epsilon=0, axis=-1}\noutput %y"),
              ElementsAre(0, 104, 2, 96));
}

TEST(BatchNorm, WantsOneParameterPerChannel) {
  EXPECT_THAT(op_error("%x = input f32[1,2,2]\n%p = input f32[2]\n%v = input f32[3]\n%y = batch_norm(%x, %p, %p, %p, %v)\noutput %y"),
              HasSubstr("variance 'v' has 3 elements"));
  EXPECT_THAT(op_error("%x = input f32[2]\n%p = input f32[2]\n%y = batch_norm(%x, %p, %p, %p, %p)\noutput %y"), HasSubstr("axis 1"));
  EXPECT_THAT(op_error("%x = input i8[1,2]\n%p = input f32[2]\n%y = batch_norm(%x, %p, %p, %p, %p)\noutput %y"), HasSubstr("i8"));
}

TEST(Scale, MultipliesAndAddsPerChannel) {
  const std::string operands = "%x = const f32[1,2,2] = [1,2, 3,4]\n%s = const f32[2] = [10,-1]\n%b = const f32[2] = [0.5,7]\n";
  EXPECT_THAT(run_op<float>(operands + "%y = scale(%x, %s, %b)\noutput %y"), ElementsAre(10.5f, 20.5f, 4, 3));
  EXPECT_THAT(run_op<float>(operands + "%y = scale(%x, %s) {axis=2, activation=relu}\noutput %y"), ElementsAre(10, 0, 30, 0));
  EXPECT_THAT(op_error("%x = input f32[1,2,2]\n%s = input f32[3]\n%y = scale(%x, %s)\noutput %y"), HasSubstr("expected 2"));
}

TEST(LayerNorm, NormalizesTheDimensionsFromTheAxisOn) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,3] = [1,2,4, -1,0,5]\n%g = const f32[3] = [1,2,3]\n%b = const f32[3] = [0,1,-1]\n"
                            "%y = layer_norm(%x, %g, %b)\noutput %y"),
              ElementsAre(near(-1.0690414f), near(0.46547943f), near(3.0089054f), near(-0.8890003f), near(-0.016000271f), near(3.191001f)));
  EXPECT_THAT(run_op<float>("%x = const f32[2,2] = [1,-1, 1,-1]\n%g = const f32[2,2] = [1,2,3,4]\n"
                            "%y = layer_norm(%x, %g) {axis=0, epsilon=0}\noutput %y"),
              ElementsAre(1, -2, 3, -4));
}

TEST(LayerNorm, WantsParametersOfTheNormalizedShape) {
  EXPECT_EQ(output_type("%x = input f32[N,2,3]\n%g = input f32[3]\n%y = layer_norm(%x, %g)\noutput %y"), "f32[N,2,3]");
  EXPECT_THAT(op_error("%x = input f32[N,2,3]\n%g = input f32[3]\n%y = layer_norm(%x, %g) {axis=1}\noutput %y"), HasSubstr("2 dimensions"));
  EXPECT_THAT(op_error("%x = input f32[N,2,3]\n%g = input f32[1]\n%y = layer_norm(%x, %g)\noutput %y"), HasSubstr("gamma 'g'"));
}

TEST(Lrn, DividesByThePowerOfNeighbouringChannels) {
  EXPECT_THAT(run_op<float>("%x = const f32[1,4,1,1] = [1,2,3,4]\n%y = lrn(%x) {size=3, alpha=3, beta=0.5}\noutput %y"),
              ElementsAre(near(0.40824828f), near(0.51639777f), near(0.5477226f), near(0.7844647f)));
}

TEST(Lrn, LooksFurtherBehindThanBeforeIfTheSizeIsEven) {
  // 1 / (1 + 1 + 4), 2 / (1 + 4).
  EXPECT_THAT(run_op<float>("%x = const f32[1,2] = [1,2]\n%y = lrn(%x) {size=2, alpha=2, beta=1}\noutput %y"),
              ElementsAre(near(1 / 6.0f), near(0.4f)));
  EXPECT_THAT(op_error("%x = input f32[1,2]\n%y = lrn(%x) {size=0}\noutput %y"), HasSubstr("size"));
}

}  // namespace
}  // namespace octet
