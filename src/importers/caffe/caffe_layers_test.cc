// SPDX-License-Identifier: Apache-2.0
// Each layer alone: the operator it becomes, or its numbers, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "importers/caffe/test_net.h"

namespace octet {
namespace {

using test::layer_net;
using test::TestNet;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;

std::vector<float> numbers(std::size_t n) {  // 1, 2, 3, ...
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(i + 1);
  return values;
}

// ---------------------------------------------------------------- Convolution

TEST(CaffeConvolution, ReadsSizesForBothAndForEach) {
  const std::vector<test::TestBlob> blobs = {{{4, 1, 3, 2}, numbers(24)}};
  TestNet both = layer_net({1, 2, 9, 9}, "Convolution", R"(convolution_param { num_output: 4 bias_term: false group: 2
      kernel_size: 3 kernel_size: 2 stride: 2 stride: 3 pad: 1 pad: 0 dilation: 1 dilation: 2 })");
  EXPECT_THAT(
      both.blobs("y", blobs).text(),
      HasSubstr(
          "%y = conv2d(%x, %y/weights, _) {strides=[2,3], dilations=[1,2], pads=[1,1,0,0], group=2, layout=nchw} : "
          "f32[1,4,5,3]"));
  TestNet each = layer_net({1, 2, 9, 9}, "Convolution", R"(convolution_param { num_output: 4 bias_term: false group: 2
      kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3 pad_h: 1 dilation: 1 })");
  EXPECT_THAT(each.blobs("y", blobs).text(),
              HasSubstr("{strides=[2,3], pads=[1,1,0,0], group=2, layout=nchw} : f32[1,4,5,3]"));
}

TEST(CaffeConvolution, ComputesWithABias) {
  TestNet net = layer_net({1, 2, 1, 2}, "Convolution", "convolution_param { num_output: 1 kernel_size: 1 }");
  EXPECT_THAT(net.blobs("y", {{{1, 2, 1, 1}, {1, 10}}, {{1}, {100}}}).run({{1, 2, 3, 4}}), ElementsAre(131, 142));
}

TEST(CaffeConvolution, DeconvolutionSpreadsPixels) {
  TestNet net = layer_net({1, 1, 1, 2}, "Deconvolution", "convolution_param { num_output: 2 kernel_h: 1 kernel_w: 3 stride: 2 pad_h: 0 pad_w: 1 }");
  net.blobs("y", {{{1, 2, 1, 3}, {1, 10, 100, 2, 3, 4}}, {{2}, {0.5f, 0}}});
  EXPECT_THAT(net.run({{1, 2}}), ElementsAre(10.5f, 102.5f, 20.5f, 3, 8, 6));
}

TEST(CaffeConvolution, DepthwiseTypesHaveAGroupForEachChannel) {
  for (const char* type : {"DepthwiseConvolution", "ConvolutionDepthwise"}) {
    TestNet net = layer_net({1, 2, 1, 1}, type, "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }");
    EXPECT_THAT(net.blobs("y", {{{2, 1, 1, 1}, {2, 3}}}).run({{5, 7}}), ElementsAre(10, 21)) << type;
  }
}

TEST(CaffeConvolution, RefusesParametersThatDoNotFit) {
  const auto error = [](const std::string& param, const std::vector<int>& input = {1, 2, 5, 5}) {
    return layer_net(input, "Convolution", "convolution_param { " + param + " }").error();
  };
  EXPECT_EQ(error("kernel_size: 1"), "n.prototxt: layer 'y' (Convolution): num_output = 0, expected 1 or more");
  EXPECT_EQ(error("num_output: 2"), "n.prototxt: layer 'y' (Convolution): has no kernel_size");
  EXPECT_THAT(error("num_output: 2 kernel_h: 3"), HasSubstr("has only one of kernel_h and kernel_w"));
  EXPECT_THAT(error("num_output: 2 kernel_size: 3 kernel_h: 3 kernel_w: 3"),
              HasSubstr("has both kernel_size and kernel_h or kernel_w"));
  EXPECT_THAT(error("num_output: 2 kernel_size: 3 kernel_size: 3 kernel_size: 3"),
              HasSubstr("has 3 numbers as kernel_size"));
  EXPECT_THAT(error("num_output: 3 kernel_size: 3 group: 2"),
              HasSubstr("group = 2 does not divide the 2 input and the 3 output"));
  EXPECT_THAT(error("num_output: 3 kernel_size: 3 group: 0"), HasSubstr("group = 0 does not divide"));
  EXPECT_THAT(error("num_output: 2 kernel_size: 1 axis: 2"), HasSubstr("axis = 2"));
  EXPECT_THAT(error("num_output: 2 kernel_size: 1", {1, 2, 5}), HasSubstr("its input has shape [1, 2, 5]"));
  EXPECT_THAT(error("num_output: 4000000000 kernel_size: 4000000000"), HasSubstr("has no weights for this layer"));
}

