// SPDX-License-Identifier: Apache-2.0
// Numbers that are not obvious come from ONNX Runtime 1.31.
#include "ops/conv2d.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

// One channel, so that the elements are in the same order in both layouts.
const std::string kImage =
    "%x = const f32[1,1,5,5] = [1,2,3,4,5, 6,8,7,9,0, -1,-2,4,2,1, 3,3,-5,2,2, 0,1,0,-1,4]\n"
    "%w = const f32[1,1,2,2] = [1,2,-1,3]\n";

std::vector<float> convolve(const std::string& attrs) {
  return run_op<float>(kImage + "%y = conv2d(%x, %w) {layout=nchw, " + attrs + "}\noutput %y");
}

TEST(Conv2d, DilatesAndPadsEachSideByItself) {
  EXPECT_THAT(convolve("dilations=[2,3], pads=[1,0,0,1]"), ElementsAre(21, -8, -7, 16, 17, -1, 27, 11, 12, 0, 11, 4));
}

TEST(Conv2d, PadsForSameSizesAtTheEndOrTheBeginning) {
  EXPECT_THAT(convolve("strides=[2,2], pad_mode=same_upper"), ElementsAre(23, 31, 5, 1, 19, -1, 2, -2, 4));
  EXPECT_THAT(convolve("strides=[2,2], pad_mode=same_lower"), ElementsAre(3, 7, 11, 9, 36, 10, 6, -8, 19));
}

TEST(Conv2d, GivesTheSameInBothLayouts) {
  // src: channels (1, 10), (2, 20), (3, 30), (4, 40) at the four pixels; weights: channel 0 by taps, channel 1 by 1 / 10.
  const std::string nhwc =
      "%x = const f32[1,2,2,2] = [1,10, 2,20, 3,30, 4,40]\n"
      "%w = const f32[1,2,2,2] = [1,0.5, 2,0.25, 3,0.125, 4,1]\n"
      "%y = conv2d(%x, %w)\noutput %y";
  const std::string nchw =
      "%x = const f32[1,2,2,2] = [1,2,3,4, 10,20,30,40]\n"
      "%w = const f32[1,2,2,2] = [1,2,3,4, 0.5,0.25,0.125,1]\n"
      "%y = conv2d(%x, %w) {layout=nchw}\noutput %y";
  EXPECT_THAT(run_op<float>(nhwc), ElementsAre(30 + 5 + 5 + 3.75f + 40));
  EXPECT_EQ(run_op<float>(nhwc), run_op<float>(nchw));
}

TEST(Conv2d, SumsOverTheChannelsOfTheGroupOnly) {
  // Two groups of two channels, two filters each.
  EXPECT_THAT(run_op<float>("%x = const f32[1,1,1,4] = [1,2,3,4]\n"
                            "%w = const f32[4,1,1,2] = [1,1, 1,-1, 10,1, 0,1]\n"
                            "%b = const f32[4] = [0,100,0,0.5]\n"
                            "%y = conv2d(%x, %w, %b) {group=2}\noutput %y"),
              ElementsAre(3, 99, 34, 4.5f));
}

TEST(Conv2d, ConvolvesEachChannelAloneIfDepthwise) {
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,1,3] = [1,2,3, 4,5,6]\n"
                            "%w = const f32[3,2,1,1] = [1,1, 1,-1, 0,10]\n"
                            "%y = conv2d(%x, %w) {group=3}\noutput %y"),
              ElementsAre(5, -3, 60));
}

TEST(Conv2d, ClampsToTheActivation) {
  const std::string operands = "%x = const f32[1,1,1,1] = [1]\n%w = const f32[3,1,1,1] = [-2,3,8]\n";
  EXPECT_THAT(run_op<float>(operands + "%y = conv2d(%x, %w) {activation=relu}\noutput %y"), ElementsAre(0, 3, 8));
  EXPECT_THAT(run_op<float>(operands + "%y = conv2d(%x, %w) {activation=relu6}\noutput %y"), ElementsAre(0, 3, 6));
}

