// SPDX-License-Identifier: Apache-2.0
// A block of bytes on a 64-byte boundary with 64 readable bytes of slack behind it, so that kernels may load whole
// vectors at the end of a tensor. Zeroed when made. Moves, does not copy.
#ifndef OCTET_BASE_ALIGNED_BUFFER_H_
#define OCTET_BASE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <memory>

namespace octet {

inline constexpr std::size_t kAlignment = 64;
inline constexpr std::size_t kSlackBytes = 64;
// What a block takes with its slack, up to where the next one may begin.
constexpr std::size_t bytes_with_slack(std::size_t size_bytes) { return (size_bytes + kSlackBytes + kAlignment - 1) / kAlignment * kAlignment; }
// Blocks from here on lie in pages of this size where the system has them: fewer faults while they are filled, and
// fewer misses of address translation while they are read.
inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size_bytes);  // throws std::bad_alloc

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size_bytes() const { return size_bytes_; }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  struct Free {
    std::size_t mapped_bytes;  // 0: from the heap
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_bytes_ = 0;
};

}  // namespace octet

#endif  // OCTET_BASE_ALIGNED_BUFFER_H_
