// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const DepthwiseQs8Kernel kDepthwiseQs8Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr std::int8_t kUntouched = 85;

struct Problem {
  std::size_t pixels, c, taps;
  std::size_t dst_stride;
  std::int32_t src_zero_point = 0;
  Qs8Output output{0, -128, 127};
  bool weights_are_c_by_taps = false;
  std::size_t row_pixels = 0, row_taps = 0;
  std::vector<std::int8_t> src, weights, padding;
  std::vector<std::int32_t> offsets, bias, weights_zero_point;
  std::vector<float> scale;

  std::int8_t weight(std::size_t t, std::size_t ch) const {
    return weights_are_c_by_taps ? weights[ch * taps + t] : weights[t * c + ch];
  }

  std::int8_t expected(std::size_t p, std::size_t ch) const {
    std::int64_t acc = bias.empty() ? 0 : bias[ch];
    const std::int64_t wz = weights_zero_point.empty() ? 0 : weights_zero_point[ch];
    for (std::size_t t = 0; t < taps; ++t) {
      const std::int32_t offset = offsets[p * taps + t];
      const int value = offset == kPaddingTap ? padding[ch] : src[static_cast<std::size_t>(offset) + ch];
      acc += (value - src_zero_point) * (weight(t, ch) - wz);
    }
    return expected_requantized(static_cast<std::int32_t>(acc), scale[ch], output.zero_point, output.lo, output.hi);
  }
};

Problem make_problem(Random& random, std::size_t pixels, std::size_t c, std::size_t taps) {
  Problem p{.pixels = pixels, .c = c, .taps = taps, .dst_stride = c};
  p.src_zero_point = random.integer(-128, 127);
  p.output.zero_point = random.integer(-128, 127);
  p.src = random.int8s(9 * c);
  p.weights = random.int8s(c * taps);
  p.padding.assign(c, static_cast<std::int8_t>(p.src_zero_point));
  p.bias = random.int32s(c, -20000, 20000);
  p.scale = random.reals(c, 1e-3f, 2e-2f);
  p.offsets = random.int32s(pixels * taps, 0, static_cast<std::int32_t>(8 * c));
  for (auto& offset : p.offsets) {
    if (random.integer(0, 5) == 0) offset = kPaddingTap;
  }
  return p;
}

// A window of `window` x `window` that slides over an image of h x w pixels with `pad` pixels around it; w + 2 * pad
// and h + 2 * pad are at least `window`.
Problem make_sliding_problem(Random& random, int h, int w, std::size_t c, int window, int pad) {
  const int rows = h + 2 * pad - window + 1, columns = w + 2 * pad - window + 1;
  Problem p =
      make_problem(random, static_cast<std::size_t>(rows * columns), c, static_cast<std::size_t>(window * window));
  p.row_pixels = static_cast<std::size_t>(columns);
  p.row_taps = static_cast<std::size_t>(window);
  p.src = random.int8s(static_cast<std::size_t>(h * w) * c);
  auto offset = p.offsets.begin();
  for (int pixel = 0; pixel < rows * columns; ++pixel) {
    for (int t = 0; t < window * window; ++t) {
      const int y = pixel / columns + t / window - pad, x = pixel % columns + t % window - pad;
      const bool inside = y >= 0 && y < h && x >= 0 && x < w;
      *offset++ = inside ? (y * w + x) * static_cast<int>(c) : kPaddingTap;
    }
  }
  return p;
}

