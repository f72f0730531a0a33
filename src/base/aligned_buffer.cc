// SPDX-License-Identifier: Apache-2.0
#include "base/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/sanitized.h"

namespace octet {
namespace {

// `size_bytes` (a multiple of the page size) of zeros on the boundary of a huge page.
std::byte* map_pages(std::size_t size_bytes) {
  const std::size_t mapped_bytes = size_bytes + kHugePageBytes;
  void* const mapped = ::mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  auto* const block = begin + (kHugePageBytes - reinterpret_cast<std::uintptr_t>(begin) % kHugePageBytes) % kHugePageBytes;
  if (block != begin) ::munmap(begin, static_cast<std::size_t>(block - begin));
  const auto behind = mapped_bytes - static_cast<std::size_t>(block - begin) - size_bytes;
  if (behind > 0) ::munmap(block + size_bytes, behind);
#ifdef MADV_HUGEPAGE
  ::madvise(block, size_bytes, MADV_HUGEPAGE);  // a wish: small pages do, too
#endif
  return block;
}

}  // namespace

void AlignedBuffer::Free::operator()(std::byte* p) const {
  if (mapped_bytes > 0) {
    ::munmap(p, mapped_bytes);
  } else {
    std::free(p);
  }
}

AlignedBuffer::AlignedBuffer(std::size_t size_bytes) : size_bytes_(size_bytes) {
  if (!kIsSanitized && size_bytes >= kHugePageBytes) {
    constexpr std::size_t kPageBytes = std::size_t{64} << 10;  // of any system
    const std::size_t total = (size_bytes + kSlackBytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    data_ = {map_pages(total), Free{total}};
    return;
  }
  const std::size_t total = bytes_with_slack(size_bytes);
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, total)));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_.get(), 0, total);
}

}  // namespace octet
