// SPDX-License-Identifier: Apache-2.0
// The expected numbers come from ONNX Runtime 1.31.
#include "ops/resize.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

std::vector<float> resize_row(const std::string& attrs) {
  return run_op<float>("%x = const f32[1,1,4,1] = [1,2,4,8]\n%y = resize(%x) {" + attrs + "}\noutput %y");
}

// ONNX Runtime computes coordinates (up to 4) and cubic weights (with terms up to 6) in float32: each is off by at most
// 5e-7, which a slope of 4 per pixel and pixels up to 8 make about 8e-6.
auto near(const std::vector<float>& values) { return Pointwise(testing::FloatNear(1e-5f), values); }

TEST(Resize, RepeatsTheNearestPixel) {
  EXPECT_THAT(resize_row("size=[1,6]"), ElementsAre(1, 1, 2, 4, 4, 8));
  EXPECT_THAT(resize_row("size=[1,6], coordinate_mode=asymmetric"), ElementsAre(1, 2, 2, 4, 8, 8));
  EXPECT_THAT(resize_row("size=[1,6], coordinate_mode=align_corners"), ElementsAre(1, 2, 2, 4, 4, 8));
  EXPECT_THAT(resize_row("size=[1,3]"), ElementsAre(1, 2, 8));
}

TEST(Resize, RoundsHalfwayAsTheNearestModeSays) {
  const std::string twice = "size=[1,8], coordinate_mode=asymmetric, nearest_mode=";
  EXPECT_THAT(resize_row(twice + "round_prefer_floor"), ElementsAre(1, 1, 2, 2, 4, 4, 8, 8));
  EXPECT_THAT(resize_row(twice + "round_prefer_ceil"), ElementsAre(1, 2, 2, 4, 4, 8, 8, 8));
  EXPECT_THAT(resize_row(twice + "floor"), ElementsAre(1, 1, 2, 2, 4, 4, 8, 8));
  EXPECT_THAT(resize_row(twice + "ceil"), ElementsAre(1, 2, 2, 4, 4, 8, 8, 8));
}

TEST(Resize, InterpolatesLinearly) {
  EXPECT_THAT(resize_row("size=[1,6], mode=linear"), near({1, 1.5f, 2.3333333f, 3.6666665f, 6, 8}));
  EXPECT_THAT(resize_row("size=[1,3], mode=linear"), near({1.1666667f, 3, 7.333333f}));
  EXPECT_THAT(resize_row("size=[1,6], mode=linear, coordinate_mode=asymmetric"), near({1, 1.6666667f, 2.6666667f, 4, 6.666667f, 8}));
  EXPECT_THAT(resize_row("size=[1,6], mode=linear, coordinate_mode=align_corners"), near({1, 1.6f, 2.4f, 3.6f, 5.6f, 8}));
}

TEST(Resize, InterpolatesCubically) {
  EXPECT_THAT(resize_row("size=[1,6], mode=cubic"), near({0.9131949f, 1.3125f, 2.3044014f, 3.3831034f, 6.1875f, 8.347222f}));
  EXPECT_THAT(resize_row("size=[1,6], mode=cubic, coordinate_mode=align_corners"),
              near({1, 1.3959997f, 2.3520029f, 3.2880006f, 5.768f, 8}));
}

TEST(Resize, ReadsTheFirstPixelForOneOutputInPytorchsMode) {
  EXPECT_THAT(resize_row("size=[1,1], coordinate_mode=pytorch_half_pixel"), ElementsAre(1));
  EXPECT_THAT(resize_row("size=[1,1], mode=linear"), ElementsAre(3));
}

TEST(Resize, ResizesHeightAndWidthInBothLayouts) {
  const std::string attrs = "size=[2,4], mode=linear, coordinate_mode=align_corners";
  // dst[h, w] = 6 * h + 2 * w + (100 in channel 1).
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,2,2] = [0,6,6,12, 100,106,106,112]\n%y = resize(%x) {layout=nchw, " + attrs + "}\noutput %y"),
              near({0, 2, 4, 6, 6, 8, 10, 12, 100, 102, 104, 106, 106, 108, 110, 112}));
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,2,2] = [0,100, 6,106, 6,106, 12,112]\n%y = resize(%x) {" + attrs + "}\noutput %y"),
              near({0, 100, 2, 102, 4, 104, 6, 106, 6, 106, 8, 108, 10, 110, 12, 112}));
}

TEST(Resize, InfersSizesFromScales) {
  EXPECT_EQ(output_type("%x = input f32[N,3,5,C]\n%y = resize(%x) {scales=[2,0.5]}\noutput %y"), "f32[N,6,2,C]");
  EXPECT_EQ(output_type("%x = input i8[N,H,W,C]\n%y = resize(%x) {scales=[1,2]}\noutput %y"), "i8[N,H,?,C]");
  EXPECT_EQ(output_type("%x = input f32[N,C,H,W]\n%y = resize(%x) {size=[7,9], layout=nchw}\noutput %y"), "f32[N,C,7,9]");
  EXPECT_EQ(output_type("%x = input f32[1,10,3,1]\n%y = resize(%x) {scales=[0.7,3.3333333]}\noutput %y"), "f32[1,7,10,1]");
}

TEST(Resize, RefusesSizesAndScalesThatMakeNoImage) {
  const auto error = [](const std::string& attrs) {
    return op_error("%x = input f32[1,4,4,1]\n%y = resize(%x) {" + attrs + "}\noutput %y");
  };
  EXPECT_THAT(error("mode=linear"), HasSubstr("neither"));
  EXPECT_THAT(error("size=[2,0]"), HasSubstr("neither"));
  EXPECT_THAT(error("size=[-1,2]"), HasSubstr("size is -1"));
  EXPECT_THAT(error("scales=[2]"), HasSubstr("1 scales"));
  EXPECT_THAT(error("scales=[2,-2]"), HasSubstr("positive"));
  EXPECT_THAT(error("scales=[2,0.1]"), HasSubstr("0 pixels"));
  EXPECT_THAT(error("scales=[2,1e30]"), HasSubstr("expected 1 to"));
  EXPECT_THAT(error("size=[274877906944,274877906944]"), HasSubstr("too large"));
}

TEST(ResizeTaps, StayInsideTheImageAndWeighOne) {
  ResizeAttrs attrs;
  attrs.mode = ResizeMode::kCubic;
  const ResizeTaps taps = resize_taps(attrs, /*dimension=*/0, /*in=*/2, /*out=*/5);
  ASSERT_EQ(taps.num_taps, 4);
  ASSERT_EQ(taps.index.size(), 20u);
  for (const std::int64_t index : taps.index) EXPECT_TRUE(index == 0 || index == 1);
  for (std::size_t o = 0; o < 5; ++o) {
    const float* const weight = &taps.weight[4 * o];
    EXPECT_NEAR(weight[0] + weight[1] + weight[2] + weight[3], 1.0f, 1e-6f);
  }
}

}  // namespace
}  // namespace octet