TEST(CaffeConvolution, RefusesAWindowLargerThanTheImage) {
  TestNet net =
      layer_net({1, 1, 2, 2}, "Convolution", "convolution_param { num_output: 1 kernel_size: 3 bias_term: false }");
  EXPECT_THAT(net.blobs("y", {{{1, 1, 3, 3}, numbers(9)}}).error(), HasSubstr("a window of 3 pixels does not fit"));
}

// ---------------------------------------------------------------- InnerProduct

TEST(CaffeInnerProduct, FlattensImages) {
  TestNet net = layer_net({1, 2, 1, 2}, "InnerProduct", "inner_product_param { num_output: 2 }");
  net.blobs("y", {{{2, 4}, {1, 2, 3, 4, 0, 0, 0, 1}}, {{2}, {0, 10}}});
  EXPECT_THAT(net.run({{1, 1, 1, 2}}), ElementsAre(14, 12));
  EXPECT_THAT(net.text(), HasSubstr("%y/flatten = flatten(%x) : f32[1,4]"));
}

TEST(CaffeInnerProduct, TakesTransposedWeights) {
  TestNet net =
      layer_net({1, 2}, "InnerProduct", "inner_product_param { num_output: 3 transpose: true bias_term: false }");
  EXPECT_THAT(net.blobs("y", {{{2, 3}, {1, 2, 3, 4, 5, 6}}}).run({{1, 10}}), ElementsAre(41, 52, 63));
}

TEST(CaffeInnerProduct, KeepsDimensionsBeforeAxis) {
  TestNet net =
      layer_net({1, 2, 3, 2}, "InnerProduct", "inner_product_param { num_output: 5 axis: -2 bias_term: false }");
  EXPECT_THAT(net.blobs("y", {{{5, 6}, numbers(30)}}).text(), AllOf(HasSubstr("f32[1,2,6]"), HasSubstr("f32[1,2,5]")));
}

TEST(CaffeInnerProduct, RefusesWeightsForAnotherImageSize) {
  TestNet net = layer_net({1, 2, 3, 3}, "InnerProduct", "inner_product_param { num_output: 1 bias_term: false }");
  EXPECT_THAT(net.blobs("y", {{{1, 8}, numbers(8)}}).error(),
              HasSubstr("weights have shape [1, 8], the network needs [1, 18]"));
}

// ---------------------------------------------------------------- Pooling

TEST(CaffePooling, RoundsUpUnlessToldOtherwise) {
  const auto text = [](const std::string& param) {
    return layer_net({1, 1, 6, 6}, "Pooling", "pooling_param { " + param + " }").text();
  };
  EXPECT_THAT(text("kernel_size: 3 stride: 2"),
              HasSubstr("max_pool2d(%x) {kernel=[3,3], strides=[2,2], ceil_mode=true, layout=nchw} "
                        ": f32[1,1,3,3]"));
  EXPECT_THAT(text("kernel_size: 3 stride: 2 round_mode: FLOOR"), HasSubstr("f32[1,1,2,2]"));
  EXPECT_THAT(text("kernel_size: 3 stride: 2 ceil_mode: false"), HasSubstr("f32[1,1,2,2]"));
  EXPECT_THAT(text("kernel_h: 2 kernel_w: 3 stride_h: 2 stride_w: 3"), HasSubstr("f32[1,1,3,2]"));
}

TEST(CaffePooling, AverageCountsPaddingUpToTheOtherEdge) {
  // Rows -1 to 1 and 1 to 3, of which -1 and 3 are padding: nine pixels each.
  const TestNet net = layer_net({1, 1, 3, 3}, "Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }");
  EXPECT_THAT(net.run({numbers(9)}),
              ElementsAre(FloatEq(12.0f / 9), FloatEq(16.0f / 9), FloatEq(24.0f / 9), FloatEq(28.0f / 9)));
}

TEST(CaffePooling, AverageDoesNotCountWhatRoundingUpAdds) {
  const TestNet net =
      layer_net({1, 1, 1, 3}, "Pooling", "pooling_param { pool: AVE kernel_h: 1 kernel_w: 2 stride: 2 }");
  EXPECT_THAT(net.run({{1, 2, 5}}), ElementsAre(1.5f, 5));
}

