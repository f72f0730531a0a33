// SPDX-License-Identifier: Apache-2.0
#include "encoding/bit_string.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace octet {

void BitWriter::write(std::uint32_t value, int bits) {
  OCTET_DCHECK(bits >= 0 && bits <= 32);
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  pending_ = pending_ << bits | (value & mask);
  num_pending_ += bits;
  for (; num_pending_ >= 8; num_pending_ -= 8) bytes_.push_back(static_cast<std::byte>(pending_ >> (num_pending_ - 8) & 0xff));
}

std::vector<std::byte> BitWriter::take() {
  if (num_pending_ > 0) write(0, 8 - num_pending_);
  return std::move(bytes_);
}

std::uint32_t BitReader::peek() const {
  const std::size_t first = position_ / 8;
  std::uint64_t window = 0;  // 40 bits
  for (std::size_t i = 0; i < 5; ++i) window = window << 8 | (first + i < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[first + i]) : 0);
  return static_cast<std::uint32_t>(window >> (8 - position_ % 8));
}

std::uint32_t BitReader::read(int bits) {
  OCTET_DCHECK(bits >= 0 && bits <= 32 && static_cast<std::size_t>(bits) <= bits_left());
  if (bits == 0) return 0;
  const std::uint32_t value = peek() >> (32 - bits);
  position_ += static_cast<std::size_t>(bits);
  return value;
}

std::optional<std::uint32_t> BitReader::read_ones() {
  std::uint32_t ones = 0;
  while (bits_left() > 0) {
    const int run = std::countl_one(peek());
    if (static_cast<std::size_t>(run) >= bits_left()) break;
    ones += static_cast<std::uint32_t>(run);
    position_ += static_cast<std::size_t>(run);
    if (run == 32) continue;
    ++position_;
    return ones;
  }
  return std::nullopt;
}

int bits_to_index(std::size_t count) { return count <= 1 ? 0 : std::bit_width(count - 1); }

}  // namespace octet
