// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool_qs8/pool_qs8.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const PoolQs8Kernel kPoolQs8Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr std::int8_t kUntouched = 85;

struct Problem {
  std::vector<std::int8_t> src;
  std::vector<std::int32_t> offsets, divisors;
  PoolQs8Args args;

  int count(std::size_t p) const {
    int n = 0;
    for (std::size_t t = 0; t < args.taps; ++t) n += offsets[p * args.taps + t] != kPaddingTap;
    return n;
  }
  std::int8_t expected_max(std::size_t p, std::size_t c) const {
    int best = args.output.lo;
    for (std::size_t t = 0; t < args.taps; ++t) {
      const std::int32_t offset = offsets[p * args.taps + t];
      if (offset != kPaddingTap) best = std::max<int>(best, src[static_cast<std::size_t>(offset) + c]);
    }
    return static_cast<std::int8_t>(std::min(best, args.output.hi));
  }
  std::int8_t expected_average(std::size_t p, std::size_t c) const {
    int sum = 0;
    for (std::size_t t = 0; t < args.taps; ++t) {
      const std::int32_t offset = offsets[p * args.taps + t];
      if (offset != kPaddingTap) sum += src[static_cast<std::size_t>(offset) + c] - args.src_zero_point;
    }
    const int divisor = divisors.empty() ? std::max(1, count(p)) : divisors[p];
    volatile float scale = args.scale / static_cast<float>(divisor);
    return expected_qs8(static_cast<float>(sum) * scale, args.output.zero_point, args.output.lo, args.output.hi);
  }
};

Problem make_problem(Random& random, std::size_t pixels, std::size_t c, std::size_t taps) {
  Problem p;
  p.src = random.int8s(12 * c);
  p.offsets = random.int32s(pixels * taps, 0, static_cast<std::int32_t>(11 * c));
  for (auto& offset : p.offsets) {
    if (random.integer(0, 3) == 0) offset = kPaddingTap;
  }
  p.args = {.pixels = pixels,
            .c = c,
            .taps = taps,
            .dst_stride = c + 5,
            .output = {random.integer(-128, 127), -128, 127},
            .src_zero_point = random.integer(-128, 127),
            .scale = random.real(0.2f, 2.0f),
            .divisors = nullptr};
  return p;
}

void expect_correct(const PoolQs8Kernel& kernel, Problem& p, bool average) {
  SCOPED_TRACE(testing::Message() << "pixels " << p.args.pixels << " c " << p.args.c << " taps " << p.args.taps);
  std::vector<std::int8_t> dst(p.args.pixels * p.args.dst_stride, kUntouched);
  p.args.src = p.src.data();
  p.args.offsets = p.offsets.data();
  p.args.divisors = p.divisors.empty() ? nullptr : p.divisors.data();
  p.args.dst = dst.data();
  (average ? kernel.average : kernel.max)(p.args);
  for (std::size_t i = 0; i < dst.size(); ++i) {
    const std::size_t pixel = i / p.args.dst_stride, c = i % p.args.dst_stride;
    const std::int8_t expected =
        c >= p.args.c ? kUntouched : (average ? p.expected_average(pixel, c) : p.expected_max(pixel, c));
    ASSERT_EQ(int{dst[i]}, int{expected}) << "pixel " << pixel << " channel " << c;
  }
}

class PoolQs8Kernels : public testing::TestWithParam<const PoolQs8Kernel*> {};

TEST_P(PoolQs8Kernels, EqualTheFormulaForEveryNumberOfChannels) {
  Random random;
  for (std::size_t c = 1; c <= 200; ++c) {
    for (const bool average : {false, true}) {
      Problem p = make_problem(random, 3, c, 9);
      expect_correct(*GetParam(), p, average);
    }
  }
}

TEST_P(PoolQs8Kernels, EqualTheFormulaForEveryWindow) {
  Random random;
  for (std::size_t taps : {1, 2, 3, 4, 8, 9, 25, 49, 300, 3000}) {
    for (const bool average : {false, true}) {
      Problem p = make_problem(random, 2, 35, taps);
      expect_correct(*GetParam(), p, average);
    }
  }
}

TEST_P(PoolQs8Kernels, SumExtremeValuesOverManyTaps) {
  Random random;
  for (const int value : {-128, 127}) {
    Problem p = make_problem(random, 1, 40, 70000);
    p.src.assign(p.src.size(), static_cast<std::int8_t>(value));
    p.args.src_zero_point = -1 - value;
    p.args.scale = 0.4f;
    expect_correct(*GetParam(), p, true);
  }
}

TEST_P(PoolQs8Kernels, GiveTheBoundOrZeroWithoutTaps) {
  Random random;
  Problem p = make_problem(random, 2, 35, 4);
  p.offsets.assign(p.offsets.size(), kPaddingTap);
  expect_correct(*GetParam(), p, false);
  expect_correct(*GetParam(), p, true);
}

TEST_P(PoolQs8Kernels, DivideByGivenDivisorsAndClamp) {
  Random random;
  Problem p = make_problem(random, 5, 35, 9);
  p.divisors = random.int32s(5, 1, 12);
  p.args.output = {.zero_point = -5, .lo = -5, .hi = 50};
  expect_correct(*GetParam(), p, true);
  expect_correct(*GetParam(), p, false);
}

INSTANTIATE_TEST_SUITE_P(Table, PoolQs8Kernels, testing::ValuesIn(runnable(pool_qs8_kernels())),
                         kernel_test_name<PoolQs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, PoolQs8Kernels, testing::Values(&kPoolQs8Avx512VnniModel),
                         kernel_test_name<PoolQs8Kernel>);
#endif

}  // namespace
}  // namespace octet
