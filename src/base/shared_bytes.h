// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_BASE_SHARED_BYTES_H_
#define OCTET_BASE_SHARED_BYTES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace octet {

// Bytes that are there as long as this object or a copy of it, whoever owns them.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes) : owner_(std::move(owner)), bytes_(bytes) {}
  explicit SharedBytes(std::vector<std::byte> bytes) {
    const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    bytes_ = *owner;
    owner_ = owner;
  }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

}  // namespace octet

#endif  // OCTET_BASE_SHARED_BYTES_H_