void expect_correct(const DepthwiseQs8Kernel& kernel, const Problem& p) {
  SCOPED_TRACE(testing::Message() << "pixels " << p.pixels << " c " << p.c << " taps " << p.taps);
  AlignedBuffer packed(kernel.packed_bytes(p.c, p.taps));
  kernel.pack({.c = p.c,
               .taps = p.taps,
               .weights = p.weights.data(),
               .tap_stride = p.weights_are_c_by_taps ? 1 : p.c,
               .c_stride = p.weights_are_c_by_taps ? p.taps : 1,
               .bias = p.bias.empty() ? nullptr : p.bias.data(),
               .weights_zero_point = p.weights_zero_point.empty() ? nullptr : p.weights_zero_point.data(),
               .scale = p.scale.data(),
               .src_zero_point = p.src_zero_point},
              packed.data());
  std::vector<std::int8_t> dst(p.pixels * p.dst_stride, kUntouched);
  kernel.depthwise({.pixels = p.pixels,
                    .c = p.c,
                    .taps = p.taps,
                    .src = p.src.data(),
                    .offsets = p.offsets.data(),
                    .padding = p.padding.data(),
                    .packed = packed.data(),
                    .dst = dst.data(),
                    .dst_stride = p.dst_stride,
                    .output = p.output,
                    .row_pixels = p.row_pixels,
                    .row_taps = p.row_taps});
  int wrong = 0;
  for (std::size_t i = 0; i < dst.size() && wrong < 5; ++i) {
    const std::size_t ch = i % p.dst_stride;
    const std::int8_t expected = ch < p.c ? p.expected(i / p.dst_stride, ch) : kUntouched;
    if (dst[i] == expected) continue;
    ++wrong;
    EXPECT_EQ(int{dst[i]}, int{expected}) << "pixel " << i / p.dst_stride << " channel " << ch;
  }
}

class DepthwiseQs8Kernels : public testing::TestWithParam<const DepthwiseQs8Kernel*> {};

TEST_P(DepthwiseQs8Kernels, EqualTheFormulaForEveryNumberOfChannels) {
  Random random;
  for (std::size_t c = 1; c <= 100; ++c) expect_correct(*GetParam(), make_problem(random, 3, c, 9));
}

TEST_P(DepthwiseQs8Kernels, EqualTheFormulaForEveryWindow) {
  Random random;
  for (std::size_t taps = 1; taps <= 50; ++taps) {
    for (std::size_t c : {3, 16, 24, 40, 65}) expect_correct(*GetParam(), make_problem(random, 5, c, taps));
  }
}

TEST_P(DepthwiseQs8Kernels, EqualTheFormulaForEveryNumberOfPixels) {
  Random random;
  for (std::size_t pixels = 0; pixels <= 9; ++pixels) {
    for (std::size_t c : {8, 17, 48}) expect_correct(*GetParam(), make_problem(random, pixels, c, 9));
  }
}

TEST_P(DepthwiseQs8Kernels, EqualTheFormulaForWindowsThatSlide) {
  Random random;
  for (const int window : {2, 3, 5}) {
    for (int size = 1; size <= 10; ++size) {
      for (std::size_t c : {4, 16, 28, 96, 116}) {
        const int pad = size % 3 == 0 ? window - 1 : window / 2;
        expect_correct(*GetParam(), make_sliding_problem(random, size, 11 - size, c, window, pad));
      }
    }
  }
}

TEST_P(DepthwiseQs8Kernels, SlideWithoutPaddingAlongLongRowsForEveryNumberOfChannels) {
  Random random;
  for (std::size_t c = 1; c <= 144; ++c) {
    const int window = c % 2 == 0 ? 3 : 5;
    expect_correct(*GetParam(), make_sliding_problem(random, 5, 12, c, window, 0));
  }
  for (const int w : {31, 34, 36, 70}) expect_correct(*GetParam(), make_sliding_problem(random, 7, w, 68, 3, 0));
  for (const int w : {35, 36, 37, 70}) expect_correct(*GetParam(), make_sliding_problem(random, 7, w, 68, 5, 0));
}

TEST_P(DepthwiseQs8Kernels, SlideWithClampsAndOverPaddingAlone) {
  Random random;
  for (const int zero_point : {-128, -20, 100}) {
    for (const int lo : {-128, -20, 100}) {
      Problem p = make_sliding_problem(random, 6, 6, 36, 3, 1);
      p.output = {.zero_point = zero_point, .lo = lo, .hi = 110};
      expect_correct(*GetParam(), p);
    }
  }
  expect_correct(*GetParam(), make_sliding_problem(random, 1, 1, 36, 3, 7));
}

// Of some blocks of channels or all, such that products leave int32.
TEST_P(DepthwiseQs8Kernels, SlideWithLargeScales) {
  Random random;
  for (const int lo : {-128, 3}) {
    for (const std::size_t first : {0, 17}) {
      Problem p = make_sliding_problem(random, 5, 9, 36, 3, 1);
      p.output = {.zero_point = 3, .lo = lo, .hi = 127};
      std::fill(p.scale.begin() + static_cast<std::ptrdiff_t>(first), p.scale.end(), 3e38f);
      expect_correct(*GetParam(), p);
    }
  }
}

