// SPDX-License-Identifier: Apache-2.0
// Convolutions of images: every way to compute them, and which one is taken.
#include <gmock/gmock.h>

#include "runtime/plain_qs8.h"

namespace octet {
namespace {

TEST(Conv2d, RunsAnyWindow) {
  for (const char* attrs : {"", "{pads=[1,1,1,1]}", "{strides=[2,3], pads=[0,1,2,0]}", "{dilations=[2,1], pads=[2,2,1,1]}",
                            "{pad_mode=same_upper, strides=[2,2]}", "{pad_mode=same_lower, activation=relu}",
                            "{pads=[5,5,0,7], activation=relu6}"})
    expect_runs(fmt::format(R"(
        %x = input f32[2,9,7,5]
        %w = const f32[13,3,2,5] = [0]
        %b = const f32[13] = [0]
        %y = conv2d(%x, %w, %b) {}
        output %y)", attrs));
}

TEST(Conv2d, RunsPointwiseOnes) {
  for (const char* attrs : {"", "{activation=relu}", "{strides=[2,2]}", "{pads=[1,0,0,1]}"})
    expect_runs(fmt::format(R"(
        %x = input f32[2,6,7,19]
        %w = const f32[37,1,1,19] = [0]
        %y = conv2d(%x, %w) {}
        output %y)", attrs));
}

TEST(Conv2d, RunsGroups) {
  expect_runs(R"(
      %x = input f32[2,6,7,6]
      %w = const f32[9,3,3,2] = [0]
      %b = const f32[9] = [0]
      %y = conv2d(%x, %w, %b) {group=3, pads=[1,1,1,1]}
      output %y)");
  expect_runs(R"(
      %x = input f32[2,6,7,6]
      %w = const f32[12,1,1,3] = [0]
      %b = const f32[12] = [0]
      %y = conv2d(%x, %w, %b) {group=2}
      output %y)");
}

TEST(Conv2d, RunsDepthwiseOnes) {
  for (const char* attrs : {"pads=[1,1,1,1]", "strides=[2,2], pad_mode=same_upper", "dilations=[2,2], activation=relu6"})
    for (const int c : {1, 3, 16, 37})
      expect_runs(fmt::format(R"(
          %x = input f32[2,7,8,{0}]
          %w = const f32[{0},3,3,1] = [0]
          %b = const f32[{0}] = [0]
          %y = conv2d(%x, %w, %b) {{group={0}, {1}}}
          output %y)", c, attrs));
}

TEST(Conv2d, RunsDepthwiseOnesWithAMultiplier) {
  expect_runs(R"(
      %x = input f32[1,6,5,4]
      %w = const f32[8,3,3,1] = [0]
      %b = const f32[8] = [0]
      %y = conv2d(%x, %w, %b) {group=4, pads=[1,1,1,1]}
      output %y)");
}

// "[N,H,W,C] [K,H,W,C] attributes" as a graph of one convolution.
std::string conv2d_graph(const std::string& sizes) {
  const std::size_t first = sizes.find(' '), second = std::min(sizes.find(' ', first + 1), sizes.size());
  const std::string weights = sizes.substr(first + 1, second - first - 1);
  return fmt::format("%x = input f32[{}]\n%w = const f32[{}] = [0]\n%b = const f32[{}] = [0]\n%y = conv2d(%x, %w, %b) {{{}}}\noutput %y", sizes.substr(0, first),
                     weights, weights.substr(0, weights.find(',')), sizes.substr(second));
}

std::string kernel_of(const std::string& text, const CpuFeatures& cpu) {
  const auto plan = Plan::make(parsed(text), {cpu});
  return plan ? (*plan)->steps()[0].op->kernel_name() : plan.error().message;
}

TEST(Conv2d, RunsWindowsThatSlideWithFewerMultiplications) {
  // Images that are no multiple of a tile; 3 x 3 on large and on small ones.
  for (const char* sizes : {"2,19,22,16 48,3,3,16 pads=[1,1,1,1], activation=relu", "2,23,24,32 48,3,3,32 pads=[1,1,1,1], activation=relu", "1,14,15,32 48,3,3,32 pads=[0,2,1,0]",
                            "1,17,18,16 32,5,5,16 pads=[2,2,2,2], activation=relu6", "1,23,21,16 16,1,7,16 pads=[0,3,0,3]",
                            "2,20,17,32 16,7,1,32 pads=[3,0,5,0]", "1,35,33,16 16,1,3,16", "1,35,34,16 16,3,1,16 pads=[1,0,1,0]"}) {
    expect_runs(conv2d_graph(sizes));
    EXPECT_THAT(kernel_of(conv2d_graph(sizes), cpu_features()), testing::StartsWith("winograd_f32")) << sizes;
  }
}

TEST(Conv2d, KeepsPlainProductsWhereTheyAreFaster) {
  // Too few pixels for so many weights, other strides, channels that are no multiple of 16.
  for (const char* sizes : {"1,7,7,64 64,3,3,64 pads=[1,1,1,1]", "1,28,28,16 16,3,3,16 strides=[2,2]", "1,28,28,24 16,3,3,24", "1,28,28,16 16,3,3,16 dilations=[2,2]"})
    EXPECT_THAT(kernel_of(conv2d_graph(sizes), cpu_features()), testing::StartsWith("gemm_f32")) << sizes;
}

struct Qs8Conv2d {
  const char *src, *weights, *dst, *attrs;  // shapes

  std::string text(int weight = 0) const {
    return fmt::format(R"(
        %x = input i8[{}] q(scale=0.1, zp=7)
        %w = const i8[{}] q(scale=0.01, zp=0) = [{}]
        %y = conv2d(%x, %w) {{{}}} : i8[{}] q(scale=0.8, zp=-9)
        output %y)", src, weights, weight, attrs, dst);
  }
};

TEST(Conv2d, MultipliesLessInInt8WhereBytesAreMultipliedAsWords) {
  // Images that are no multiple of a tile.
  for (const Qs8Conv2d& layer : {Qs8Conv2d{"1,39,42,32", "48,3,3,32", "1,37,40,48", ""},
                                 {"2,27,30,48", "32,3,3,48", "2,27,30,32", "pads=[1,1,1,1], activation=relu"},
                                 {"1,27,29,48", "64,5,5,48", "1,27,29,64", "pads=[2,2,2,2]"},
                                 {"1,26,23,16", "64,5,5,16", "1,26,22,64", "pads=[0,4,1,2]"}}) {
    expect_int8_runs(layer.text());
    for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvxVnni, Isa::kAvx512Vnni, Isa::kAmxInt8, Isa::kNeon, Isa::kNeonDot}) {
      if (isa != Isa::kScalar && !cpu_features().has(isa)) continue;
      const bool as_words = isa == Isa::kScalar || isa == Isa::kAvx2 || isa == Isa::kNeon;
      EXPECT_THAT(kernel_of(layer.text(), features_up_to(isa)), testing::StartsWith(as_words ? "winograd_qs8_qc8w" : "gemm_qs8_qc8w")) << layer.weights;
    }
  }
}

// So many and so large weights that accumulators might not come out of Winograd's sums.
TEST(Conv2d, KeepsPlainProductsOfWeightsThatBoundNothing) {
  const Qs8Conv2d layer{"1,36,36,240", "16,3,3,240", "1,34,34,16", ""};
  EXPECT_THAT(kernel_of(layer.text(), CpuFeatures{}), testing::StartsWith("winograd_qs8_qc8w"));
  EXPECT_THAT(kernel_of(layer.text(127), CpuFeatures{}), testing::StartsWith("gemm_qs8_qc8w"));
}

TEST(Conv2d, TakesZeroPointsOfWeights) {
  Random random(3);
  Graph graph = parsed(R"(
      %x = input i8[1,5,5,6] q(scale=0.1, zp=7)
      %w = const i8[4,3,3,6] q(scale=[0.01,0.02,0.03,0.04], zp=[5,0,-7,127], axis=0) = [0]
      %d = const i8[6,1,1,1] q(scale=0.01, zp=-3) = [0]
      %a = conv2d(%x, %w) : i8[1,3,3,4] q(scale=2, zp=-9)
      %c = conv2d(%x, %d) {group=6} : i8[1,5,5,6] q(scale=0.3, zp=-9)
      output %a, %c)");
  randomize_constants(graph, random);
  const auto inputs = random_inputs(graph, random);
  const auto expected = plain_evaluate(graph, inputs);
  for (const RunOptions& options : all_run_options()) {
    const auto outputs = execute(graph, inputs, options);
    for (std::size_t i = 0; i < 2; ++i) expect_near(expected[i], outputs[i], describe(graph, options));
  }
}

}  // namespace
}  // namespace octet
