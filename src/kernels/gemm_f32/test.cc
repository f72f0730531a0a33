// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_f32/gemm_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const GemmF32Kernel kGemmF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr float kUntouched = 12345.0f;

struct Problem {
  std::size_t m, n, k, taps = 1;
  bool indirect = false;
  bool weights_are_k_by_n = false;
  std::size_t dst_stride = 0;
  std::size_t run_taps = 1;
  float lo = -kInfinity, hi = kInfinity;
  std::vector<float> src, weights, bias, padding;
  std::vector<float> addend;  // [m, addend_stride], or empty
  std::size_t addend_stride = 0;
  std::vector<std::int32_t> offsets;

  float weight(std::size_t col, std::size_t kk) const {
    return weights_are_k_by_n ? weights[kk * n + col] : weights[col * k * taps + kk];
  }
  float value(std::size_t row, std::size_t t, std::size_t kk) const {
    if (!indirect) return src[row * k + kk];
    const std::int32_t offset = offsets[row * taps + t];
    return offset == kPaddingTap ? padding[kk] : src[static_cast<std::size_t>(offset) + kk];
  }
};

Problem make_problem(Random& random, std::size_t m, std::size_t n, std::size_t k, std::size_t taps = 1) {
  Problem p{.m = m, .n = n, .k = k, .taps = taps, .indirect = taps > 1, .dst_stride = n};
  p.src = random.reals((m + 3) * k, -1, 1);
  p.weights = random.reals(n * k * taps, -1, 1);
  p.bias = random.reals(n, -1, 1);
  p.padding.assign(k, 0.0f);
  if (p.indirect) {
    p.offsets = random.int32s(m * taps, 0, static_cast<std::int32_t>((m + 2) * k));
    for (auto& offset : p.offsets) {
      if (random.integer(0, 9) == 0) offset = kPaddingTap;
    }
  }
  return p;
}

AlignedBuffer pack(const GemmF32Kernel& kernel, const Problem& p) {
  AlignedBuffer packed(kernel.packed_bytes(p.n, p.k, p.taps));
  kernel.pack({.n = p.n,
               .k = p.k,
               .taps = p.taps,
               .weights = p.weights.data(),
               .n_stride = p.weights_are_k_by_n ? 1 : p.k * p.taps,
               .k_stride = p.weights_are_k_by_n ? p.n : 1,
               .bias = p.bias.empty() ? nullptr : p.bias.data()},
              packed.data());
  return packed;
}

// Rows [m_begin, m_end), columns [n_begin, n_end).
struct Range {
  std::size_t m_begin, m_end, n_begin, n_end;
};

void run(const GemmF32Kernel& kernel, const Problem& p, const AlignedBuffer& packed, const Range& range,
         std::vector<float>& dst) {
  kernel.gemm({.m = range.m_end - range.m_begin,
               .n_begin = range.n_begin,
               .n_end = range.n_end,
               .k = p.k,
               .taps = p.taps,
               .src = p.indirect ? p.src.data() : p.src.data() + range.m_begin * p.k,
               .src_stride = p.k,
               .offsets = p.indirect ? p.offsets.data() + range.m_begin * p.taps : nullptr,
               .padding = p.padding.data(),
               .packed = packed.data(),
               .dst = dst.data() + range.m_begin * p.dst_stride,
               .dst_stride = p.dst_stride,
               .lo = p.lo,
               .hi = p.hi,
               .run_taps = p.run_taps,
               .addend = p.addend.empty() ? nullptr : p.addend.data() + range.m_begin * p.addend_stride,
               .addend_stride = p.addend_stride});
}

