// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax_f32/softmax_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const SoftmaxF32Kernel kSoftmaxF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

std::vector<float> run(const SoftmaxF32Kernel& kernel, const std::vector<float>& src, std::size_t rows) {
  const std::size_t n = src.size() / rows;
  std::vector<float> dst(src.size());
  kernel.softmax(
      {.rows = rows, .n = n, .src = src.data(), .src_row_stride = n, .dst = dst.data(), .dst_row_stride = n});
  return dst;
}

class SoftmaxF32Kernels : public testing::TestWithParam<const SoftmaxF32Kernel*> {};

TEST_P(SoftmaxF32Kernels, EqualTheFormulaInDoublePrecision) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    if (n == 0) continue;
    for (const float spread : {0.01f, 1.0f, 30.0f, 80.0f}) {
      const std::vector<float> src = random.reals(2 * n, -spread, spread);
      const std::vector<float> dst = run(*GetParam(), src, 2);
      for (std::size_t row = 0; row < 2; ++row) {
        const float* x = src.data() + row * n;
        const double max = *std::max_element(x, x + n);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += std::exp(x[i] - max);
        for (std::size_t i = 0; i < n; ++i) {
          const double expected = std::exp(x[i] - max) / sum;
          // x - max rounds by up to 2^-24 * 160 absolutely, which is relative in exp; then exp itself and n additions.
          const double tolerance = expected * (160.0 * std::ldexp(1.0, -24) + 3e-7 + static_cast<double>(n) / 8 * 6e-8);
          EXPECT_NEAR(dst[row * n + i], expected, tolerance + 1e-37);
        }
      }
    }
  }
}

TEST_P(SoftmaxF32Kernels, ExponentialIsGoodTo2e7) {
  // Two values: exp(d) = dst[1] / dst[0], whose quotient adds two roundings to those of the kernel.
  for (float d = 0.0f; d > -80.0f; d -= 0.0371f) {
    const std::vector<float> dst = run(*GetParam(), {0.0f, d}, 1);
    const double expected = std::exp(static_cast<double>(d));
    EXPECT_NEAR(static_cast<double>(dst[1]) / dst[0], expected, expected * (2e-7 + 2 * std::ldexp(1.0, -24))) << d;
  }
}

TEST_P(SoftmaxF32Kernels, EqualScalarBitForBit) {
  Random random;
  for (std::size_t n = 1; n < 70; ++n) {
    const std::vector<float> src = random.reals(3 * n, -100, 20);
    EXPECT_EQ(run(*GetParam(), src, 3), run(*softmax_f32_kernels().back(), src, 3));
  }
}

TEST_P(SoftmaxF32Kernels, StandHugeAndMissingValues) {
  const std::vector<float> dst = run(*GetParam(), {3e38f, -3e38f, -kInfinity, 3e38f, 0, 0, 0, 0, 0, -kInfinity}, 1);
  EXPECT_EQ(dst[0], 0.5f);
  EXPECT_EQ(dst[1], 0.0f);
  EXPECT_EQ(dst[2], 0.0f);
  EXPECT_EQ(dst[9], 0.0f);
}

TEST_P(SoftmaxF32Kernels, WorkInPlaceWithStride) {
  Random random;
  std::vector<float> src = random.reals(3 * 24, -2, 2);
  std::vector<float> dense;
  for (int row = 0; row < 3; ++row) dense.insert(dense.end(), src.begin() + row * 24, src.begin() + row * 24 + 19);
  const std::vector<float> expected = run(*GetParam(), dense, 3);
  const float gap = src[20];
  GetParam()->softmax(
      {.rows = 3, .n = 19, .src = src.data(), .src_row_stride = 24, .dst = src.data(), .dst_row_stride = 24});
  for (std::size_t i = 0; i < 57; ++i) EXPECT_EQ(src[i / 19 * 24 + i % 19], expected[i]);
  EXPECT_EQ(src[20], gap);
}

INSTANTIATE_TEST_SUITE_P(Table, SoftmaxF32Kernels, testing::ValuesIn(runnable(softmax_f32_kernels())),
                         kernel_test_name<SoftmaxF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, SoftmaxF32Kernels, testing::Values(&kSoftmaxF32Avx512VnniModel),
                         kernel_test_name<SoftmaxF32Kernel>);
#endif

}  // namespace
}  // namespace octet
