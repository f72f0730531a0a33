// SPDX-License-Identifier: Apache-2.0
// The bytes of a constant: in memory, in a mapped file, or computed when they are asked for.
#ifndef OCTET_IR_CONSTANT_DATA_H_
#define OCTET_IR_CONSTANT_DATA_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/shared_bytes.h"

namespace octet {

class MappedFile;

// Immutable and shared, so that copying a graph copies no weights. May be read by several threads.
class ConstantData {
 public:
  using Compute = std::function<std::vector<std::byte>()>;

  ConstantData() = default;
  explicit ConstantData(std::vector<std::byte> bytes);
  // Some bytes of a file, which take memory from when they are read.
  ConstantData(std::shared_ptr<const MappedFile> file, std::span<const std::byte> bytes);
  // `size_bytes` bytes that `compute` makes when they are asked for, the same each time.
  ConstantData(std::size_t size_bytes, Compute compute);

  bool empty() const { return source_ == nullptr; }
  std::size_t size_bytes() const { return size_bytes_; }
  // Takes memory of its own already: neither in a file nor still to be computed.
  bool is_in_memory() const;

  // Stay, computed ones from now on in memory, as long as a copy of this object does.
  std::span<const std::byte> bytes() const;
  // For those who read large constants one after the other: what is read or computed for it takes no memory afterwards.
  SharedBytes borrow() const;

 private:
  struct Source;
  struct InMemory;
  struct InFile;
  struct Computed;
  std::shared_ptr<const Source> source_;  // shared by all copies of a graph
  std::size_t size_bytes_ = 0;
};

}  // namespace octet

#endif  // OCTET_IR_CONSTANT_DATA_H_