void expect_correct(const GemmF32Kernel& kernel, const Problem& p) {
  SCOPED_TRACE(testing::Message() << "m " << p.m << " n " << p.n << " k " << p.k << " taps " << p.taps);
  std::vector<float> dst(p.m * p.dst_stride, kUntouched);
  run(kernel, p, pack(kernel, p), {0, p.m, 0, p.n}, dst);
  // A sum of T terms of magnitude at most 1, in float32: each of T + 1 additions and T products errs by at most 2^-24
  // of a partial sum below T + 1.
  const double terms = static_cast<double>(p.k * p.taps) + 1;
  int wrong = 0;
  for (std::size_t row = 0; row < p.m && wrong < 5; ++row) {
    for (std::size_t col = 0; col < p.dst_stride && wrong < 5; ++col) {
      double expected = kUntouched;
      double magnitude = 0;
      if (col < p.n) {
        expected = p.bias.empty() ? 0.0 : p.bias[col];
        magnitude = std::fabs(expected);
        for (std::size_t i = 0; i < p.k * p.taps; ++i) {
          const double product = static_cast<double>(p.value(row, i / p.k, i % p.k)) * p.weight(col, i);
          expected += product;
          magnitude += std::fabs(product);
        }
        expected = std::fmin(std::fmax(expected, p.lo), p.hi);
      }
      const double tolerance = (terms + 1) * magnitude * std::ldexp(1.0, -24);
      const double actual = dst[row * p.dst_stride + col];
      if (std::fabs(actual - expected) <= tolerance) continue;
      ++wrong;
      EXPECT_NEAR(actual, expected, tolerance) << "row " << row << " column " << col;
    }
  }
}

class GemmF32Kernels : public testing::TestWithParam<const GemmF32Kernel*> {};

