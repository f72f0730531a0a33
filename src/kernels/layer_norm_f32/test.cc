// SPDX-License-Identifier: Apache-2.0
#include "kernels/layer_norm_f32/layer_norm_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const LayerNormF32Kernel kLayerNormF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

struct Problem {
  std::size_t rows, n;
  std::vector<float> src, addend, gamma, beta;

  Problem(Random& random, std::size_t rows_, std::size_t n_, float mean = 0.0f)
      : rows(rows_), n(n_), src(random.reals(rows * n, mean - 2, mean + 2)), addend(random.reals(rows * n, -1, 1)),
        gamma(random.reals(n, -2, 2)), beta(random.reals(n, -1, 1)) {}

  std::vector<float> run(const LayerNormF32Kernel& kernel, bool with_addend, bool with_beta) const {
    std::vector<float> dst(src.size());
    kernel.layer_norm({rows, n, src.data(), with_addend ? addend.data() : nullptr, gamma.data(), with_beta ? beta.data() : nullptr,
                       1e-5f, dst.data()});
    return dst;
  }

  double exact(std::size_t row, std::size_t i, bool with_addend, bool with_beta) const {
    const auto x = [&](std::size_t j) { return double{src[row * n + j]} + (with_addend ? double{addend[row * n + j]} : 0.0); };
    double mean = 0, variance = 0;
    for (std::size_t j = 0; j < n; ++j) mean += x(j) / static_cast<double>(n);
    for (std::size_t j = 0; j < n; ++j) variance += (x(j) - mean) * (x(j) - mean) / static_cast<double>(n);
    return (x(i) - mean) / std::sqrt(variance + double{1e-5f}) * double{gamma[i]} + (with_beta ? double{beta[i]} : 0.0);
  }
};

class LayerNormF32Kernels : public testing::TestWithParam<const LayerNormF32Kernel*> {};

TEST_P(LayerNormF32Kernels, EqualTheFormulaInDoublePrecision) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    if (n < 2) continue;  // a single value has no variance: only epsilon is left of the divisor
    const Problem problem(random, 3, n);
    for (const bool with_addend : {false, true}) {
      const std::vector<float> dst = problem.run(*GetParam(), with_addend, with_addend);
      // The mean is off by some 2^-24 * 3; the divisor is at least about a tenth here, gamma at most 2.
      for (std::size_t i = 0; i < dst.size(); ++i)
        EXPECT_NEAR(dst[i], problem.exact(i / n, i % n, with_addend, with_addend), 2e-5) << "n = " << n;
    }
  }
}

TEST_P(LayerNormF32Kernels, KeepTheVarianceOfRowsFarFromZero) {
  Random random;
  const Problem problem(random, 2, 384, /*mean=*/1000.0f);
  const std::vector<float> dst = problem.run(*GetParam(), false, true);
  // The mean of values near 1000 is off by up to 2^-24 * 1000 * 2 of a deviation near 1.
  for (std::size_t i = 0; i < dst.size(); ++i) EXPECT_NEAR(dst[i], problem.exact(i / 384, i % 384, false, true), 1e-3);
}

TEST_P(LayerNormF32Kernels, GiveBetaForAConstantRow) {
  const std::vector<float> src(20, 3.0f), gamma(20, 2.0f), beta(20, 0.5f);
  std::vector<float> dst(20);
  GetParam()->layer_norm({1, 20, src.data(), nullptr, gamma.data(), beta.data(), 1e-12f, dst.data()});
  for (const float value : dst) EXPECT_EQ(value, 0.5f);
}

TEST_P(LayerNormF32Kernels, EqualScalarBitForBitAlsoInPlace) {
  Random random;
  for (std::size_t n = 1; n < 60; ++n) {
    const std::size_t rows = 1 + n % 9;
    Problem problem(random, rows, n);
    const std::vector<float> expected = problem.run(*layer_norm_f32_kernels().back(), true, n % 2 == 0);
    EXPECT_EQ(problem.run(*GetParam(), true, n % 2 == 0), expected);
    GetParam()->layer_norm({rows, n, problem.src.data(), problem.addend.data(), problem.gamma.data(),
                            n % 2 == 0 ? problem.beta.data() : nullptr, 1e-5f, problem.addend.data()});
    EXPECT_EQ(problem.addend, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, LayerNormF32Kernels, testing::ValuesIn(runnable(layer_norm_f32_kernels())),
                         kernel_test_name<LayerNormF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, LayerNormF32Kernels, testing::Values(&kLayerNormF32Avx512VnniModel),
                         kernel_test_name<LayerNormF32Kernel>);
#endif

}  // namespace
}  // namespace octet
