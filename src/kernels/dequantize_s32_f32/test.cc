// SPDX-License-Identifier: Apache-2.0
#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const DequantizeS32F32Kernel kDequantizeS32F32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr float kUntouched = 77.0f;

struct Problem {
  std::size_t m, n;
  std::vector<std::int32_t> acc, zero_point, sums;
  std::vector<float> row_scale, scale, bias;

  Problem(Random& random, std::size_t m_, std::size_t n_)
      : m(m_), n(n_), acc(random.int32s(m * (n + 3), -2'000'000, 2'000'000)), zero_point(random.int32s(m, -255, 255)),
        sums(random.int32s(n, -5000, 5000)), row_scale(random.reals(m, 0.001f, 0.01f)), scale(random.reals(n, 0.0001f, 0.001f)),
        bias(random.reals(n, -1, 1)) {
    zero_point.back() = 0;
  }

  std::vector<float> run(const DequantizeS32F32Kernel& kernel, DequantizeFunction function, float lo, float hi) const {
    std::vector<float> dst(m * (n + 2), kUntouched);
    kernel.dequantize[static_cast<std::size_t>(function)]({.m = m,
                                                           .n = n,
                                                           .acc = acc.data(),
                                                           .acc_stride = n + 3,
                                                           .row_scale = row_scale.data(),
                                                           .row_zero_point = zero_point.data(),
                                                           .scale = scale.data(),
                                                           .weights_sum = sums.data(),
                                                           .bias = bias.data(),
                                                           .lo = lo,
                                                           .hi = hi,
                                                           .dst = dst.data(),
                                                           .dst_stride = n + 2});
    return dst;
  }

  double exact(std::size_t row, std::size_t i) const {
    const double steps = double{acc[row * (n + 3) + i] * 1.0} - double{zero_point[row] * 1.0} * sums[i];
    return steps * double{row_scale[row]} * double{scale[i]} + double{bias[i]};
  }
};

class DequantizeS32F32Kernels : public testing::TestWithParam<const DequantizeS32F32Kernel*> {};

TEST_P(DequantizeS32F32Kernels, EqualTheFormulaAndTouchNothingElse) {
  Random random;
  for (std::size_t n : {1, 7, 8, 9, 16, 31, 100}) {
    const Problem problem(random, 3, n);
    const std::vector<float> dst = problem.run(*GetParam(), DequantizeFunction::kClamp, -kInfinity, kInfinity);
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t i = 0; i < n; ++i) {
        const double expected = problem.exact(row, i);
        // Three roundings of numbers up to 33, one of the sum.
        EXPECT_NEAR(dst[row * (n + 2) + i], expected, 4 * 33 * std::ldexp(1.0, -24));
      }
      EXPECT_EQ(dst[row * (n + 2) + n], kUntouched);
      EXPECT_EQ(dst[row * (n + 2) + n + 1], kUntouched);
    }
  }
}

TEST_P(DequantizeS32F32Kernels, ApplyTheFunctions) {
  Random random;
  const Problem problem(random, 2, 20);
  const std::vector<float> relu6 = problem.run(*GetParam(), DequantizeFunction::kClamp, 0, 6);
  const std::vector<float> gelu = problem.run(*GetParam(), DequantizeFunction::kGelu, 0, 0);
  const std::vector<float> approximate = problem.run(*GetParam(), DequantizeFunction::kGeluApproximate, 0, 0);
  for (std::size_t row = 0; row < 2; ++row) {
    for (std::size_t i = 0; i < 20; ++i) {
      const double x = problem.exact(row, i);
      EXPECT_NEAR(relu6[row * 22 + i], std::fmin(6, std::fmax(0, x)), 1e-5);
      EXPECT_NEAR(gelu[row * 22 + i], 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))), 4e-5);
      EXPECT_NEAR(approximate[row * 22 + i], 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))), 4e-5);
    }
  }
}

TEST_P(DequantizeS32F32Kernels, EqualScalarBitForBit) {
  Random random;
  for (std::size_t n = 1; n < 40; ++n) {
    const Problem problem(random, 3, n);
    for (std::size_t function = 0; function < kNumDequantizeFunctions; ++function) {
      const auto f = static_cast<DequantizeFunction>(function);
      EXPECT_EQ(problem.run(*GetParam(), f, -1, 1), problem.run(*dequantize_s32_f32_kernels().back(), f, -1, 1));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, DequantizeS32F32Kernels, testing::ValuesIn(runnable(dequantize_s32_f32_kernels())),
                         kernel_test_name<DequantizeS32F32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, DequantizeS32F32Kernels, testing::Values(&kDequantizeS32F32Avx512VnniModel),
                         kernel_test_name<DequantizeS32F32Kernel>);
#endif

}  // namespace
}  // namespace octet
