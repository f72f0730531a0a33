// SPDX-License-Identifier: Apache-2.0
#include "base/memory_pool.h"

#include <algorithm>

#include "base/sanitized.h"

namespace octet {
namespace {

constexpr std::size_t kFirstChunkBytes = std::size_t{64} << 10;

}  // namespace

std::byte* MemoryPool::take(std::size_t size_bytes) {
  const std::size_t needed = bytes_with_slack(size_bytes);
  if (chunks_.empty() || chunks_.back().size_bytes() - taken_bytes_ < needed) {
    // Four times the last one, so that small networks take little and large ones come to huge pages.
    const std::size_t wanted = chunks_.empty() ? kFirstChunkBytes : std::min(4 * chunks_.back().size_bytes(), 4 * kHugePageBytes);
    chunks_.emplace_back(kIsSanitized ? needed : std::max(needed, wanted));
    taken_bytes_ = 0;
  }
  std::byte* const block = chunks_.back().data() + taken_bytes_;
  taken_bytes_ += needed;
  return block;
}

}  // namespace octet
