// SPDX-License-Identifier: Apache-2.0
#include "kernels/peak/peak.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

class PeakKernels : public testing::TestWithParam<const PeakKernel*> {};

TEST_P(PeakKernels, DoAtLeastWhatIsAskedAndLittleMore) {
  for (const std::uint64_t n : {1u, 1000u, 100000u}) {
    for (const auto run : {GetParam()->f32, GetParam()->qs8}) {
      const std::uint64_t done = run(n);
      EXPECT_GE(done, n);
      EXPECT_LE(done, n + 4 * 16 * 16 * 64);  // four products of tiles
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, PeakKernels, testing::ValuesIn(runnable(peak_kernels())), kernel_test_name<PeakKernel>);

}  // namespace
}  // namespace octet
