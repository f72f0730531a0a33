// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_BASE_MEMORY_POOL_H_
#define OCTET_BASE_MEMORY_POOL_H_

#include <cstddef>
#include <vector>

#include "base/aligned_buffer.h"

namespace octet {

// Memory of many blocks that end together, as the packed weights of a network: side by side in a few large pages.
class MemoryPool {
 public:
  // As an AlignedBuffer of this size, but it stays as long as the pool, also if the pool moves. Throws std::bad_alloc.
  std::byte* take(std::size_t size_bytes);

 private:
  std::vector<AlignedBuffer> chunks_;  // blocks are taken from the last one
  std::size_t taken_bytes_ = 0;        // of it
};

}  // namespace octet

#endif  // OCTET_BASE_MEMORY_POOL_H_
