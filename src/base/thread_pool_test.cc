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

TEST_P(ThreadPools, ParallelForKeepsPiecesLongAndThreadsApart) {
  ThreadPool pool(GetParam());
  constexpr std::size_t kN = 1003, kPiece = 50;
  std::vector<std::atomic<int>> seen(kN), busy(static_cast<std::size_t>(GetParam()));
  std::atomic<std::size_t> short_pieces{0};
  pool.parallel_for(kN, 5, kPiece, [&](std::size_t begin, std::size_t end, int thread) {
    EXPECT_EQ(busy[static_cast<std::size_t>(thread)]++, 0);
    short_pieces += end - begin < kPiece;
    for (std::size_t i = begin; i < end; ++i) ++seen[i];
    --busy[static_cast<std::size_t>(thread)];
  });
  for (const auto& count : seen) EXPECT_EQ(count, 1);
  EXPECT_LE(short_pieces, busy.size());  // the rest of each thread's range
}

TEST_P(ThreadPools, ThreadsTakeWhatOthersHaveLeft) {
  ThreadPool pool(GetParam());
  constexpr int kN = 56;
  for (int run = 0; run < 20; ++run) {
    std::atomic<int> done{0};
    // Whoever has the last index is stuck until everything else is done.
    pool.parallel_for(kN, 1, [&](std::size_t begin, std::size_t end) {
      if (end == kN && begin + 1 < end) done += static_cast<int>(end - begin) - 1;
      if (end == kN) {
        while (done != kN - 1) std::this_thread::yield();
      } else {
        done += static_cast<int>(end - begin);
      }
    });
    EXPECT_EQ(done, kN - 1);
  }
}

TEST_P(ThreadPools, RunsOfBothKindsFollowEachOther) {
  ThreadPool pool(GetParam());
  std::atomic<std::size_t> sum{0};
  std::atomic<int> calls{0};
  for (int run = 0; run < 2000; ++run) {
    pool.parallel_for(32, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
    if (run % 3 == 0) pool.run([&](int) { ++calls; });
  }
  EXPECT_EQ(sum, 2000u * 32);
  EXPECT_EQ(calls, 667 * GetParam());
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
