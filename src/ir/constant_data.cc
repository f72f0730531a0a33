// SPDX-License-Identifier: Apache-2.0
#include "ir/constant_data.h"

#include <mutex>

#include "base/error.h"
#include "base/file.h"

namespace octet {

struct ConstantData::Source {
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  virtual bool is_in_memory() const = 0;
  virtual std::span<const std::byte> bytes() const = 0;
  virtual SharedBytes borrow() const = 0;
};

struct ConstantData::InMemory final : Source {
  explicit InMemory(std::vector<std::byte> values) : values(std::make_shared<const std::vector<std::byte>>(std::move(values))) {}
  bool is_in_memory() const override { return true; }
  std::span<const std::byte> bytes() const override { return *values; }
  SharedBytes borrow() const override { return {values, *values}; }

  std::shared_ptr<const std::vector<std::byte>> values;
};

struct ConstantData::InFile final : Source {
  InFile(std::shared_ptr<const MappedFile> file, std::span<const std::byte> values) : file(std::move(file)), values(values) {}
  bool is_in_memory() const override { return false; }
  std::span<const std::byte> bytes() const override { return values; }
  SharedBytes borrow() const override {
    const auto give_back = [mapped = file, range = values](const void*) { mapped->forget(range); };
    return {std::shared_ptr<const void>(values.data(), give_back), values};
  }

  std::shared_ptr<const MappedFile> file;
  std::span<const std::byte> values;
};

struct ConstantData::Computed final : Source {
  Computed(std::size_t size_bytes, Compute compute) : size_bytes(size_bytes), compute(std::move(compute)) {}
  bool is_in_memory() const override {
    const std::lock_guard lock(mutex);
    return kept != nullptr;
  }
  std::span<const std::byte> bytes() const override {
    const std::lock_guard lock(mutex);
    kept = values();
    compute = nullptr;  // and what it reads
    return *kept;
  }
  SharedBytes borrow() const override {
    const std::lock_guard lock(mutex);
    const auto found = values();
    lent = found;
    return {found, *found};
  }

  // The lock is held.
  std::shared_ptr<const std::vector<std::byte>> values() const {
    if (kept != nullptr) return kept;
    if (auto found = lent.lock()) return found;
    auto made = std::make_shared<const std::vector<std::byte>>(compute());
    OCTET_CHECK(made->size() == size_bytes);
    return made;
  }

  const std::size_t size_bytes;
  mutable std::mutex mutex;
  mutable Compute compute;
  mutable std::shared_ptr<const std::vector<std::byte>> kept;  // of bytes()
  mutable std::weak_ptr<const std::vector<std::byte>> lent;    // of borrow()
};

ConstantData::ConstantData(std::vector<std::byte> bytes)
    : source_(std::make_shared<const InMemory>(std::move(bytes))), size_bytes_(source_->bytes().size()) {}

ConstantData::ConstantData(std::shared_ptr<const MappedFile> file, std::span<const std::byte> bytes)
    : source_(std::make_shared<const InFile>(std::move(file), bytes)), size_bytes_(bytes.size()) {}

ConstantData::ConstantData(std::size_t size_bytes, Compute compute)
    : source_(std::make_shared<const Computed>(size_bytes, std::move(compute))), size_bytes_(size_bytes) {}

bool ConstantData::is_in_memory() const { return source_ == nullptr || source_->is_in_memory(); }

std::span<const std::byte> ConstantData::bytes() const {
  return source_ == nullptr ? std::span<const std::byte>() : source_->bytes();
}

SharedBytes ConstantData::borrow() const {
  return source_ == nullptr ? SharedBytes() : source_->borrow();
}

}  // namespace octet
