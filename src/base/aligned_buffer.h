// SPDX-License-Identifier: Apache-2.0
// A block of bytes on a 64-byte boundary with 64 readable bytes of slack behind it, so that kernels may load whole
// vectors at the end of a tensor. Zeroed when made. Moves, does not copy.
#ifndef OCTET_BASE_ALIGNED_BUFFER_H_
#define OCTET_BASE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace octet {

inline constexpr std::size_t kAlignment = 64;
inline constexpr std::size_t kSlackBytes = 64;

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size_bytes) : size_bytes_(size_bytes) {
    const std::size_t total = (size_bytes + kSlackBytes + kAlignment - 1) / kAlignment * kAlignment;
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, total)));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_.get(), 0, total);
  }

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
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_bytes_ = 0;
};

}  // namespace octet

#endif  // OCTET_BASE_ALIGNED_BUFFER_H_
