// SPDX-License-Identifier: Apache-2.0
// Convolutions and pooling over any number of dimensions.
#include "ops/conv.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Conv, EqualsConv2dOnImages) {
  const std::string tensors = R"(
      %x = const f32[1,2,3,3] = [1,2,3,4,5,6,7,8,9, -1,-2,-3,-4,-5,-6,-7,-8,-9]
      %w = const f32[4,1,2,2] = [1,2,3,4, -1,0,1,0, 0,1,0,-2, 5,4,3,2]
      %b = const f32[4] = [1,2,3,4]
)";
  for (const std::string attrs :
       {"", ", strides=[2,1], pads=[1,0,0,2]", ", dilations=[2,1], pads=[0,1,1,0]", ", pad_mode=same_lower"})
    EXPECT_EQ(run_op<float>(tensors + "%y = conv(%x, %w, %b) {group=2" + attrs + "}\noutput %y"),
              run_op<float>(tensors + "%y = conv2d(%x, %w, %b) {group=2" + attrs + ", layout=nchw}\noutput %y"));
}

TEST(Conv, WalksAllDimensions) {
  // A filter with a 1 at one corner and a 10 at the opposite one.
  EXPECT_THAT(run_op<float>(R"(
      %x = const f32[1,1,2,2,2] = [1,2,3,4,5,6,7,8]
      %w = const f32[1,1,2,2,2] = [1,0,0,0,0,0,0,10]
      %y = conv(%x, %w) {pads=[0,1,0,0,1,0]}
      output %y)"),
              ElementsAre(0 + 70, 81, 0, 5));
}

TEST(Conv, RefusesWhatDoesNotFit) {
  const auto error = [](const char* x, const char* w, const char* attrs) {
    return op_error(
        fmt::format("%x = input f32[{}]\n%w = input f32[{}]\n%y = conv(%x, %w) {{{}}}\noutput %y", x, w, attrs));
  };
  EXPECT_THAT(error("1,2,4,4,4", "1,2,2,2", ""), HasSubstr("expected 5 dimensions"));
  EXPECT_THAT(error("1,2,4,4", "3,1,2,2", "group=2"), HasSubstr("group = 2 does not divide K = 3"));
  EXPECT_THAT(error("1,3,4", "2,2,2", ""), HasSubstr("src has C = 3 channels"));
  EXPECT_THAT(error("1,2,4", "2,2,2", "pads=[1]"), HasSubstr("do not go together"));
  EXPECT_THAT(error("1,2,4", "2,2,5", ""), HasSubstr("does not fit into an image of 4"));
  EXPECT_THAT(error("1,2,4", "2,2,0", ""), HasSubstr("expected no empty dimension"));
}

TEST(ConvTranspose, SpreadsEachPixel) {
  EXPECT_THAT(run_op<float>(R"(
      %x = const f32[1,1,3] = [1,2,3]
      %w = const f32[1,1,3] = [1,10,100]
      %b = const f32[1] = [0.5]
      %y = conv_transpose(%x, %w, %b) {strides=[2], pads=[1,0], output_padding=[1]}
      output %y)"),
              ElementsAre(10.5f, 102.5f, 20.5f, 203.5f, 30.5f, 300.5f, 0.5f));
}

TEST(ConvTranspose, HasGroupsOfFiltersForEachGroupOfChannels) {
  EXPECT_THAT(run_op<float>(R"(
      %x = const f32[1,2,1,1] = [1,2]
      %w = const f32[2,2,1,2] = [1,2,3,4,5,6,7,8]
      %y = conv_transpose(%x, %w) {group=2}
      output %y)"),
              ElementsAre(1, 2, 3, 4, 10, 12, 14, 16));
}

