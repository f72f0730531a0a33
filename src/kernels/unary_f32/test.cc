// SPDX-License-Identifier: Apache-2.0
#include "kernels/unary_f32/unary_f32.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const UnaryF32Kernel kUnaryF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr float kAlpha = 0.2f, kBeta = 0.4f;

struct Function {
  UnaryFunction function;
  double (*exact)(double x);
};

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

const Function kFunctions[] = {
    {UnaryFunction::kErf, [](double x) { return std::erf(x); }},
    {UnaryFunction::kExp, [](double x) { return std::exp(x); }},
    {UnaryFunction::kGelu, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
    {UnaryFunction::kGeluApproximate,
     [](double x) { return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }},
    {UnaryFunction::kHardSigmoid, [](double x) { return std::fmin(1, std::fmax(0, double{kAlpha} * x + double{kBeta})); }},
    {UnaryFunction::kHardSwish, [](double x) { return x * std::fmin(1, std::fmax(0, x / 6 + 0.5)); }},
    {UnaryFunction::kLeakyRelu, [](double x) { return x < 0 ? double{kAlpha} * x : x; }},
    {UnaryFunction::kSigmoid, sigmoid},
    {UnaryFunction::kSilu, [](double x) { return x * sigmoid(x); }},
    {UnaryFunction::kSqrt, [](double x) { return std::sqrt(std::fabs(x)); }},
    {UnaryFunction::kTanh, [](double x) { return std::tanh(x); }},
};

std::vector<float> run(const UnaryF32Kernel& kernel, UnaryFunction function, const std::vector<float>& src) {
  std::vector<float> dst(src.size());
  kernel.map[static_cast<std::size_t>(function)]({src.size(), src.data(), dst.data(), kAlpha, kBeta});
  return dst;
}

class UnaryF32Kernels : public testing::TestWithParam<const UnaryF32Kernel*> {};

TEST_P(UnaryF32Kernels, EqualTheFunctionsToOneMillionth) {
  std::vector<float> src;
  for (float x = -20.0f; x < 20.0f; x += 0.0137f) src.push_back(x);
  for (float x = 1e-30f; x < 80.0f; x *= 3.7f) src.insert(src.end(), {x, -x});
  for (const Function& f : kFunctions) {
    std::vector<float> x = src;
    if (f.function == UnaryFunction::kSqrt)
      for (float& value : x) value = std::fabs(value);
    const std::vector<float> dst = run(*GetParam(), f.function, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = f.exact(x[i]);
      EXPECT_NEAR(dst[i], expected, 1e-6 * std::fmax(1.0, std::fabs(expected))) << static_cast<int>(f.function) << " of " << x[i];
    }
  }
}

TEST_P(UnaryF32Kernels, KeepTheRelativeErrorNearZero) {
  for (const UnaryFunction function : {UnaryFunction::kErf, UnaryFunction::kTanh, UnaryFunction::kGelu}) {
    for (float x = 1e-20f; x < 0.5f; x *= 1.7f) {
      const double expected = kFunctions[static_cast<std::size_t>(function)].exact(x);
      EXPECT_NEAR(run(*GetParam(), function, {x})[0], expected, 1e-6 * expected);
    }
  }
}

TEST_P(UnaryF32Kernels, EndAtTheLimits) {
  const auto at = [&](UnaryFunction function, float x) { return run(*GetParam(), function, {x})[0]; };
  EXPECT_EQ(at(UnaryFunction::kErf, kInfinity), 1.0f);
  EXPECT_EQ(at(UnaryFunction::kErf, -kInfinity), -1.0f);
  EXPECT_EQ(at(UnaryFunction::kTanh, kInfinity), 1.0f);
  EXPECT_NEAR(at(UnaryFunction::kSigmoid, -kInfinity), 0.0f, 1e-37f);
  EXPECT_EQ(at(UnaryFunction::kSigmoid, kInfinity), 1.0f);
  EXPECT_NEAR(at(UnaryFunction::kExp, -kInfinity), 0.0f, 1e-37f);
  EXPECT_GT(at(UnaryFunction::kExp, kInfinity), 1e38f);
}

TEST_P(UnaryF32Kernels, EqualScalarBitForBitHoweverSplit) {
  Random random;
  for (const Function& f : kFunctions) {
    for (std::size_t n = 0; n < 40; ++n) {
      const std::vector<float> src = random.reals(n, f.function == UnaryFunction::kSqrt ? 0.0f : -12.0f, 12.0f);
      const std::vector<float> expected = run(*unary_f32_kernels().back(), f.function, src);
      EXPECT_EQ(run(*GetParam(), f.function, src), expected);
      std::vector<float> split = src;  // in place, in two parts
      const std::size_t first = n / 3;
      const auto map = GetParam()->map[static_cast<std::size_t>(f.function)];
      map({first, split.data(), split.data(), kAlpha, kBeta});
      map({n - first, split.data() + first, split.data() + first, kAlpha, kBeta});
      EXPECT_EQ(split, expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, UnaryF32Kernels, testing::ValuesIn(runnable(unary_f32_kernels())),
                         kernel_test_name<UnaryF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, UnaryF32Kernels, testing::Values(&kUnaryF32Avx512VnniModel),
                         kernel_test_name<UnaryF32Kernel>);
#endif

}  // namespace
}  // namespace octet
