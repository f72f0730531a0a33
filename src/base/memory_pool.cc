// SPDX-License-Identifier: Apache-2.0
#include "base/memory_pool.h"

#include <algorithm>

namespace octet {
namespace {

#ifdef OCTET_SANITIZED
constexpr std::size_t kFirstChunkBytes = 0;  // sanitizers watch the ends of blocks of the heap alone
#else
constexpr std::size_t kFirstChunkBytes = std::size_t{64} << 10;
#endif

}  // namespace

std::byte* MemoryPool::take(std::size_t size_bytes) {
  const std::size_t needed = (size_bytes + kSlackBytes + kAlignment - 1) / kAlignment * kAlignment;
  if (chunks_.empty() || chunks_.back().size_bytes() - taken_bytes_ < needed) {
    // Four times the last one, so that small networks take little and large ones come to huge pages.
    const std::size_t wanted = chunks_.empty() ? kFirstChunkBytes : std::min(4 * chunks_.back().size_bytes(), 4 * kHugePageBytes);
    chunks_.emplace_back(kFirstChunkBytes == 0 ? needed : std::max(needed, wanted));
    taken_bytes_ = 0;
  }
  std::byte* const block = chunks_.back().data() + taken_bytes_;
  taken_bytes_ += needed;
  return block;
}

}  // namespace octet