// The sum over dst of conv_transpose(x, w) * y is the sum over x of x * conv(y, w).
TEST(ConvTranspose, IsTheTransposedConv) {
  const std::string tensors = R"(
      %x = const f32[1,2,2,3] = [1,-2,3,0.5,5,6,-7,8,0.25,1,2,-3]
      %w = const f32[2,3,2,2] = [1,2,3,4,5,6,7,8,9,-1,-2,-3,-4,-5,-6,0.5,1,2,3,1,0,2,1,1]
)";
  const std::string attrs = " {strides=[2,1], dilations=[1,2], pads=[1,0,0,1]}\noutput %y";
  const auto dst = run_op<float>(tensors + "%y = conv_transpose(%x, %w)" + attrs);
  std::vector<std::string> weights;
  for (std::size_t i = 0; i < dst.size(); ++i) weights.push_back(fmt::format("{}", static_cast<int>(i) % 5 - 2));
  ASSERT_EQ(dst.size(), 3u * 3 * 4);
  const auto back = run_op<float>(
      fmt::format("{}%z = const f32[1,3,3,4] = [{}]\n%y = conv(%z, %w){}", tensors, fmt::join(weights, ","), attrs));
  const auto src = run_op<float>(tensors + "output %x");
  double left = 0, right = 0;
  for (std::size_t i = 0; i < dst.size(); ++i) left += double{dst[i]} * (static_cast<int>(i) % 5 - 2);
  ASSERT_EQ(back.size(), src.size());
  for (std::size_t i = 0; i < src.size(); ++i) right += double{src[i]} * double{back[i]};
  EXPECT_NEAR(left, right, 1e-3);
}

TEST(ConvTranspose, RefusesWhatDoesNotFit) {
  const auto error = [](const char* attrs) {
    return op_error(fmt::format(
        "%x = input f32[1,2,4]\n%w = input f32[2,3,2]\n%y = conv_transpose(%x, %w) {{{}}}\noutput %y", attrs));
  };
  EXPECT_THAT(error("group=4"), HasSubstr("group = 4 does not divide C = 2"));
  EXPECT_THAT(error("pads=[5,5]"), HasSubstr("give no image"));
  EXPECT_THAT(error("strides=[1073741825]"), HasSubstr("give no image"));
  EXPECT_THAT(error("output_padding=[1,1]"), HasSubstr("do not go together"));
}

TEST(Pool, EqualsPool2dOnImages) {
  const std::string x = "%x = const f32[1,2,3,4] = [1,2,3,4,5,6,7,8,9,10,11,12,-1,3,-5,7,-9,2,4,6,8,1,0,3]\n";
  for (const std::string op : {"max_pool", "avg_pool"})
    for (const std::string attrs :
         {"kernel=[2,2]", "kernel=[2,3], strides=[2,2], pads=[1,0,1,1], ceil_mode=true",
          "kernel=[2,2], dilations=[2,1], pads=[1,1,0,1]", "kernel=[3,2], strides=[2,1], pad_mode=same_upper"})
      EXPECT_EQ(run_op<float>(x + "%y = " + op + "(%x) {" + attrs + "}\noutput %y"),
                run_op<float>(x + "%y = " + op + "2d(%x) {" + attrs + ", layout=nchw}\noutput %y"));
}

TEST(Pool, TellsWhereTheMaximumWas) {
  const auto indices = [](const char* attrs) {
    const auto outputs = run_graph(fmt::format(R"(
        %x = const f32[1,2,2,3] = [1,9,9,4,5,6, 7,7,7,7,7,8]
        %y, %i = max_pool(%x) {{kernel=[2,2]{}}}
        output %y, %i)",
                                               attrs));
    const auto values = outputs.at(1).values<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
  };
  EXPECT_THAT(indices(""), ElementsAre(1, 1, 6, 11));
  EXPECT_THAT(indices(", column_major=true"), ElementsAre(2, 2, 6, 11));
}

TEST(Pool, LpIsANorm) {
  EXPECT_THAT(run_op<float>("%x = const f32[1,1,3] = [3,-4,12]\n%y = lp_pool(%x) {kernel=[2], pads=[1,0]}\noutput %y"),
              ElementsAre(3, 5, ::testing::FloatNear(12.649111f, 1e-5f)));
  EXPECT_THAT(run_op<float>("%x = const f32[1,1,3] = [3,-4,12]\n%y = lp_pool(%x) {kernel=[3], p=1}\noutput %y"),
              ElementsAre(19));
  EXPECT_THAT(op_error("%x = const f32[1,1,3] = [3,-4,12]\n%y = lp_pool(%x) {kernel=[3], p=0}\noutput %y"),
              HasSubstr("p is 0"));
}

}  // namespace
}  // namespace octet
