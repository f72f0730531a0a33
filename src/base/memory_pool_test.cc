// SPDX-License-Identifier: Apache-2.0
#include "base/memory_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace octet {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 63, 64, 65, 4096, 70'000, 1'000'000, kHugePageBytes, 3 * kHugePageBytes + 1};

bool is_aligned(const std::byte* p) { return reinterpret_cast<std::uintptr_t>(p) % kAlignment == 0; }

bool is_zero(const std::byte* p, std::size_t size) {
  return std::all_of(p, p + size, [](std::byte b) { return b == std::byte{0}; });
}

TEST(AlignedBuffer, IsAlignedAndZeroWithItsSlack) {
  for (const std::size_t size : kSizes) {
    const AlignedBuffer buffer(size);
    EXPECT_TRUE(is_aligned(buffer.data())) << size;
    EXPECT_EQ(buffer.size_bytes(), size);
    EXPECT_TRUE(is_zero(buffer.data(), size + kSlackBytes)) << size;
  }
}

TEST(AlignedBuffer, KeepsItsBytesWhenItMoves) {
  for (const std::size_t size : kSizes) {
    AlignedBuffer buffer(size);
    std::memset(buffer.data(), 7, size);
    AlignedBuffer moved = std::move(buffer);
    buffer = AlignedBuffer(16);
    EXPECT_TRUE(std::all_of(moved.data(), moved.data() + size, [](std::byte b) { return b == std::byte{7}; })) << size;
  }
}

TEST(MemoryPool, BlocksAreZeroAlignedAndApart) {
  MemoryPool pool;
  std::vector<std::pair<std::byte*, std::size_t>> blocks;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : kSizes) {
      std::byte* const block = pool.take(size);
      EXPECT_TRUE(is_aligned(block)) << size;
      EXPECT_TRUE(is_zero(block, size + kSlackBytes)) << size;
      blocks.emplace_back(block, size);
      std::memset(block, static_cast<int>(blocks.size()), size);
    }
  }
  MemoryPool moved = std::move(pool);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    EXPECT_TRUE(std::all_of(block, block + size, [&](std::byte b) { return b == static_cast<std::byte>(i + 1); })) << i;
    EXPECT_TRUE(is_zero(block + size, kSlackBytes)) << i;  // slack is nobody's
  }
}

}  // namespace
}  // namespace octet
