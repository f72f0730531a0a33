// SPDX-License-Identifier: Apache-2.0
// Operators that read between elements: sampling, and resizing of any dimensions.
#include "ops/sampling.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

TEST(GridSample, PadsInThreeWays) {
  const auto sampled = [](const char* attrs) {
    return run_op<float>(fmt::format(R"(
        %x = const f32[1,1,1,2] = [10,20]
        %g = const f32[1,1,4,2] = [-0.5,0, 0,0, 1,0, 2.5,0]
        %y = grid_sample(%x, %g) {{{}}}
        output %y)",
                                     attrs));
  };
  // Pixels' middles lie at -0.5 and 0.5.
  EXPECT_THAT(sampled(""), ElementsAre(10, 15, 10, 0));
  EXPECT_THAT(sampled("padding=border"), ElementsAre(10, 15, 20, 20));
  EXPECT_THAT(sampled("padding=reflection"), ElementsAre(10, 15, 20, 10));
  EXPECT_THAT(sampled("mode=nearest, padding=border"), ElementsAre(10, 10, 20, 20));
  EXPECT_THAT(sampled("align_corners=true"), ElementsAre(12.5f, 15, 20, 5));
}

TEST(GridSample, TakesWhatIsNoNumber) {
  for (const char* padding : {"zeros", "border", "reflection"})
    EXPECT_EQ(
        run_op<float>(fmt::format("%x = const f32[1,1,1,2] = [1,1]\n%g = const f32[1,1,3,2] = [nan,0,1e38,0,-inf,0]\n"
                                  "%y = grid_sample(%x, %g) {{padding={}}}\noutput %y",
                                  padding))
            .size(),
        3u);
}

TEST(AffineGrid, OfTheIdentityIsWhereThePixelsAre) {
  const std::string inputs = "%t = const f32[1,2,3] = [1,0,0,0,1,0.5]\n%s = const i64[4] = [1,1,1,2]\n";
  EXPECT_THAT(run_op<float>(inputs + "%y = affine_grid(%t, %s)\noutput %y"), ElementsAre(-0.5f, 0.5f, 0.5f, 0.5f));
  EXPECT_THAT(run_op<float>(inputs + "%y = affine_grid(%t, %s) {align_corners=true}\noutput %y"),
              ElementsAre(-1, -0.5f, 1, -0.5f));
  EXPECT_EQ(output_type("%t = input f32[N,2,3]\n%s = input i64[4]\n%y = affine_grid(%t, %s)\noutput %y"),
            "f32[N,?,?,2]");
  EXPECT_THAT(op_error("%t = input f32[1,2,3]\n%s = const i64[4] = [1,1,0,2]\n%y = affine_grid(%t, %s)\noutput %y"),
              HasSubstr("expected positive"));
}

TEST(RoiAlign, AveragesPointsOfEachBin) {
  const std::string inputs =
      "%x = const f32[1,1,2,2] = [0,1,2,3]\n%b = const f32[1,4] = [0,0,2,2]\n%i = const i64[1] = [0]\n";
  EXPECT_THAT(run_op<float>(inputs + "%y = roi_align(%x, %b, %i) {height=1, width=2}\noutput %y"), ElementsAre(1, 2));
  EXPECT_THAT(op_error("%x = const f32[1,1,2,2] = [0,1,2,3]\n%b = const f32[1,4] = [0,0,2,2]\n%i = const i64[1] = [1]\n"
                       "%y = roi_align(%x, %b, %i)\noutput %y"),
              HasSubstr("image 1 of 1"));
  EXPECT_THAT(
      op_error("%x = const f32[1,1,2,2] = [0,1,2,3]\n%b = const f32[1,4] = [0,0,1e30,2]\n%i = const i64[1] = [0]\n"
               "%y = roi_align(%x, %b, %i)\noutput %y"),
      HasSubstr("more than"));
}

TEST(DeformConv, WithoutOffsetsIsAConv) {
  const std::string inputs = R"(
      %x = const f32[1,2,2,3] = [1,2,3,4,5,6,-1,-2,-3,-4,-5,7]
      %w = const f32[2,1,2,2] = [1,2,3,4,5,6,7,8]
      %b = const f32[2] = [1,2]
      %o = const f32[1,8,2,3] = [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]
)";
  EXPECT_EQ(run_op<float>(inputs + "%y = deform_conv(%x, %w, %o, %b) {group=2, pads=[1,0,0,1]}\noutput %y"),
            run_op<float>(inputs + "%y = conv(%x, %w, %b) {group=2, pads=[1,0,0,1]}\noutput %y"));
  EXPECT_THAT(op_error(inputs + "%y = deform_conv(%x, %w, %o, %b) {group=2}\noutput %y"),
              HasSubstr("expected offsets [N, 8, 1, 2]"));
}