// Negative accumulators next to 0, where the sign of the rounding offset counts.
TEST_P(DepthwiseQs8Kernels, RoundSmallAccumulators) {
  Random random;
  for (const float scale : {0.25f, 0.3f, 0.4999f, 0.5f, 0.75f, 0.9999f}) {
    for (const int lo : {-128, 3}) {
      Problem p = make_sliding_problem(random, 8, 8, 64, 3, 1);
      p.weights = random.int8s(p.weights.size(), -1, 1);
      p.src = random.int8s(p.src.size(), -2, 2);
      p.src_zero_point = 0;
      p.padding.assign(p.c, 0);
      p.bias = random.int32s(p.c, -3, 3);
      p.scale.assign(p.c, scale);
      p.output = {.zero_point = 3, .lo = lo, .hi = 127};
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(DepthwiseQs8Kernels, TakeBothWeightLayoutsAndNoBias) {
  Random random;
  Problem p = make_problem(random, 4, 37, 9);
  p.weights_are_c_by_taps = true;
  p.bias.clear();
  expect_correct(*GetParam(), p);
}

TEST_P(DepthwiseQs8Kernels, TakeWeightsWithZeroPoints) {
  Random random;
  for (std::size_t taps : {1, 8, 9}) {
    Problem p = make_problem(random, 4, 37, taps);
    p.weights_zero_point = random.int32s(p.c, -128, 127);
    expect_correct(*GetParam(), p);
  }
}

TEST_P(DepthwiseQs8Kernels, ExactOnExtremeValues) {
  Random random;
  for (const int a : {-128, 127}) {
    for (const int w : {-128, 127}) {
      for (const int weights_zero_point : {-128, 0, 127}) {
        Problem p = make_problem(random, 2, 35, 9);
        p.src.assign(p.src.size(), static_cast<std::int8_t>(a));
        p.weights.assign(p.weights.size(), static_cast<std::int8_t>(w));
        p.weights_zero_point.assign(p.c, weights_zero_point);
        p.scale.assign(p.c, 1.0f / 8192.0f);
        expect_correct(*GetParam(), p);
      }
    }
  }
}

TEST_P(DepthwiseQs8Kernels, SaturateAndClamp) {
  Random random;
  Problem p = make_problem(random, 4, 37, 9);
  p.scale.assign(p.c, 3e38f);
  expect_correct(*GetParam(), p);
  p = make_problem(random, 4, 37, 9);
  p.output = {.zero_point = -20, .lo = -20, .hi = 41};
  expect_correct(*GetParam(), p);
}

TEST_P(DepthwiseQs8Kernels, LeaveChannelsOfOtherTensorsUntouched) {
  Random random;
  for (std::size_t c : {5, 16, 21, 64}) {
    Problem p = make_problem(random, 4, c, 9);
    p.dst_stride = c + 13;
    expect_correct(*GetParam(), p);
    Problem sliding = make_sliding_problem(random, 9, 7, c, 3, 1);
    sliding.dst_stride = c + 3;
    expect_correct(*GetParam(), sliding);
  }
}

TEST_P(DepthwiseQs8Kernels, TakeAllZeroPoints) {
  Random random;
  for (int zero_point = -128; zero_point <= 127; zero_point += 5) {
    Problem p = make_problem(random, 3, 19, 9);
    p.src_zero_point = zero_point;
    p.padding.assign(p.c, static_cast<std::int8_t>(zero_point));
    p.output.zero_point = -zero_point - 1;
    expect_correct(*GetParam(), p);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, DepthwiseQs8Kernels, testing::ValuesIn(runnable(depthwise_qs8_qc8w_kernels())),
                         kernel_test_name<DepthwiseQs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, DepthwiseQs8Kernels, testing::Values(&kDepthwiseQs8Avx512VnniModel),
                         kernel_test_name<DepthwiseQs8Kernel>);
#endif

}  // namespace
}  // namespace octet