TEST(CaffePooling, GlobalTakesTheWholeImage) {
  EXPECT_THAT(
      layer_net({1, 2, 1, 2}, "Pooling", "pooling_param { pool: AVE global_pooling: true }").run({{1, 2, 5, 7}}),
      ElementsAre(1.5f, 6));
  EXPECT_THAT(
      layer_net({1, 2, 1, 2}, "Pooling", "pooling_param { pool: MAX global_pooling: true }").run({{1, 2, 5, 7}}),
      ElementsAre(2, 7));
}

TEST(CaffePooling, RefusesParametersThatDoNotFit) {
  const auto error = [](const std::string& param, const std::vector<int>& input = {1, 1, 3, 3}) {
    return layer_net(input, "Pooling", "pooling_param { " + param + " }").error();
  };
  EXPECT_THAT(error("pool: STOCHASTIC kernel_size: 2"), HasSubstr("pool = STOCHASTIC"));
  EXPECT_THAT(error("pool: MAX"), HasSubstr("has no kernel_size"));
  EXPECT_THAT(error("kernel_size: 2 pad: 2"), HasSubstr("pad = 2 is not less than the kernel size 2"));
  EXPECT_THAT(error("kernel_size: 2 global_pooling: true"), HasSubstr("has both global_pooling and a kernel size"));
  EXPECT_THAT(error("kernel_size: 1 stride: 3", {1, 1, 3, 3}), HasSubstr("its last window starts at pixel 3 of 3"));
  EXPECT_THAT(error("kernel_size: 1 stride: 0"), HasSubstr("stride is 0"));
  EXPECT_THAT(error("kernel_size: 1", {3, 3}), HasSubstr("its input has shape [3, 3], expected [N, C, H, W]"));
}

// ---------------------------------------------------------------- BatchNorm, Scale, Bias

TEST(CaffeBatchNorm, DividesStatisticsByTheFactor) {
  TestNet net = layer_net({1, 2, 1, 1}, "BatchNorm", "batch_norm_param { eps: 0 }");
  net.blobs("y", {{{2}, {2, 20}}, {{2}, {8, 18}}, {{1}, {2}}});
  EXPECT_THAT(net.run({{5, 4}}), ElementsAre(2, -2));  // (5 - 1) / 2, (4 - 10) / 3
}

TEST(CaffeBatchNorm, FactorOfZeroMeansNoStatistics) {
  TestNet net = layer_net({1, 1, 1, 1}, "BatchNorm", "batch_norm_param { use_global_stats: true eps: 0.25 }");
  EXPECT_THAT(net.blobs("y", {{{1}, {9}}, {{1}, {9}}, {{1}, {0}}}).run({{5}}), ElementsAre(10));
}

TEST(CaffeBatchNorm, RefusesStatisticsOfTheBatchAndNegativeVariance) {
  EXPECT_THAT(layer_net({1, 2, 1, 1}, "BatchNorm", "batch_norm_param { use_global_stats: false }").error(),
              HasSubstr("layer 'y' (BatchNorm): use_global_stats = false"));
  TestNet net = layer_net({1, 2, 1, 1}, "BatchNorm");
  EXPECT_THAT(net.blobs("y", {{{2}, {1, 1}}, {{2}, {1, -1}}, {{1}, {1}}}).error(),
              HasSubstr("channel 1 has mean 1 and variance -1"));
}

TEST(CaffeScale, PerChannelIsOneOperator) {
  TestNet net = layer_net({1, 2, 1, 1}, "Scale", "scale_param { bias_term: true }");
  net.blobs("y", {{{2}, {2, 3}}, {{2}, {10, 20}}});
  EXPECT_THAT(net.run({{1, 1}}), ElementsAre(12, 23));
  EXPECT_THAT(net.text(), HasSubstr("%y = scale(%x, %y/scale, %y/bias)"));
}

TEST(CaffeScale, OverSeveralDimensions) {
  TestNet net = layer_net({1, 2, 2, 1}, "Scale", "scale_param { axis: 1 num_axes: 2 bias_term: true }");
  net.blobs("y", {{{2, 2}, {1, 2, 3, 4}}, {{2, 2}, {0, 0, 0, 1}}});
  EXPECT_THAT(net.run({{1, 1, 1, 1}}), ElementsAre(1, 2, 3, 5));
  TestNet scalar = layer_net({1, 2}, "Scale", "scale_param { num_axes: 0 }");
  EXPECT_THAT(scalar.blobs("y", {{{}, {3}}}).run({{1, 2}}), ElementsAre(3, 6));
  TestNet all = layer_net({1, 2}, "Scale", "scale_param { axis: 0 num_axes: -1 }");
  EXPECT_THAT(all.blobs("y", {{{1, 2}, {3, 4}}}).run({{1, 2}}), ElementsAre(3, 8));
}

