// SPDX-License-Identifier: Apache-2.0
// The kernels against the scalar one of gemm_qs8_qc8w.
#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"

#include <algorithm>

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const GemmQs8Kernel kGemvQs8Qc4wAvx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr std::int8_t kUntouched = 85;

// One product with all its memory; every field may be changed before run().
struct Problem {
  std::size_t m, n, k;
  std::size_t src_stride = 0, dst_stride = 0;
  std::int32_t src_zero_point = 0;
  Qs8Output output{0, -128, 127};
  std::vector<std::int8_t> src, weights;
  std::vector<std::int32_t> bias, weights_zero_point;
  std::vector<float> scale;
  bool weights_are_k_by_n = false;

  std::int8_t& weight(std::size_t col, std::size_t kk) { return weights[weights_are_k_by_n ? kk * n + col : col * k + kk]; }

  // Of 16 neighbouring values in each column, from `least` on.
  void set_weights(Random& random, std::size_t column, int least) {
    for (std::size_t kk = 0; kk < k; ++kk) weight(column, kk) = static_cast<std::int8_t>(least + random.integer(0, 15));
  }

  GemmQs8PackArgs pack_args() const {
    return {.n = n,
            .k = k,
            .taps = 1,
            .weights = weights.data(),
            .n_stride = weights_are_k_by_n ? 1 : k,
            .k_stride = weights_are_k_by_n ? n : 1,
            .bias = bias.empty() ? nullptr : bias.data(),
            .weights_zero_point = weights_zero_point.empty() ? nullptr : weights_zero_point.data(),
            .scale = scale.data(),
            .src_zero_point = src_zero_point};
  }
};

Problem make_problem(Random& random, std::size_t m, std::size_t n, std::size_t k) {
  Problem p{.m = m, .n = n, .k = k, .src_stride = k, .dst_stride = n};
  p.src_zero_point = random.integer(-128, 127);
  p.output.zero_point = random.integer(-128, 127);
  p.src = random.int8s(m * k);
  p.weights.resize(n * k);
  for (std::size_t col = 0; col < n; ++col) p.set_weights(random, col, col % 3 == 0 ? random.integer(-128, 112) : -8);
  p.bias = random.int32s(n, -20000, 20000);
  // Most results inside [-128, 127], some saturated.
  const float spread = 1.0f / (6.0f * std::sqrt(static_cast<float>(k) + 1.0f));
  p.scale = random.reals(n, 0.2f * spread, 2.0f * spread);
  return p;
}

AlignedBuffer pack(const GemmQs8Kernel& kernel, const Problem& p) {
  AlignedBuffer packed(kernel.packed_bytes(p.n, p.k, 1));
  kernel.pack(p.pack_args(), packed.data());
  return packed;
}

// Rows [m_begin, m_end) of columns [n_begin, n_end), as int8 results or int32 accumulators.
template <typename T>
void run(const GemmQs8Kernel& kernel, const Problem& p, const AlignedBuffer& packed, std::size_t m_begin, std::size_t m_end,
         std::size_t n_begin, std::size_t n_end, std::vector<T>& dst) {
  AlignedBuffer scratch(kernel.scratch_bytes(p.k, 1));
  GemmQs8Args args{};
  args.m = m_end - m_begin;
  args.n_begin = n_begin;
  args.n_end = n_end;
  args.k = p.k;
  args.taps = 1;
  args.src = p.src.data() + m_begin * p.src_stride;
  args.src_stride = p.src_stride;
  args.packed = packed.data();
  if constexpr (std::is_same_v<T, std::int8_t>) {
    args.dst = dst.data() + m_begin * p.dst_stride;
  } else {
    args.acc = dst.data() + m_begin * p.dst_stride;
  }
  args.dst_stride = p.dst_stride;
  args.output = p.output;
  args.scratch = scratch.data();
  kernel.gemm(args);
}

template <typename T>
std::vector<T> results(const GemmQs8Kernel& kernel, const Problem& p) {
  std::vector<T> dst(p.m * p.dst_stride, kUntouched);
  run(kernel, p, pack(kernel, p), 0, p.m, 0, p.n, dst);
  return dst;
}

void expect_correct(const GemmQs8Kernel& kernel, const Problem& p) {
  const GemmQs8Kernel& truth = choose_gemm_qs8_qc8w(CpuFeatures{});
  ASSERT_TRUE(fits_qc4w(p.pack_args()));
  ASSERT_EQ(results<std::int8_t>(truth, p), results<std::int8_t>(kernel, p)) << "m " << p.m << " n " << p.n << " k " << p.k;
  ASSERT_EQ(results<std::int32_t>(truth, p), results<std::int32_t>(kernel, p)) << "m " << p.m << " n " << p.n << " k " << p.k;
}

class GemvQs8Qc4wKernels : public testing::TestWithParam<const GemmQs8Kernel*> {};

TEST_P(GemvQs8Qc4wKernels, MultiplyAnySize) {
  Random random;
  for (const std::size_t k : sizes_around_vector_widths()) {
    if (k == 0) continue;
    for (const std::size_t n : {1, 7, 16, 17, 32, 41, 63, 64, 80, 97, 112, 128, 129, 150}) expect_correct(*GetParam(), make_problem(random, 1, n, k));
  }
}

TEST_P(GemvQs8Qc4wKernels, MultiplyAnyNumberOfRows) {
  Random random;
  for (const std::size_t m : {0, 1, 2, 3, 4, 7}) expect_correct(*GetParam(), make_problem(random, m, 33, 45));
}

