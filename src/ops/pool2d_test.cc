// SPDX-License-Identifier: Apache-2.0
// Numbers that are not obvious come from ONNX Runtime 1.31.
#include "ops/pool2d.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

const std::string kImage = "%x = const f32[1,1,5,5] = [1,2,3,4,5, 6,8,7,9,0, -1,-2,4,2,1, 3,3,-5,2,2, 0,1,0,-1,4]\n";
const std::string kWindow = "kernel=[3,2], strides=[2,2], pads=[1,1,0,1], layout=nchw";

std::vector<float> pool(const std::string& op, const std::string& attrs) {
  return run_op<float>(kImage + "%y = " + op + "(%x) {" + attrs + "}\noutput %y");
}

TEST(MaxPool2d, TakesTheLargestPixelInsideTheImage) {
  EXPECT_THAT(pool("max_pool2d", kWindow), ElementsAre(8, 9, 5, 8, 9, 2, 3, 2, 4));
  EXPECT_THAT(run_op<float>("%x = const f32[1,1,1,1] = [-3]\n%y = max_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1]}\noutput %y"),
              ElementsAre(-3));
}

TEST(MaxPool2d, DilatesItsWindow) {
  EXPECT_THAT(pool("max_pool2d", "kernel=[2,2], dilations=[3,4], layout=nchw"), ElementsAre(5, 6));
}

TEST(AvgPool2d, DividesByPixelsInsideOrWithThePadding) {
  EXPECT_THAT(pool("avg_pool2d", kWindow), ElementsAre(4.25f, 5.75f, 2.5f, FloatEq(17 / 6.0f), FloatEq(19 / 6.0f), 1, 1.75f, -1, 3));
  EXPECT_THAT(pool("avg_pool2d", kWindow + ", count_include_pad=true"),
              ElementsAre(FloatEq(17 / 6.0f), FloatEq(23 / 6.0f), FloatEq(5 / 6.0f), FloatEq(17 / 6.0f), FloatEq(19 / 6.0f), 0.5f,
                          FloatEq(7 / 6.0f), FloatEq(-4 / 6.0f), 1));
}

TEST(AvgPool2d, CountsNoTapsBehindThePaddingInCeilMode) {
  // Three windows of 2 on 3 pixels and 1 of padding: [1, 2], [4, pad]. On 3 pixels without: [1, 2], [4].
  const std::string x = "%x = const f32[1,1,3,1] = [1,2,4]\n";
  const std::string attrs = "kernel=[1,2], strides=[1,2], ceil_mode=true, count_include_pad=true";
  EXPECT_THAT(run_op<float>(x + "%y = avg_pool2d(%x) {" + attrs + ", pads=[0,0,0,1]}\noutput %y"), ElementsAre(1.5f, 2));
  EXPECT_THAT(run_op<float>(x + "%y = avg_pool2d(%x) {" + attrs + "}\noutput %y"), ElementsAre(1.5f, 4));
}

TEST(AvgPool2d, KeepsChannelsApartInNhwc) {
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,1,2] = [1,10, 3,30]\n%y = avg_pool2d(%x) {kernel=[2,1]}\noutput %y"),
              ElementsAre(2, 20));
}

TEST(AvgPool2d, CoversTheImageIfGlobal) {
  EXPECT_THAT(pool("avg_pool2d", "global=true, layout=nchw"), ElementsAre(FloatEq(58 / 25.0f)));
  EXPECT_THAT(pool("max_pool2d", "global=true, layout=nchw, activation=relu6"), ElementsAre(6));
}

TEST(Pool2d, InfersShapesAndKeepsTypes) {
  const std::string x = "%x = input i8[N,H,9,C]\n";
  EXPECT_EQ(output_type(x + "%y = max_pool2d(%x) {kernel=[3,3], strides=[1,2], pads=[1,1,0,0]}\noutput %y"), "i8[N,H,4,C]");
  EXPECT_EQ(output_type(x + "%y = max_pool2d(%x) {kernel=[1,2], strides=[2,2], ceil_mode=true}\noutput %y"), "i8[N,?,5,C]");
  EXPECT_EQ(output_type(x + "%y = avg_pool2d(%x) {global=true}\noutput %y"), "i8[N,1,1,C]");
}

TEST(Pool2d, RefusesWhatIsNoImage) {
  EXPECT_THAT(op_error("%x = input f32[1,4,4]\n%y = max_pool2d(%x)\noutput %y"), HasSubstr("4 dimensions"));
  EXPECT_THAT(op_error("%x = input f32[1,0,4,1]\n%y = max_pool2d(%x) {global=true}\noutput %y"), HasSubstr("height"));
  EXPECT_THAT(op_error("%x = input f32[1,4,4,1]\n%y = max_pool2d(%x) {kernel=[1,5]}\noutput %y"), HasSubstr("width"));
  EXPECT_THAT(op_error("%x = input i64[1,4,4,1]\n%y = max_pool2d(%x)\noutput %y"), HasSubstr("i64"));
}

TEST(Pool2d, ComputesFloatsOnly) {
  EXPECT_THAT(op_error("%x = const i8[1,1,1,1] = [1]\n%y = max_pool2d(%x)\noutput %y"), HasSubstr("no reference evaluation for i8"));
}

}  // namespace
}  // namespace octet