TEST(CaffeScale, ByASecondBottom) {
  const TestNet net(R"(input: "x" input: "s" input_shape { dim: [1, 2, 1, 2] } input_shape { dim: [1, 2] }
      layer { name: "y" type: "Scale" bottom: "x" bottom: "s" top: "y" scale_param { axis: 0 } })");
  EXPECT_THAT(net.run({{1, 2, 3, 4}, {10, 100}}), ElementsAre(10, 20, 300, 400));
}

TEST(CaffeScale, RefusesShapesThatDoNotFit) {
  EXPECT_THAT(layer_net({1, 2}, "Scale", "scale_param { num_axes: 2 }").error(),
              HasSubstr("num_axes = 2, expected -1 to 1"));
  EXPECT_THAT(layer_net({1, 2}, "Scale", "scale_param { axis: 2 }").error(), HasSubstr("axis = 2, expected -2 to 1"));
  const TestNet net(R"(input: "x" input: "s" input_shape { dim: [1, 2, 1, 2] } input_shape { dim: [3] }
      layer { name: "y" type: "Scale" bottom: "x" bottom: "s" top: "y" })");
  EXPECT_THAT(net.error(),
              HasSubstr("its second bottom has shape [3], expected dimensions of the first, [1, 2, 1, 2], from 1 on"));
}

TEST(CaffeBias, OfItsOwnAndOfASecondBottom) {
  TestNet own = layer_net({1, 2, 1, 1}, "Bias");
  EXPECT_THAT(own.blobs("y", {{{2}, {5, 6}}}).run({{1, 1}}), ElementsAre(6, 7));
  const TestNet other(R"(input: "x" input: "b" input_shape { dim: [1, 2, 1, 1] } input_shape { dim: [2] }
      layer { name: "y" type: "Bias" bottom: "x" bottom: "b" top: "y" })");
  EXPECT_THAT(other.run({{1, 1}, {5, 6}}), ElementsAre(6, 7));
}

// ---------------------------------------------------------------- activations

TEST(CaffeActivations, OfOneOperator) {
  const auto text = [](const std::string& type, const std::string& fields = "") {
    return layer_net({1, 2}, type, fields).text();
  };
  EXPECT_THAT(text("ReLU"), HasSubstr("%y = relu(%x)"));
  EXPECT_THAT(text("ReLU", "relu_param { negative_slope: 0.5 }"), HasSubstr("%y = leaky_relu(%x) {alpha=0.5}"));
  EXPECT_THAT(text("ReLU6"), HasSubstr("%y = relu6(%x)"));
  EXPECT_THAT(text("ELU", "elu_param { alpha: 2 }"), HasSubstr("%y = elu(%x) {alpha=2}"));
  EXPECT_THAT(text("Sigmoid", "sigmoid_param { engine: CUDNN }"), HasSubstr("%y = sigmoid(%x)"));
  EXPECT_THAT(text("TanH"), HasSubstr("%y = tanh(%x)"));
  EXPECT_THAT(text("AbsVal"), HasSubstr("%y = abs(%x)"));
  EXPECT_THAT(text("BNLL"), HasSubstr("%y = softplus(%x)"));
  EXPECT_THAT(text("Clip", "clip_param { min: -1 max: 2 }"), HasSubstr("%y = clip(%x) {min=-1, max=2}"));
  EXPECT_THAT(text("Swish"), HasSubstr("%y = silu(%x)"));
  EXPECT_THAT(text("Softmax"), HasSubstr("%y = softmax(%x) {axis=1}"));
  EXPECT_THAT(text("Dropout", "dropout_param { dropout_ratio: 0.4 }"), HasSubstr("%y = identity(%x)"));
}

TEST(CaffeActivations, ElusDefaultIsOne) {
  EXPECT_THAT(layer_net({1, 1}, "ELU").run({{-1}}), ElementsAre(FloatEq(std::expm1(-1.0f))));
}

TEST(CaffeActivations, SwishOfAnotherSteepness) {
  EXPECT_THAT(layer_net({1, 1}, "Swish", "swish_param { beta: 2 }").run({{1}}),
              ElementsAre(FloatNear(0.8807971f, 1e-6f)));
}

