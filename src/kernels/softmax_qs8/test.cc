// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax_qs8/softmax_qs8.h"

#include <array>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

TEST(SoftmaxQs8Table, HoldsRoundedExponentials) {
  for (const float scale : {1e-4f, 0.01f, 0.1f, 1.0f, 50.0f}) {
    std::array<std::int32_t, 256> table;
    make_softmax_qs8_table(scale, table);
    for (std::size_t d = 0; d < 256; ++d) {
      const double exact = std::exp(-static_cast<double>(d) * static_cast<double>(scale)) * 8388608.0;
      EXPECT_LE(std::fabs(table[d] - exact), 0.5001) << "scale " << scale << " d " << d;
    }
    EXPECT_EQ(table[0], 8388608);
  }
}

class SoftmaxQs8Kernels : public testing::TestWithParam<const SoftmaxQs8Kernel*> {};

TEST_P(SoftmaxQs8Kernels, EqualTheFormula) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    if (n == 0) continue;
    std::array<std::int32_t, 256> table;
    make_softmax_qs8_table(random.real(0.001f, 0.3f), table);
    const std::vector<std::int8_t> src = random.int8s(2 * n);
    std::vector<std::int8_t> dst(2 * n + 6, 85);
    GetParam()->softmax({.rows = 2,
                         .n = n,
                         .src = src.data(),
                         .src_row_stride = n,
                         .table = table.data(),
                         .dst = dst.data(),
                         .dst_row_stride = n + 3,
                         .dst_scale = 1.0f / 256,
                         .output = {-128, -128, 127}});
    for (std::size_t row = 0; row < 2; ++row) {
      const std::int8_t* x = src.data() + row * n;
      const int max = *std::max_element(x, x + n);
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < n; ++i)
        sum += static_cast<std::uint64_t>(table[static_cast<std::size_t>(max - x[i])]);
      const auto r = static_cast<float>(1.0 / (static_cast<double>(sum) * (1.0 / 256)));
      for (std::size_t i = 0; i < n; ++i) {
        const auto e = static_cast<float>(table[static_cast<std::size_t>(max - x[i])]);
        ASSERT_EQ(int{dst[row * (n + 3) + i]}, int{expected_qs8(e * r, -128, -128, 127)});
      }
      ASSERT_EQ(dst[row * (n + 3) + n], 85);
    }
  }
}

TEST_P(SoftmaxQs8Kernels, IsWithinHalfAStepOfTheRealSoftmax) {
  Random random;
  std::array<std::int32_t, 256> table;
  const float scale = 0.05f;
  make_softmax_qs8_table(scale, table);
  std::vector<std::int8_t> src = random.int8s(10), dst(10);
  GetParam()->softmax({1, 10, src.data(), 10, table.data(), dst.data(), 10, 1.0f / 256, {-128, -128, 127}});
  double sum = 0;
  for (const auto q : src) sum += std::exp(q * static_cast<double>(scale));
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR((dst[i] + 128) / 256.0, std::exp(src[i] * static_cast<double>(scale)) / sum, 0.502 / 256);
  }
}

TEST_P(SoftmaxQs8Kernels, EqualScalarForAllRangesAndOutputsAndInPlace) {
  Random random;
  for (int i = 0; i < 300; ++i) {
    std::array<std::int32_t, 256> table;
    make_softmax_qs8_table(random.real(0.001f, 2.0f), table);
    const int lo = random.integer(-128, 127), hi = random.integer(lo, 127), dst_lo = random.integer(-128, 0);
    std::vector<std::int8_t> src = random.int8s(static_cast<std::size_t>(random.integer(1, 300)), lo, hi);
    std::vector<std::int8_t> expected(src.size());
    SoftmaxQs8Args args{1,
                        src.size(),
                        src.data(),
                        src.size(),
                        table.data(),
                        expected.data(),
                        src.size(),
                        random.real(0.001f, 0.02f),
                        {random.integer(-128, 127), dst_lo, random.integer(dst_lo, 127)}};
    softmax_qs8_kernels().back()->softmax(args);
    args.dst = src.data();
    GetParam()->softmax(args);
    ASSERT_EQ(src, expected) << "values from " << lo << " to " << hi;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, SoftmaxQs8Kernels, testing::ValuesIn(runnable(softmax_qs8_kernels())),
                         kernel_test_name<SoftmaxQs8Kernel>);

}  // namespace
}  // namespace octet
