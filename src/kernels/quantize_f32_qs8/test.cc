// SPDX-License-Identifier: Apache-2.0
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

class QuantizeF32Qs8Kernels : public testing::TestWithParam<const QuantizeF32Qs8Kernel*> {
 protected:
  std::vector<std::int8_t> quantize(const std::vector<float>& src, float scale, const Qs8Output& output) {
    std::vector<std::int8_t> dst(src.size());
    GetParam()->quantize({.n = src.size(), .src = src.data(), .scale = scale, .dst = dst.data(), .output = output});
    return dst;
  }
  std::vector<float> dequantize(const std::vector<std::int8_t>& src, float scale, int zero_point) {
    std::vector<float> dst(src.size());
    GetParam()->dequantize(
        {.n = src.size(), .src = src.data(), .scale = scale, .zero_point = zero_point, .dst = dst.data()});
    return dst;
  }
};

TEST_P(QuantizeF32Qs8Kernels, EqualTheFormula) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    for (const float scale : {0.5f, 0.0371f, 1e-6f, 3.0f}) {
      const Qs8Output output{.zero_point = random.integer(-128, 127), .lo = -128, .hi = 127};
      std::vector<float> src = random.reals(n, -200 * scale, 200 * scale);
      for (auto& x : src) {
        if (random.integer(0, 3) == 0) x = static_cast<float>(random.integer(-300, 300)) * 0.5f * scale;  // ties
      }
      const std::vector<std::int8_t> dst = quantize(src, scale, output);
      for (std::size_t i = 0; i < n; ++i) {
        volatile float scaled = src[i] / scale;
        ASSERT_EQ(int{dst[i]}, int{expected_qs8(scaled, output.zero_point, -128, 127)}) << src[i] << " / " << scale;
      }
    }
  }
}

// Around every bound between two steps, where a quotient off by one unit in the last place shows, for many scales.
TEST_P(QuantizeF32Qs8Kernels, RoundQuotientsAsADivision) {
  Random random;
  for (int repeat = 0; repeat < 200; ++repeat) {
    const float scale =
        std::ldexp(random.real(1.0f, 2.0f), repeat < 190 ? random.integer(-12, 3) : random.integer(-140, 118));
    std::vector<float> src;
    for (int step = -130; step < 130; ++step) {
      float x = (static_cast<float>(step) + 0.5f) * scale;
      for (int i = 0; i < 3; ++i) x = std::nextafter(x, -kInfinity);
      for (int i = 0; i < 7; ++i, x = std::nextafter(x, kInfinity)) src.push_back(x);
    }
    const std::vector<std::int8_t> dst = quantize(src, scale, {0, -128, 127});
    for (std::size_t i = 0; i < src.size(); ++i) {
      volatile float scaled = src[i] / scale;
      ASSERT_EQ(int{dst[i]}, int{expected_qs8(scaled, 0, -128, 127)}) << src[i] << " / " << scale;
    }
  }
}

TEST_P(QuantizeF32Qs8Kernels, MultiplyByAFactorFirst) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    const std::vector<float> src = random.reals(n, -4, 4), factor = random.reals(n, 0.1f, 3);
    std::vector<float> product(n);
    for (std::size_t i = 0; i < n; ++i) product[i] = src[i] * factor[i];
    std::vector<std::int8_t> dst(n);
    GetParam()->quantize({.n = n,
                          .src = src.data(),
                          .scale = 0.0371f,
                          .dst = dst.data(),
                          .output = {-5, -128, 127},
                          .factor = factor.data()});
    EXPECT_EQ(dst, quantize(product, 0.0371f, {-5, -128, 127}));
  }
}

TEST_P(QuantizeF32Qs8Kernels, GiveTheZeroPointForNaNAndTheBoundsForInfinity) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> src;
  for (int i = 0; i < 11; ++i) src.insert(src.end(), {nan, kInfinity, -kInfinity, 3e38f, -nan});
  const std::vector<std::int8_t> dst = quantize(src, 1e-3f, {.zero_point = -3, .lo = -90, .hi = 100});
  for (std::size_t i = 0; i < dst.size(); i += 5) {
    EXPECT_EQ(dst[i], -3);
    EXPECT_EQ(dst[i + 1], 100);
    EXPECT_EQ(dst[i + 2], -90);
    EXPECT_EQ(dst[i + 3], 100);
    EXPECT_EQ(dst[i + 4], -3);
  }
}

TEST_P(QuantizeF32Qs8Kernels, QuantizeOfDequantizeIsTheIdentity) {
  Random random;
  std::vector<std::int8_t> all(256);
  for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::int8_t>(i);
  for (int zero_point = -128; zero_point <= 127; ++zero_point) {
    const float scale = random.real(1e-4f, 1.0f);
    EXPECT_EQ(quantize(dequantize(all, scale, zero_point), scale, {zero_point, -128, 127}), all);
  }
}

TEST_P(QuantizeF32Qs8Kernels, DequantizeEqualsTheFormula) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    const std::vector<std::int8_t> src = random.int8s(n);
    const std::vector<float> dst = dequantize(src, 0.0371f, -77);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(dst[i], static_cast<float>(src[i] + 77) * 0.0371f);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, QuantizeF32Qs8Kernels, testing::ValuesIn(runnable(quantize_f32_qs8_kernels())),
                         kernel_test_name<QuantizeF32Qs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, QuantizeF32Qs8Kernels, testing::Values(&kQuantizeF32Qs8Avx512VnniModel),
                         kernel_test_name<QuantizeF32Qs8Kernel>);
#endif

}  // namespace
}  // namespace octet