TEST(CaffePRelu, PerChannelAndShared) {
  TestNet channels = layer_net({1, 2, 1, 2}, "PReLU");
  EXPECT_THAT(channels.blobs("y", {{{2}, {0.5f, 0.25f}}}).run({{-4, 4, -4, 4}}), ElementsAre(-2, 4, -1, 4));
  TestNet shared = layer_net({1, 2}, "PReLU", "prelu_param { channel_shared: true }");
  EXPECT_THAT(shared.blobs("y", {{{}, {0.5f}}}).run({{-4, 4}}), ElementsAre(-2, 4));
}

TEST(CaffePower, ComposesScaleShiftAndPower) {
  const auto run = [](const std::string& param) {
    return layer_net({1, 2}, "Power", "power_param { " + param + " }").run({{1, 3}});
  };
  EXPECT_THAT(run(""), ElementsAre(1, 3));
  EXPECT_THAT(run("scale: 2"), ElementsAre(2, 6));
  EXPECT_THAT(run("shift: 1"), ElementsAre(2, 4));
  EXPECT_THAT(run("scale: 2 shift: 1"), ElementsAre(3, 7));
  EXPECT_THAT(run("power: 2 scale: 2 shift: -1"), ElementsAre(1, 25));
  EXPECT_THAT(run("power: 0"), ElementsAre(1, 1));
  EXPECT_THAT(layer_net({1, 2}, "Power", "power_param { power: nan }").error(),
              HasSubstr("power = nan, expected a finite number"));
}

TEST(CaffeExpLog, OfAnyBase) {
  const auto near = [](float value) { return FloatNear(value, 1e-5f * std::abs(value)); };
  EXPECT_THAT(layer_net({1, 1}, "Exp").run({{2}}), ElementsAre(near(7.389056f)));
  EXPECT_THAT(layer_net({1, 1}, "Exp", "exp_param { base: 2 scale: 2 shift: -1 }").run({{2}}), ElementsAre(near(8)));
  EXPECT_THAT(layer_net({1, 1}, "Log").run({{5}}), ElementsAre(near(1.6094379f)));
  EXPECT_THAT(layer_net({1, 1}, "Log", "log_param { base: 2 scale: 3 shift: 2 }").run({{2}}), ElementsAre(near(3)));
  EXPECT_THAT(layer_net({1, 1}, "Exp", "exp_param { base: 0 }").error(),
              HasSubstr("base = 0, expected a positive number, or -1 for e"));
  EXPECT_THAT(layer_net({1, 1}, "Log", "log_param { base: 1 }").error(), HasSubstr("base = 1 has no logarithm"));
}

// ---------------------------------------------------------------- several bottoms

TestNet eltwise_net(const std::string& param, const std::string& type = "Eltwise") {
  return TestNet(
      fmt::format(R"(input: "a" input: "b" input: "c" input_shape {{ dim: [1, 2] }} input_shape {{ dim: [1, 2] }}
      input_shape {{ dim: [1, 2] }} layer {{ name: "y" type: "{}" bottom: "a" bottom: "b" bottom: "c" top: "y" {} }})",
                  type, param));
}

TEST(CaffeEltwise, OfThreeBottoms) {
  const std::vector<std::vector<float>> inputs = {{1, 2}, {3, -4}, {5, 6}};
  EXPECT_THAT(eltwise_net("").run(inputs), ElementsAre(9, 4));
  EXPECT_THAT(eltwise_net("eltwise_param { operation: PROD }").run(inputs), ElementsAre(15, -48));
  EXPECT_THAT(eltwise_net("eltwise_param { operation: MAX }").run(inputs), ElementsAre(5, 6));
  EXPECT_THAT(eltwise_net("eltwise_param { coeff: 1 coeff: -2 coeff: 0.5 }").run(inputs), ElementsAre(-2.5f, 13));
  EXPECT_THAT(eltwise_net("eltwise_param { coeff: 1 }").error(), HasSubstr("has 1 coeff for SUM of 3 bottoms"));
  EXPECT_THAT(eltwise_net("eltwise_param { operation: MAX coeff: 1 coeff: 1 coeff: 1 }").error(),
              HasSubstr("for MAX of 3 bottoms"));
}

