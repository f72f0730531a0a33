// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace octet {
namespace {

class ThreadPools : public testing::TestWithParam<int> {};

TEST_P(ThreadPools, RunEveryThreadOncePerRun) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> calls(static_cast<std::size_t>(GetParam()));
  for (int run = 0; run < 200; ++run) pool.run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
  for (const auto& count : calls) EXPECT_EQ(count, 200);
}

TEST_P(ThreadPools, ParallelForCoversEachIndexOnceInGrains) {
  ThreadPool pool(GetParam());
  for (const std::size_t n : {0u, 1u, 7u, 8u, 9u, 100u, 1000u}) {
    std::vector<std::atomic<int>> seen(n);
    pool.parallel_for(n, 8, [&](std::size_t begin, std::size_t end) {
      EXPECT_EQ(begin % 8, 0u);
      for (std::size_t i = begin; i < end; ++i) ++seen[i];
    });
    for (const auto& count : seen) EXPECT_EQ(count, 1);
  }
}

TEST_P(ThreadPools, WakeAfterSleeping) {
  ThreadPool pool(GetParam());
  std::atomic<int> calls{0};
  pool.run([&](int) { ++calls; });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // longer than the workers stay awake
  pool.run([&](int) { ++calls; });
  EXPECT_EQ(calls, 2 * GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPools, testing::Values(1, 2, 3, 7));

}  // namespace
}  // namespace octet
