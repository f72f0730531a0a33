// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool_f32/pool_f32.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

constexpr float kUntouched = 12345.0f;

struct Problem {
  std::vector<float> src;
  std::vector<std::int32_t> offsets, divisors;
  PoolF32Args args;

  float expected(std::size_t p, std::size_t c, bool average) const {
    float sum = 0.0f, best = -kInfinity;
    int count = 0;
    for (std::size_t t = 0; t < args.taps; ++t) {
      const std::int32_t offset = offsets[p * args.taps + t];
      if (offset == kPaddingTap) continue;
      const float value = src[static_cast<std::size_t>(offset) + c];
      sum += value;
      best = std::fmax(best, value);
      ++count;
    }
    const int divisor = divisors.empty() ? std::max(1, count) : divisors[p];
    const float result = average ? sum / static_cast<float>(divisor) : best;
    return std::fmin(args.hi, std::fmax(args.lo, result));
  }
};

Problem make_problem(Random& random, std::size_t pixels, std::size_t c, std::size_t taps) {
  Problem p;
  p.src = random.reals(12 * c, -1, 1);
  p.offsets = random.int32s(pixels * taps, 0, static_cast<std::int32_t>(11 * c));
  for (auto& offset : p.offsets) {
    if (random.integer(0, 3) == 0) offset = kPaddingTap;
  }
  p.args = {.pixels = pixels, .c = c, .taps = taps, .dst_stride = c + 5, .lo = -kInfinity, .hi = kInfinity};
  return p;
}

void expect_correct(const PoolF32Kernel& kernel, Problem& p, bool average) {
  SCOPED_TRACE(testing::Message() << "pixels " << p.args.pixels << " c " << p.args.c << " taps " << p.args.taps);
  std::vector<float> dst(p.args.pixels * p.args.dst_stride, kUntouched);
  p.args.src = p.src.data();
  p.args.offsets = p.offsets.data();
  p.args.divisors = p.divisors.empty() ? nullptr : p.divisors.data();
  p.args.dst = dst.data();
  (average ? kernel.average : kernel.max)(p.args);
  for (std::size_t i = 0; i < dst.size(); ++i) {
    const std::size_t pixel = i / p.args.dst_stride, c = i % p.args.dst_stride;
    ASSERT_EQ(dst[i], c < p.args.c ? p.expected(pixel, c, average) : kUntouched)
        << "pixel " << pixel << " channel " << c;
  }
}

class PoolF32Kernels : public testing::TestWithParam<const PoolF32Kernel*> {};

TEST_P(PoolF32Kernels, EqualTheFormulaForEveryNumberOfChannels) {
  Random random;
  for (std::size_t c = 1; c <= 70; ++c) {
    for (const bool average : {false, true}) {
      Problem p = make_problem(random, 3, c, 9);
      expect_correct(*GetParam(), p, average);
    }
  }
}

TEST_P(PoolF32Kernels, EqualTheFormulaForEveryWindow) {
  Random random;
  for (std::size_t taps : {1, 2, 3, 4, 8, 9, 25, 49, 300, 3000}) {
    for (const bool average : {false, true}) {
      Problem p = make_problem(random, 2, 35, taps);
      expect_correct(*GetParam(), p, average);
    }
  }
}

TEST_P(PoolF32Kernels, GiveTheBoundOrZeroWithoutTaps) {
  Random random;
  Problem p = make_problem(random, 2, 35, 4);
  p.offsets.assign(p.offsets.size(), kPaddingTap);
  expect_correct(*GetParam(), p, false);
  expect_correct(*GetParam(), p, true);
}

TEST_P(PoolF32Kernels, DivideByGivenDivisorsAndClamp) {
  Random random;
  Problem p = make_problem(random, 5, 35, 9);
  p.divisors = random.int32s(5, 1, 12);
  p.args.lo = -0.2f;
  p.args.hi = 0.3f;
  expect_correct(*GetParam(), p, true);
  expect_correct(*GetParam(), p, false);
}

INSTANTIATE_TEST_SUITE_P(Table, PoolF32Kernels, testing::ValuesIn(runnable(pool_f32_kernels())),
                         kernel_test_name<PoolF32Kernel>);

}  // namespace
}  // namespace octet
