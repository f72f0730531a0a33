// SPDX-License-Identifier: Apache-2.0
#include "kernels/rans_decode/rans_decode.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

class RansDecodeKernels : public testing::TestWithParam<const RansDecodeKernel*> {};

// Any words are some symbols' code, so random ones test the kernels; only the number read depends on them.
struct Problem {
  std::vector<std::uint32_t> table;
  std::vector<std::uint16_t> words;
  std::vector<std::uint32_t> states;
};

Problem random_problem(Random& random, std::size_t num_words) {
  Problem problem;
  while (problem.table.size() < kRansTableSize) {
    const auto left = static_cast<int>(kRansTableSize - problem.table.size());
    const auto frequency = static_cast<std::uint32_t>(std::min(left, random.integer(1, 200)));
    const auto symbol = static_cast<std::uint32_t>(random.integer(0, 255));
    for (std::uint32_t i = 0; i < frequency; ++i) problem.table.push_back(rans_entry(symbol, frequency, i));
  }
  for (std::size_t i = 0; i < num_words + kRansOverread; ++i) problem.words.push_back(static_cast<std::uint16_t>(random.integer(0, 65535)));
  for (std::size_t l = 0; l < kRansLanes; ++l) problem.states.push_back((1u << 16) + static_cast<std::uint32_t>(random.integer(0, 1 << 30)));
  return problem;
}

TEST_P(RansDecodeKernels, EqualScalar) {
  Random random;
  for (const std::size_t n : sizes_around_vector_widths()) {
    Problem problem = random_problem(random, n + 64);
    std::vector<std::uint32_t> states = problem.states;
    std::vector<std::uint8_t> dst(n), expected(n);
    const std::uint16_t* end = problem.words.data() + n + 64;
    const auto* next = GetParam()->decode({n, kRansLanes, problem.table.data(), problem.words.data(), end, states.data(), dst.data()});
    const auto* next_expected =
        rans_decode_tail({n, kRansLanes, problem.table.data(), problem.words.data(), end, problem.states.data(), expected.data()});
    EXPECT_EQ(next, next_expected);
    EXPECT_EQ(dst, expected);
    EXPECT_EQ(states, problem.states);
  }
}

TEST_P(RansDecodeKernels, StopWhereTheWordsEnd) {
  Random random;
  Problem problem = random_problem(random, 100);
  std::vector<std::uint8_t> dst(100000);
  EXPECT_EQ(GetParam()->decode({dst.size(), kRansLanes, problem.table.data(), problem.words.data(), problem.words.data() + 100,
                                problem.states.data(), dst.data()}),
            nullptr);
}

INSTANTIATE_TEST_SUITE_P(Table, RansDecodeKernels, testing::ValuesIn(runnable(rans_decode_kernels())), kernel_test_name<RansDecodeKernel>);

}  // namespace
}  // namespace octet