TEST(ResizeNd, EqualsResizeOnImages) {
  const std::string x = "%x = const f32[1,1,3,4] = [1,2,3,4,5,6,7,8,9,10,11,13]\n%s = const f32[4] = [1,1,1.7,0.6]\n";
  for (const std::string attrs : {"", "mode=linear", "mode=cubic", "mode=linear, coordinate_mode=align_corners",
                                  "mode=nearest, coordinate_mode=asymmetric, nearest_mode=ceil",
                                  "mode=cubic, coordinate_mode=pytorch_half_pixel, cubic_coefficient=-0.5"}) {
    const auto expected = run_op<float>(x + "%y = resize(%x) {scales=[1.7,0.6], layout=nchw" +
                                        (attrs.empty() ? "" : ", ") + attrs + "}\noutput %y");
    const auto values = run_op<float>(x + "%y = resize_nd(%x, _, %s) {" + attrs + "}\noutput %y");
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-4f) << attrs;
  }
}

TEST(ResizeNd, AntialiasSeesAllPixels) {
  const std::string x = "%x = const f32[4] = [0,0,0,8]\n%s = const f32[1] = [0.5]\n";
  EXPECT_THAT(run_op<float>(x + "%y = resize_nd(%x, _, %s) {mode=linear}\noutput %y"), ElementsAre(0, 4));
  // A triangle of twice the width around 2.5: pixels 1 to 4 weigh 0.25, 0.75, 0.75, 0.25.
  EXPECT_THAT(run_op<float>(x + "%y = resize_nd(%x, _, %s) {mode=linear, antialias=true}\noutput %y"),
              ElementsAre(0, 4));
  EXPECT_THAT(
      run_op<float>(x + "%y = resize_nd(%x, _, %s) {mode=linear, antialias=true, exclude_outside=true}\noutput %y"),
      ElementsAre(0, FloatNear(8 * 0.75f / 1.75f, 1e-5f)));
}

TEST(ResizeNd, CropsABox) {
  EXPECT_THAT(run_op<float>(R"(
      %x = const f32[1,5] = [0,10,20,30,40]
      %r = const f32[4] = [0,0.5,1,1.25]
      %n = const i64[2] = [1,4]
      %y = resize_nd(%x, %r, _, %n) {mode=linear, coordinate_mode=crop, extrapolation=-1}
      output %y)"),
              ElementsAre(20, 30, 40, -1));
}

TEST(ResizeNd, KeepsProportions) {
  const std::string x = "%x = input f32[4,2]\n%n = const i64[2] = [8,8]\n";
  EXPECT_EQ(output_type(x + "%y = resize_nd(%x, _, _, %n) {policy=not_larger}\noutput %y"), "f32[8,4]");
  EXPECT_EQ(output_type(x + "%y = resize_nd(%x, _, _, %n) {policy=not_smaller}\noutput %y"), "f32[16,8]");
  EXPECT_EQ(output_type("%x = input f32[4,2]\n%n = input i64[1]\n%y = resize_nd(%x, _, _, %n) {axes=[1]}\noutput %y"),
            "f32[4,?]");
}

TEST(ResizeNd, RefusesWhatDoesNotFit) {
  const auto error = [](const char* scales, const char* attrs) {
    return op_error(fmt::format("%x = input f32[4,2]\n%s = const f32[{}]\n%y = resize_nd(%x, _, %s) {{{}}}\noutput %y",
                                scales, attrs));
  };
  EXPECT_THAT(error("1] = [2", ""), HasSubstr("1 scales and 0 sizes for 2 axes"));
  EXPECT_THAT(error("1] = [1e20", "axes=[0]"), HasSubstr("scale 1e+20 makes"));
  EXPECT_THAT(error("1] = [0.1", "axes=[0]"), HasSubstr("makes 0 of 4 pixels"));
  EXPECT_THAT(error("1] = [nan", "axes=[0]"), HasSubstr("scale nan"));
  EXPECT_THAT(error("2] = [1,1", "axes=[0,0]"), HasSubstr("axis 0 is given twice"));
  EXPECT_THAT(op_error("%x = input f32[4,2]\n%y = resize_nd(%x)\noutput %y"), HasSubstr("either scales or sizes"));
}

}  // namespace
}  // namespace octet
