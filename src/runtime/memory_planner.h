// SPDX-License-Identifier: Apache-2.0
// Lays buffers with known lifetimes out in one arena, so that buffers alive at the same time never overlap.
#ifndef OCTET_RUNTIME_MEMORY_PLANNER_H_
#define OCTET_RUNTIME_MEMORY_PLANNER_H_

#include <cstddef>
#include <span>
#include <vector>

namespace octet {

struct BufferLifetime {
  std::size_t size_bytes;
  int first_step;  // inclusive
  int last_step;   // inclusive, >= first_step
};

struct ArenaLayout {
  std::vector<std::size_t> offsets;  // one per buffer, multiples of kAlignment
  std::size_t size_bytes = 0;
};

// Largest buffers first, each at the lowest offset of the smallest gap it fits into (Pisarchyk and Lee 2020,
// arXiv:2001.03288, "greedy by size"). Each buffer is followed by kSlackBytes of its own. Deterministic.
ArenaLayout plan_arena(std::span<const BufferLifetime> buffers);

}  // namespace octet

#endif  // OCTET_RUNTIME_MEMORY_PLANNER_H_
