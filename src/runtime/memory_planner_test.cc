// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_planner.h"

#include <gtest/gtest.h>

#include <random>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

TEST(PlanArena, ReusesMemoryOfDeadBuffers) {
  // A chain: each buffer is read by the next step only, so two are alive at a time.
  const std::vector<BufferLifetime> chain = {{1000, 0, 1}, {1000, 1, 2}, {1000, 2, 3}, {1000, 3, 4}};
  EXPECT_EQ(plan_arena(chain).size_bytes, 2 * 1088u);  // 1000 + 64 of slack, rounded up to 64
}

TEST(PlanArena, NeverOverlapsBuffersAliveTogether) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<BufferLifetime> buffers(40);
    for (BufferLifetime& buffer : buffers) {
      const int first = static_cast<int>(random() % 30);
      buffer = {random() % 5000, first, first + static_cast<int>(random() % 6)};
    }
    const ArenaLayout layout = plan_arena(buffers);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(layout.offsets[i] % kAlignment, 0u);
      EXPECT_LE(layout.offsets[i] + buffers[i].size_bytes + kSlackBytes, layout.size_bytes);
      for (std::size_t j = 0; j < i; ++j) {
        if (buffers[i].first_step > buffers[j].last_step || buffers[j].first_step > buffers[i].last_step) continue;
        const bool apart = layout.offsets[i] + buffers[i].size_bytes <= layout.offsets[j] ||
                           layout.offsets[j] + buffers[j].size_bytes <= layout.offsets[i];
        EXPECT_TRUE(apart) << i << " and " << j;
      }
    }
  }
}

TEST(PlanArena, AcceptsNoBuffers) { EXPECT_EQ(plan_arena({}).size_bytes, 0u); }

}  // namespace
}  // namespace octet