TEST_P(GemvQs8Qc4wKernels, TakeWeightsWithZeroPoints) {
  Random random;
  for (const std::size_t k : {1, 9, 16, 70}) {
    Problem p = make_problem(random, 2, 35, k);
    p.weights_zero_point = random.int32s(p.n, -128, 127);
    expect_correct(*GetParam(), p);
  }
}

TEST_P(GemvQs8Qc4wKernels, TakeMatricesOfKByN) {
  Random random;
  Problem p = make_problem(random, 2, 35, 21);
  p.weights_are_k_by_n = true;
  for (std::size_t col = 0; col < p.n; ++col) p.set_weights(random, col, -8);
  expect_correct(*GetParam(), p);
}

TEST_P(GemvQs8Qc4wKernels, TakeNoBias) {
  Random random;
  Problem p = make_problem(random, 2, 35, 21);
  p.bias.clear();
  expect_correct(*GetParam(), p);
}

TEST_P(GemvQs8Qc4wKernels, ExactOnExtremeValues) {
  Random random;
  for (const int a : {-128, 127}) {
    for (const int least : {-128, -8, 112}) {
      for (const int zero_point : {-128, 0, 127}) {
        for (const std::size_t k : {8, 31, 32, 33, 64, 65, 300}) {
          Problem p = make_problem(random, 2, 17, k);
          p.src.assign(p.src.size(), static_cast<std::int8_t>(a));
          // All of a column at the largest step but one, as the other end is what it is counted from.
          for (std::size_t i = 0; i < p.weights.size(); ++i) p.weights[i] = static_cast<std::int8_t>(least + (i % k == k / 2 ? 0 : 15));
          p.weights_zero_point.assign(p.n, least < 0 ? 127 : -128);
          p.src_zero_point = zero_point;
          expect_correct(*GetParam(), p);
        }
      }
    }
  }
}

TEST_P(GemvQs8Qc4wKernels, SaturateAndClamp) {
  Random random;
  Problem p = make_problem(random, 2, 33, 64);
  p.scale.assign(p.n, 1e20f);
  expect_correct(*GetParam(), p);
  p.scale.assign(p.n, 3e38f);  // infinite products
  expect_correct(*GetParam(), p);
  p = make_problem(random, 2, 33, 64);
  p.output = {.zero_point = -20, .lo = -20, .hi = 41};
  expect_correct(*GetParam(), p);
}

TEST_P(GemvQs8Qc4wKernels, WrapLikeScalarWhenTheAccumulatorOverflows) {
  Random random;
  Problem p = make_problem(random, 2, 17, 40);
  p.bias.assign(p.n, std::numeric_limits<std::int32_t>::max() - 5);
  p.scale.assign(p.n, 1e-8f);
  expect_correct(*GetParam(), p);
}

TEST_P(GemvQs8Qc4wKernels, ReadAndWriteRowsThatLieApart) {
  Random random;
  Problem p = make_problem(random, 2, 21, 10);
  p.src = random.int8s(17 + p.k);
  p.src_stride = 17;
  p.dst_stride = 40;
  expect_correct(*GetParam(), p);
}

TEST_P(GemvQs8Qc4wKernels, GiveTheSameBitsHoweverTheWorkIsSplit) {
  Random random;
  const std::size_t nr = GetParam()->nr;
  const Problem p = make_problem(random, 3, 3 * nr + 5, 50);
  const AlignedBuffer packed = pack(*GetParam(), p);
  std::vector<std::int8_t> parts(p.m * p.n, kUntouched);
  for (std::size_t m = 0; m < p.m; ++m) {
    run(*GetParam(), p, packed, m, m + 1, 0, nr, parts);
    run(*GetParam(), p, packed, m, m + 1, nr, p.n, parts);
  }
  EXPECT_EQ(results<std::int8_t>(*GetParam(), p), parts);
}

INSTANTIATE_TEST_SUITE_P(Table, GemvQs8Qc4wKernels, testing::ValuesIn(runnable(gemv_qs8_qc4w_kernels())),
                         kernel_test_name<GemmQs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, GemvQs8Qc4wKernels, testing::Values(&kGemvQs8Qc4wAvx512VnniModel), kernel_test_name<GemmQs8Kernel>);
#endif

TEST(GemvQs8Qc4wChoice, GivesScalarToAMachineWithoutVectors) {
  EXPECT_EQ(choose_gemv_qs8_qc4w(CpuFeatures{}).isa, Isa::kScalar);
}

TEST(GemvQs8Qc4wChoice, PrefersTheBestTierOfTheMachine) {
  for (const GemmQs8Kernel* kernel : gemv_qs8_qc4w_kernels())
    EXPECT_EQ(choose_gemv_qs8_qc4w(features_up_to(kernel->isa)).isa, kernel->isa);
}

TEST(FitsQc4w, AsksForSixteenNeighboursInEachColumn) {
  Random random;
  Problem p = make_problem(random, 1, 5, 9);
  for (const bool k_by_n : {false, true}) {
    p.weights_are_k_by_n = k_by_n;
    for (std::size_t col = 0; col < p.n; ++col) p.set_weights(random, col, static_cast<int>(col) * 40 - 128);
    p.weight(4, 3) = p.weight(4, 8) = 32;
    EXPECT_TRUE(fits_qc4w(p.pack_args()));
    p.weight(4, 0) = 32;
    p.weight(4, 8) = 48;
    EXPECT_FALSE(fits_qc4w(p.pack_args()));
  }
}

}  // namespace
}  // namespace octet
