// SPDX-License-Identifier: Apache-2.0
#include "kernels/lut_x8/lut_x8.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

class LutX8Kernels : public testing::TestWithParam<const LutX8Kernel*> {};

TEST_P(LutX8Kernels, LookUpAllBytesInAllPositions) {
  Random random;
  std::vector<std::uint8_t> table(256), src(512);
  for (auto& v : table) v = static_cast<std::uint8_t>(random.integer(0, 255));
  for (std::size_t i = 0; i < src.size(); ++i) src[i] = static_cast<std::uint8_t>(i * 7);
  for (std::size_t shift = 0; shift < 256; ++shift) {
    std::vector<std::uint8_t> dst(256, 1);
    GetParam()->lut({.n = 256, .src = src.data() + shift, .table = table.data(), .dst = dst.data()});
    for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(dst[i], table[src[shift + i]]);
  }
}

TEST_P(LutX8Kernels, TakeAllLengthsAndWorkInPlace) {
  Random random;
  std::vector<std::uint8_t> table(256);
  for (auto& v : table) v = static_cast<std::uint8_t>(random.integer(0, 255));
  for (const std::size_t n : sizes_around_vector_widths()) {
    std::vector<std::uint8_t> src(n + 1, 77), expected(n + 1, 77);
    for (std::size_t i = 0; i < n; ++i) {
      src[i] = static_cast<std::uint8_t>(random.integer(0, 255));
      expected[i] = table[src[i]];
    }
    GetParam()->lut({.n = n, .src = src.data(), .table = table.data(), .dst = src.data()});
    EXPECT_EQ(src, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, LutX8Kernels, testing::ValuesIn(runnable(lut_x8_kernels())),
                         kernel_test_name<LutX8Kernel>);

}  // namespace
}  // namespace octet