TEST(CaffeEltwise, DifferenceIsOneOperator) {
  const TestNet net(R"(input: "a" input: "b" input_shape { dim: [1, 2] } input_shape { dim: [1, 2] }
      layer { name: "y" type: "Eltwise" bottom: "a" bottom: "b" top: "y" eltwise_param { coeff: [1, -1] } })");
  EXPECT_THAT(net.text(), HasSubstr("%y = sub(%a, %b)"));
}

TEST(CaffeEltwise, RefusesShapesThatDiffer) {
  const TestNet net(R"(input: "a" input: "b" input_shape { dim: [1, 2] } input_shape { dim: [1, 1] }
      layer { name: "y" type: "Eltwise" bottom: "a" bottom: "b" top: "y" })");
  EXPECT_EQ(net.error(),
            "n.prototxt: layer 'y' (Eltwise): its bottoms have shapes [1, 2] and [1, 1], expected the same");
}

TEST(CaffeAxpy, ScalesChannelsAndAdds) {
  const TestNet net(R"(input: "a" input: "x" input: "z" input_shape { dim: [1, 2] } input_shape { dim: [1, 2, 1, 2] }
      input_shape { dim: [1, 2, 1, 2] } layer { name: "y" type: "Axpy" bottom: "a" bottom: "x" bottom: "z" top: "y" })");
  EXPECT_THAT(net.run({{2, 3}, {1, 2, 3, 4}, {10, 10, 10, 10}}), ElementsAre(12, 14, 19, 22));
  EXPECT_THAT(eltwise_net("", "Axpy").error(), HasSubstr("its bottoms have shapes [1, 2], [1, 2] and [1, 2]"));
}

TEST(CaffeConcat, JoinsAlongAnAxis) {
  const std::vector<std::vector<float>> inputs = {{1, 2}, {3, 4}, {5, 6}};
  EXPECT_THAT(eltwise_net("", "Concat").text(), HasSubstr("%y = concat(%a, %b, %c) {axis=1} : f32[1,6]"));
  EXPECT_THAT(eltwise_net("concat_param { axis: -2 }", "Concat").text(), HasSubstr("f32[3,2]"));
  EXPECT_THAT(eltwise_net("concat_param { concat_dim: 0 }", "Concat").text(), HasSubstr("f32[3,2]"));
  EXPECT_THAT(eltwise_net("concat_param { concat_dim: 0 axis: 1 }", "Concat").error(),
              HasSubstr("has both axis and concat_dim"));
  EXPECT_THAT(eltwise_net("concat_param { axis: 2 }", "Concat").error(), HasSubstr("axis = 2, expected -2 to 1"));
}

TEST(CaffeCrop, TakesTheSizeOfTheSecondBottom) {
  const auto net = [](const std::string& param) {
    return TestNet(
        fmt::format(R"(input: "x" input: "s" input_shape {{ dim: [1, 1, 3, 3] }} input_shape {{ dim: [1, 5, 2, 1] }}
        layer {{ name: "y" type: "Crop" bottom: "x" bottom: "s" top: "y" crop_param {{ {} }} }})",
                    param));
  };
  EXPECT_THAT(net("offset: [0, 2]").output({numbers(9)}).shape, ElementsAre(1, 1, 2, 1));
  EXPECT_THAT(net("offset: [0, 2]").run({numbers(9)}), ElementsAre(3, 6));
  EXPECT_THAT(net("offset: 1").run({numbers(9)}), ElementsAre(5, 8));
  EXPECT_THAT(net("").run({numbers(9)}), ElementsAre(1, 4));
  EXPECT_THAT(net("offset: 2").error(), HasSubstr("dimension 2 of 3 has no 2 elements from offset 2 on"));
  EXPECT_THAT(net("offset: [1, 2, 3]").error(), HasSubstr("has 3 offsets"));
}

// ---------------------------------------------------------------- Slice and shapes

TEST(CaffeSlice, AtPointsAndIntoEqualParts) {
  const auto net = [](const std::string& tops, const std::string& param) {
    return TestNet(R"(input: "x" input_shape { dim: [1, 4] } layer { name: "y" type: "Slice" bottom: "x" )" + tops +
                   " slice_param { " + param + " } }");
  };
  const std::string two = R"(top: "a" top: "b")";
  EXPECT_THAT(net(two, "").run({{1, 2, 3, 4}}, 1), ElementsAre(3, 4));
  EXPECT_THAT(net(two, "slice_point: 3").run({{1, 2, 3, 4}}, 1), ElementsAre(4));
  EXPECT_THAT(net(two, "slice_dim: 1 slice_point: 1").run({{1, 2, 3, 4}}, 1), ElementsAre(2, 3, 4));
  EXPECT_THAT(net(two, "slice_point: [1, 2]").error(), HasSubstr("has 2 slice_point for 2 tops, expected 1"));
  EXPECT_THAT(net(two, "slice_point: 4").error(),
              HasSubstr("slice_point [4] must rise, between 0 and dimension 1 of 4"));
  EXPECT_THAT(net(two + R"(top: "c")", "").error(), HasSubstr("3 tops do not divide dimension 1 of 4"));
  EXPECT_THAT(net(two + R"(top: "c")", "slice_point: [2, 2]").error(), HasSubstr("must rise"));
}