TEST_P(GemmF32Kernels, ComputeTheProductOnAllTilesAndTails) {
  Random random;
  for (std::size_t m : {0, 1, 2, 3, 4, 5, 6, 7, 11, 13, 25, 49}) {
    for (std::size_t n : {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 48, 63, 64, 65, 81}) {
      Problem p = make_problem(random, m, n, static_cast<std::size_t>(random.integer(1, 40)));
      p.dst_stride += static_cast<std::size_t>(random.integer(0, 3));
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(GemmF32Kernels, ComputeTheProductForEveryK) {
  Random random;
  for (std::size_t k = 1; k <= 40; ++k) expect_correct(*GetParam(), make_problem(random, 7, 18, k));
  for (std::size_t k : {127, 128, 129, 500, 2000}) expect_correct(*GetParam(), make_problem(random, 4, 20, k));
}

TEST_P(GemmF32Kernels, ReadTapsThroughOffsets) {
  Random random;
  for (std::size_t taps : {2, 9, 25}) {
    for (std::size_t k : {1, 3, 4, 8, 17}) expect_correct(*GetParam(), make_problem(random, 10, 19, k, taps));
  }
  Problem one_tap = make_problem(random, 10, 19, 24);
  one_tap.indirect = true;
  one_tap.offsets = random.int32s(10, -1, 24 * 12);
  expect_correct(*GetParam(), one_tap);
}

// Windows on an image with padding: taps of a row of the window follow each other, except at the border.
TEST_P(GemmF32Kernels, ReadRunsOfTaps) {
  Random random;
  for (std::size_t side : {2, 3, 7}) {
    for (std::size_t k : {1, 3, 4, 20, 300}) {
      Problem p = make_problem(random, 23, 40, k, side * side);
      p.run_taps = side;
      p.src = random.reals(40 * k, -1, 1);
      for (std::size_t i = 0; i < p.offsets.size(); ++i) {
        const std::size_t row = i / (side * side), y = i % (side * side) / side, x = i % side;
        const bool outside = (row % 8 == 1 && x == 0) || (row % 8 == 2 && x + 1 == side) || (row == 9 && y == 1);
        p.offsets[i] = outside ? kPaddingTap : static_cast<std::int32_t>((row + 3 * y % 8 + x) * k);
      }
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(GemmF32Kernels, TakeMatricesOfKByNAndNoBias) {
  Random random;
  Problem p = make_problem(random, 9, 35, 21);
  p.weights_are_k_by_n = true;
  p.bias.clear();
  expect_correct(*GetParam(), p);
}

TEST_P(GemmF32Kernels, Clamp) {
  Random random;
  Problem p = make_problem(random, 9, 35, 21);
  p.lo = 0.0f;
  p.hi = 1.5f;
  expect_correct(*GetParam(), p);
}

// Rows of few_rows kernels, whole and cut tiles, sums in one slice of K and in several.
TEST_P(GemmF32Kernels, AddTheAddendToTheCompleteSum) {
  Random random;
  for (std::size_t m : {1, 2, 3, 6, 13, 25}) {
    for (std::size_t n : {1, 8, 15, 17, 40, 64, 81, 256}) {
      for (const auto& [taps, k] : {std::pair<std::size_t, std::size_t>{1, 9}, {1, 2500}, {9, 20}, {9, 300}}) {
        SCOPED_TRACE(testing::Message() << "m " << m << " n " << n << " k " << k << " taps " << taps);
        Problem p = make_problem(random, m, n, k, taps);
        p.dst_stride += 3;
        const AlignedBuffer packed = pack(*GetParam(), p);
        std::vector<float> expected(m * p.dst_stride, kUntouched), actual = expected;
        run(*GetParam(), p, packed, {0, m, 0, n}, expected);
        p.addend_stride = n + static_cast<std::size_t>(random.integer(0, 5));
        p.addend = random.reals((m - 1) * p.addend_stride + n, -2, 2);
        p.lo = -1.0f;
        p.hi = 2.0f;
        for (std::size_t row = 0; row < m; ++row) {
          for (std::size_t col = 0; col < n; ++col) {
            float& value = expected[row * p.dst_stride + col];
            value = std::min(p.hi, std::max(p.lo, value + p.addend[row * p.addend_stride + col]));
          }
        }
        run(*GetParam(), p, packed, {0, m, 0, n}, actual);
        ASSERT_EQ(actual, expected);
      }
    }
  }
}

TEST_P(GemmF32Kernels, LeaveColumnsBeyondTheMatrixUntouched) {
  Random random;
  Problem p = make_problem(random, 8, 21, 10);
  p.dst_stride = 40;
  expect_correct(*GetParam(), p);
}

TEST_P(GemmF32Kernels, PassOnNaN) {
  Random random;
  Problem p = make_problem(random, 8, 21, 10);
  p.lo = 0.0f;
  p.hi = 6.0f;
  p.src[3 * p.k + 2] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> dst(p.m * p.n);
  run(*GetParam(), p, pack(*GetParam(), p), {0, p.m, 0, p.n}, dst);
  for (std::size_t i = 0; i < dst.size(); ++i) EXPECT_EQ(std::isnan(dst[i]), i / p.n == 3);
}

TEST_P(GemmF32Kernels, GiveTheSameBitsHoweverTheWorkIsSplit) {
  Random random;
  for (const auto& [taps, k] : {std::pair<std::size_t, std::size_t>{1, 20}, {9, 20}, {9, 300}}) {
    Problem p = make_problem(random, 50, 150, k, taps);
    if (k == 300) {
      p.addend_stride = p.n;
      p.addend = random.reals(p.m * p.n, -1, 1);
    }
    const AlignedBuffer packed = pack(*GetParam(), p);
    std::vector<float> whole(p.m * p.n), parts(p.m * p.n, kUntouched);
    run(*GetParam(), p, packed, {0, p.m, 0, p.n}, whole);
    const std::size_t n_split = (70 / GetParam()->nr) * GetParam()->nr;
    for (std::size_t m = 0; m < p.m;) {
      const std::size_t m_end = std::min<std::size_t>(p.m, m + static_cast<std::size_t>(random.integer(1, 17)));
      run(*GetParam(), p, packed, {m, m_end, 0, n_split}, parts);
      run(*GetParam(), p, packed, {m, m_end, n_split, p.n}, parts);
      m = m_end;
    }
    EXPECT_EQ(whole, parts);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, GemmF32Kernels, testing::ValuesIn(runnable(gemm_f32_kernels())),
                         kernel_test_name<GemmF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, GemmF32Kernels, testing::Values(&kGemmF32Avx512VnniModel),
                         kernel_test_name<GemmF32Kernel>);
#endif

}  // namespace
}  // namespace octet
