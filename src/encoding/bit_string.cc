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

std::uint32_t BitReader::read(int bits) {
  OCTET_DCHECK(bits >= 0 && bits <= 32 && static_cast<std::size_t>(bits) <= bits_left());
  std::uint32_t value = 0;
  for (int left = bits; left > 0;) {
    const int offset = static_cast<int>(position_ % 8);
    const int taken = std::min(left, 8 - offset);
    const auto byte = std::to_integer<std::uint32_t>(bytes_[position_ / 8]);
    value = value << taken | (byte >> (8 - offset - taken) & ((1u << taken) - 1));
    position_ += static_cast<std::size_t>(taken);
    left -= taken;
  }
  return value;
}

int bits_to_index(std::size_t count) { return count <= 1 ? 0 : std::bit_width(count - 1); }

}  // namespace octet