TEST(CaffeSplit, CopiesToAllTops) {
  const TestNet net(
      R"(input: "x" input_shape { dim: [1, 2] } layer { name: "s" type: "Split" bottom: "x" top: "a" top: "b" })");
  EXPECT_THAT(net.run({{1, 2}}, 0), ElementsAre(1, 2));
  EXPECT_THAT(net.run({{1, 2}}, 1), ElementsAre(1, 2));
}

TEST(CaffeFlatten, FromAxisToEndAxis) {
  const auto text = [](const std::string& param) {
    return layer_net({2, 3, 4, 5}, "Flatten", "flatten_param { " + param + " }").text();
  };
  EXPECT_THAT(text(""), HasSubstr("%y = flatten(%x) : f32[2,60]"));
  EXPECT_THAT(text("end_axis: 2"), HasSubstr("%y = reshape(%x) {shape=[2,-1,5]} : f32[2,12,5]"));
  EXPECT_THAT(text("axis: 0"), HasSubstr("f32[120]"));
  EXPECT_THAT(text("axis: 3 end_axis: 1"), HasSubstr("axis = 3 lies behind end_axis = 1"));
}

TEST(CaffeReshape, ReplacesARangeOfDimensions) {
  const auto text = [](const std::string& param) {
    return layer_net({2, 3, 4, 5}, "Reshape", "reshape_param { " + param + " }").text();
  };
  EXPECT_THAT(text("shape { dim: 0 dim: -1 dim: 2 }"), HasSubstr("f32[2,30,2]"));
  EXPECT_THAT(text("shape { dim: -1 } axis: 1 num_axes: 2"), HasSubstr("f32[2,12,5]"));
  EXPECT_THAT(text("shape { dim: 1 dim: 1 } axis: -1"), HasSubstr("f32[2,3,4,5,1,1]"));
  EXPECT_THAT(text("shape { dim: 0 dim: 10 dim: -1 } axis: 1"), HasSubstr("f32[2,3,10,2]"));
  EXPECT_THAT(text("shape { dim: -1 dim: -1 }"), HasSubstr("has several dimensions of -1"));
  EXPECT_THAT(text("shape { dim: 7 }"), HasSubstr("error: n.prototxt: node 'y' (reshape)"));
  EXPECT_THAT(text("shape { dim: -2 }"), HasSubstr("dimension 0 is -2"));
  EXPECT_THAT(text("shape { dim: [1, 1, 1, 1, 0] }"), HasSubstr("dimension 4 is 0, but the input has 4"));
  EXPECT_THAT(text("axis: 1 num_axes: 4 shape { dim: 1 }"), HasSubstr("axis = 1 and num_axes = 4 do not fit"));
}

TEST(CaffePermute, NamesDimensionsOrLeavesThem) {
  EXPECT_THAT(layer_net({2, 3, 4, 5}, "Permute", "permute_param { order: [0, 2, 3, 1] }").text(),
              HasSubstr("%y = transpose(%x) {perm=[0,2,3,1]} : f32[2,4,5,3]"));
  EXPECT_THAT(layer_net({2, 3, 4, 5}, "Permute", "permute_param { order: 3 }").text(), HasSubstr("{perm=[3,0,1,2]}"));
  EXPECT_THAT(layer_net({2, 3}, "Permute", "permute_param { order: [1, 1] }").error(),
              HasSubstr("order [1, 1] must name dimensions"));
  EXPECT_THAT(layer_net({2, 3}, "Permute", "permute_param { order: 2 }").error(),
              HasSubstr("order [2] must name dimensions"));
}

