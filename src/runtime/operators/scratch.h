// SPDX-License-Identifier: Apache-2.0
// Cutting an operator's scratch into pieces, each of which may be read and written in whole vectors.
#ifndef OCTET_RUNTIME_OPERATORS_SCRATCH_H_
#define OCTET_RUNTIME_OPERATORS_SCRATCH_H_

#include <cstddef>

#include "base/aligned_buffer.h"

namespace octet {

constexpr std::size_t scratch_piece_bytes(std::size_t bytes) { return bytes_with_slack(bytes); }

// Takes pieces of scratch_piece_bytes() from an aligned start.
class ScratchCursor {
 public:
  explicit ScratchCursor(std::byte* start) : next_(start) {}

  template <typename T>
  T* take(std::size_t count) {
    T* const piece = reinterpret_cast<T*>(next_);
    next_ += scratch_piece_bytes(count * sizeof(T));
    return piece;
  }

 private:
  std::byte* next_;
};

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_SCRATCH_H_