TEST(Conv2d, InfersShapesWithSymbols) {
  const std::string operands = "%x = input f32[N,H,W,3]\n%w = input f32[8,3,3,3]\n";
  EXPECT_EQ(output_type(operands + "%y = conv2d(%x, %w) {pads=[1,1,1,1]}\noutput %y"), "f32[N,H,W,8]");
  EXPECT_EQ(output_type(operands + "%y = conv2d(%x, %w)\noutput %y"), "f32[N,?,?,8]");
  EXPECT_EQ(output_type("%x = input f32[1,C,9,7]\n%w = input f32[8,3,3,3]\n"
                        "%y = conv2d(%x, %w) {layout=nchw, strides=[2,1]}\noutput %y"),
            "f32[1,8,4,5]");
}

TEST(Conv2d, TakesIntegersTogetherOnly) {
  const std::string i8 = "%x = input i8[1,4,4,2]\n%w = input i8[3,1,1,2]\n%b = input i32[3]\n";
  EXPECT_EQ(output_type(i8 + "%y = conv2d(%x, %w, %b)\noutput %y"), "i8[1,4,4,3]");
  EXPECT_EQ(output_type("%x = input u8[1,4,4,2]\n%w = input i8[3,1,1,2]\n%y = conv2d(%x, %w)\noutput %y"), "u8[1,4,4,3]");
  EXPECT_THAT(op_error("%x = input i8[1,4,4,2]\n%w = input f32[3,1,1,2]\n%y = conv2d(%x, %w)\noutput %y"), HasSubstr("'w' is f32"));
  EXPECT_THAT(op_error("%x = input i8[1,4,4,2]\n%w = input i8[3,1,1,2]\n%b = input f32[3]\n%y = conv2d(%x, %w, %b)\noutput %y"),
              HasSubstr("expected i32"));
  EXPECT_THAT(op_error("%x = input f16[1,4,4,2]\n%w = input f16[3,1,1,2]\n%y = conv2d(%x, %w)\noutput %y"), HasSubstr("f16"));
}

TEST(Conv2d, RefusesShapesThatDoNotFit) {
  const auto error = [](const std::string& src, const std::string& weights, const std::string& attrs) {
    return op_error("%x = input f32" + src + "\n%w = input f32" + weights + "\n%y = conv2d(%x, %w) {" + attrs + "}\noutput %y");
  };
  EXPECT_THAT(error("[1,4,4]", "[3,1,1,2]", ""), HasSubstr("expected 4 dimensions"));
  EXPECT_THAT(error("[1,4,4,2]", "[3,1,1,4]", ""), HasSubstr("C = 2"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,1,1,2]", "group=2"), HasSubstr("group = 2 does not divide K = 3"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,1,1,2]", "group=0"), HasSubstr("group = 0"));
  EXPECT_THAT(error("[1,4,4,4]", "[0,1,1,4]", ""), HasSubstr("empty"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,5,1,4]", ""), HasSubstr("height"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,1,5,4]", ""), HasSubstr("width"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,R,1,4]", ""), HasSubstr("fixed shape"));
  EXPECT_THAT(error("[1,4,4,4]", "[3,1,1,4]", "layout=none"), HasSubstr("layout"));
  EXPECT_THAT(op_error("%x = input f32[1,4,4,2]\n%w = input f32[3,1,1,2]\n%b = input f32[2]\n%y = conv2d(%x, %w, %b)\noutput %y"),
              HasSubstr("expected 3"));
}

TEST(Conv2d, TellsItsWindow) {
  const Conv2dAttrs attrs = {.strides = {2, 1}, .pad_mode = PadMode::kSameUpper, .layout = Layout::kNchw};
  const Window2d window = conv2d_window(attrs, {1, 3, 8, 5}, {4, 3, 3, 2});
  EXPECT_EQ(window.h.output_size, 4);
  EXPECT_EQ(window.h.pad_end, 1);
  EXPECT_EQ(window.w.output_size, 5);
  EXPECT_EQ(window.w.kernel, 2);
}

}  // namespace
}  // namespace octet
