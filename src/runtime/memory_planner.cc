// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_planner.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

bool overlap_in_time(const BufferLifetime& a, const BufferLifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

}  // namespace

ArenaLayout plan_arena(std::span<const BufferLifetime> buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].size_bytes > buffers[b].size_bytes; });

  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // by rising offset
  for (const std::size_t i : order) {
    const std::size_t size = bytes_with_slack(buffers[i].size_bytes);
    std::size_t best = std::numeric_limits<std::size_t>::max();
    std::size_t best_gap = best;
    std::size_t end = 0;  // of the buffers passed so far
    for (const std::size_t j : placed) {
      if (!overlap_in_time(buffers[i], buffers[j])) continue;
      const std::size_t gap = layout.offsets[j] > end ? layout.offsets[j] - end : 0;
      if (gap >= size && gap < best_gap) {
        best_gap = gap;
        best = end;
      }
      end = std::max(end, layout.offsets[j] + bytes_with_slack(buffers[j].size_bytes));
    }
    layout.offsets[i] = best_gap == std::numeric_limits<std::size_t>::max() ? end : best;
    layout.size_bytes = std::max(layout.size_bytes, layout.offsets[i] + size);
    const auto position = std::find_if(placed.begin(), placed.end(),
                                       [&](std::size_t j) { return layout.offsets[j] > layout.offsets[i]; });
    placed.insert(position, i);
  }
  return layout;
}

}  // namespace octet