TEST(CaffeTile, RepeatsAlongAnAxis) {
  EXPECT_THAT(layer_net({1, 2}, "Tile", "tile_param { tiles: 2 }").run({{1, 2}}), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(layer_net({1, 2}, "Tile").error(), HasSubstr("tiles = 0, expected 1 or more"));
}

TEST(CaffeShuffleChannel, TransposesGroups) {
  EXPECT_THAT(layer_net({1, 6, 1, 1}, "ShuffleChannel", "shuffle_channel_param { group: 2 }").run({{1, 2, 3, 4, 5, 6}}),
              ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(layer_net({1, 6, 1, 1}, "ShuffleChannel", "shuffle_channel_param { group: 4 }").error(),
              HasSubstr("group = 4 must divide"));
}

// ---------------------------------------------------------------- the others

TEST(CaffeLrn, AcrossChannels) {
  const TestNet net = layer_net({1, 3, 1, 1}, "LRN", "lrn_param { local_size: 3 alpha: 3 beta: 1 k: 2 }");
  EXPECT_THAT(net.run({{1, 2, 3}}), ElementsAre(FloatEq(1.0f / 7), FloatEq(2.0f / 16), FloatEq(3.0f / 15)));
  EXPECT_THAT(layer_net({1, 3, 1, 1}, "LRN", "lrn_param { norm_region: WITHIN_CHANNEL }").error(),
              HasSubstr("norm_region = WITHIN_CHANNEL"));
  EXPECT_THAT(layer_net({1, 3, 1, 1}, "LRN", "lrn_param { local_size: 4 }").error(),
              HasSubstr("local_size = 4, expected an odd number"));
}

TEST(CaffeReduction, OfTheLastDimensions) {
  const auto run = [](const std::string& param) {
    return layer_net({2, 2}, "Reduction", "reduction_param { " + param + " }").run({{1, -2, 3, 4}});
  };
  EXPECT_THAT(run(""), ElementsAre(6));
  EXPECT_THAT(run("axis: 1"), ElementsAre(-1, 7));
  EXPECT_THAT(run("axis: 1 operation: ASUM"), ElementsAre(3, 7));
  EXPECT_THAT(run("axis: -1 operation: SUMSQ"), ElementsAre(5, 25));
  EXPECT_THAT(run("axis: 1 operation: MEAN coeff: 2"), ElementsAre(-1, 7));
}

TEST(CaffeArgMax, AlongAnAxisOrOverTheWholeImage) {
  const Tensor whole = layer_net({2, 1, 2, 2}, "ArgMax").output({{1, 4, 2, 3, 9, 4, 2, 3}});
  EXPECT_THAT(whole.shape, ElementsAre(2, 1, 1, 1));
  EXPECT_THAT(whole.values<float>(), ElementsAre(1, 0));
  EXPECT_THAT(layer_net({2, 3}, "ArgMax").output({{1, 4, 2, 3, 9, 4}}).shape, ElementsAre(2, 1, 1));
  EXPECT_THAT(layer_net({1, 3, 2}, "ArgMax", "argmax_param { axis: 1 }").run({{1, 9, 5, 2, 3, 4}}), ElementsAre(1, 0));
  EXPECT_THAT(layer_net({2, 3}, "ArgMax", "argmax_param { top_k: 2 }").error(), HasSubstr("top_k = 2"));
  EXPECT_THAT(layer_net({2, 3}, "ArgMax", "argmax_param { out_max_val: true }").error(),
              HasSubstr("out_max_val = true"));
}

TEST(CaffeInterp, AlignsCorners) {
  EXPECT_THAT(layer_net({1, 1, 1, 3}, "Interp", "interp_param { height: 1 width: 5 }").run({{0, 2, 4}}),
              ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(layer_net({1, 1, 9, 5}, "Interp", "interp_param { zoom_factor: 2 shrink_factor: 4 }").text(),
              HasSubstr("f32[1,1,5,3]"));
  EXPECT_THAT(layer_net({1, 1, 9, 5}, "Interp", "interp_param { height: 3 }").error(),
              HasSubstr("width = 0, expected 1 or more"));
  EXPECT_THAT(layer_net({1, 1, 9, 5}, "Interp", "interp_param { zoom_factor: 0 }").error(),
              HasSubstr("zoom_factor = 0"));
  EXPECT_THAT(layer_net({1, 1, 9, 5}, "Interp", "interp_param { pad_beg: -1 }").error(), HasSubstr("pad_beg = -1"));
}

TEST(CaffeUpsample, RepeatsPixels) {
  EXPECT_THAT(layer_net({1, 1, 1, 2}, "Upsample", "upsample_param { scale: 2 }").run({{1, 2}}),
              ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
  EXPECT_THAT(layer_net({1, 1, 1, 2}, "Upsample", "upsample_param { scale: 0 }").error(), HasSubstr("scale = 0"));
}

}  // namespace
}  // namespace octet
