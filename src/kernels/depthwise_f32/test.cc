// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise_f32/depthwise_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const DepthwiseF32Kernel kDepthwiseF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr float kUntouched = 12345.0f;

struct Problem {
  std::size_t pixels, c, taps;
  std::size_t dst_stride;
  float lo = -kInfinity, hi = kInfinity;
  bool weights_are_c_by_taps = false;
  std::vector<float> src, weights, padding, bias;
  std::vector<std::int32_t> offsets;

  float value(std::size_t p, std::size_t t, std::size_t ch) const {
    const std::int32_t offset = offsets[p * taps + t];
    return offset == kPaddingTap ? padding[ch] : src[static_cast<std::size_t>(offset) + ch];
  }
  float weight(std::size_t t, std::size_t ch) const {
    return weights_are_c_by_taps ? weights[ch * taps + t] : weights[t * c + ch];
  }
};

Problem make_problem(Random& random, std::size_t pixels, std::size_t c, std::size_t taps) {
  Problem p{.pixels = pixels, .c = c, .taps = taps, .dst_stride = c};
  p.src = random.reals(9 * c, -1, 1);
  p.weights = random.reals(c * taps, -1, 1);
  p.padding.assign(c, 0.0f);
  p.bias = random.reals(c, -1, 1);
  p.offsets = random.int32s(pixels * taps, 0, static_cast<std::int32_t>(8 * c));
  for (auto& offset : p.offsets) {
    if (random.integer(0, 5) == 0) offset = kPaddingTap;
  }
  return p;
}

std::vector<float> run(const DepthwiseF32Kernel& kernel, const Problem& p) {
  AlignedBuffer packed(kernel.packed_bytes(p.c, p.taps));
  kernel.pack({.c = p.c,
               .taps = p.taps,
               .weights = p.weights.data(),
               .tap_stride = p.weights_are_c_by_taps ? 1 : p.c,
               .c_stride = p.weights_are_c_by_taps ? p.taps : 1,
               .bias = p.bias.empty() ? nullptr : p.bias.data()},
              packed.data());
  std::vector<float> dst(p.pixels * p.dst_stride, kUntouched);
  kernel.depthwise({.pixels = p.pixels,
                    .c = p.c,
                    .taps = p.taps,
                    .src = p.src.data(),
                    .offsets = p.offsets.data(),
                    .padding = p.padding.data(),
                    .packed = packed.data(),
                    .dst = dst.data(),
                    .dst_stride = p.dst_stride,
                    .lo = p.lo,
                    .hi = p.hi});
  return dst;
}

void expect_correct(const DepthwiseF32Kernel& kernel, const Problem& p) {
  SCOPED_TRACE(testing::Message() << "pixels " << p.pixels << " c " << p.c << " taps " << p.taps);
  const std::vector<float> dst = run(kernel, p);
  int wrong = 0;
  for (std::size_t i = 0; i < dst.size() && wrong < 5; ++i) {
    const std::size_t pixel = i / p.dst_stride, ch = i % p.dst_stride;
    double expected = kUntouched;
    double magnitude = 0;
    if (ch < p.c) {
      expected = p.bias.empty() ? 0.0 : p.bias[ch];
      magnitude = std::fabs(expected);
      for (std::size_t t = 0; t < p.taps; ++t) {
        const double product = static_cast<double>(p.value(pixel, t, ch)) * p.weight(t, ch);
        expected += product;
        magnitude += std::fabs(product);
      }
      expected = std::fmin(std::fmax(expected, p.lo), p.hi);
    }
    // Each of taps + 1 roundings errs by at most 2^-24 of a partial sum, itself at most `magnitude`.
    const double tolerance = static_cast<double>(p.taps + 2) * magnitude * std::ldexp(1.0, -24);
    if (std::fabs(dst[i] - expected) <= tolerance) continue;
    ++wrong;
    EXPECT_NEAR(dst[i], expected, tolerance) << "pixel " << pixel << " channel " << ch;
  }
}

class DepthwiseF32Kernels : public testing::TestWithParam<const DepthwiseF32Kernel*> {};

TEST_P(DepthwiseF32Kernels, ComputeEveryNumberOfChannels) {
  Random random;
  for (std::size_t c = 1; c <= 70; ++c) {
    Problem p = make_problem(random, 3, c, 9);
    p.dst_stride += c % 4;
    expect_correct(*GetParam(), p);
  }
}

TEST_P(DepthwiseF32Kernels, ComputeEveryWindowAndNumberOfPixels) {
  Random random;
  for (std::size_t taps = 1; taps <= 50; ++taps) {
    for (std::size_t c : {3, 16, 24, 41}) expect_correct(*GetParam(), make_problem(random, taps % 8, c, taps));
  }
}

TEST_P(DepthwiseF32Kernels, ComputeManyPixelsWithAndWithoutPadding) {
  Random random;
  for (std::size_t pixels = 1; pixels <= 40; ++pixels) {
    for (std::size_t c : {16, 64, 83}) {
      Problem p = make_problem(random, pixels, c, 9);
      p.dst_stride += pixels % 4;
      expect_correct(*GetParam(), p);
      for (auto& offset : p.offsets) offset = offset == kPaddingTap ? 0 : offset;
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(DepthwiseF32Kernels, ComputeLargeImagesWithStride) {
  Random random;
  Problem p = make_problem(random, 2100, 100, 9);
  p.src = random.reals(50 * p.c, -1, 1);
  for (std::size_t i = 0; i < p.offsets.size(); ++i) {
    const std::size_t pixel = i / p.taps, t = i % p.taps;
    p.offsets[i] = pixel % 20 == 0 && t < 3 ? kPaddingTap : static_cast<std::int32_t>((pixel % 20 * 2 + t) * p.c);
  }
  expect_correct(*GetParam(), p);
}

TEST_P(DepthwiseF32Kernels, TakeBothWeightLayoutsAndNoBias) {
  Random random;
  Problem p = make_problem(random, 4, 37, 9);
  p.weights_are_c_by_taps = true;
  p.bias.clear();
  expect_correct(*GetParam(), p);
}

TEST_P(DepthwiseF32Kernels, ClampAndLeaveOtherChannelsUntouched) {
  Random random;
  Problem p = make_problem(random, 4, 37, 9);
  p.lo = -0.1f;
  p.hi = 0.6f;
  p.dst_stride = 50;
  expect_correct(*GetParam(), p);
}

TEST_P(DepthwiseF32Kernels, PassOnNaN) {
  Random random;
  Problem p = make_problem(random, 1, 19, 1);
  p.offsets = {0};
  p.lo = 0.0f;
  p.src[18] = p.src[3] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> dst = run(*GetParam(), p);
  for (std::size_t ch = 0; ch < p.c; ++ch) EXPECT_EQ(std::isnan(dst[ch]), ch == 3 || ch == 18);
}

INSTANTIATE_TEST_SUITE_P(Table, DepthwiseF32Kernels, testing::ValuesIn(runnable(depthwise_f32_kernels())),
                         kernel_test_name<DepthwiseF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, DepthwiseF32Kernels, testing::Values(&kDepthwiseF32Avx512VnniModel),
                         kernel_test_name<DepthwiseF32Kernel>);
#endif

}  // namespace
}  // namespace octet
