// SPDX-License-Identifier: Apache-2.0
#include "encoding/bit_packing.h"

#include "base/error.h"

namespace octet {

std::size_t packed_bits_size(std::size_t count, int bits) {
  const std::size_t word_bits = bits <= 8 ? 8 : 16;
  const std::size_t num_bits = count * static_cast<std::size_t>(bits);
  return (num_bits + word_bits - 1) / word_bits * (word_bits / 8);
}

std::vector<std::byte> pack_bits(std::span<const std::int16_t> codes, int bits) {
  std::vector<std::byte> bytes;
  bytes.reserve(packed_bits_size(codes.size(), bits));
  const std::int32_t lowest = -(1 << (bits - 1));
  std::uint32_t pending = 0;
  int num_pending = 0;
  for (const std::int16_t code : codes) {
    OCTET_DCHECK(code >= lowest && code < -lowest);
    pending |= static_cast<std::uint32_t>(code - lowest) << num_pending;
    for (num_pending += bits; num_pending >= 8; num_pending -= 8, pending >>= 8) bytes.push_back(static_cast<std::byte>(pending & 0xff));
  }
  if (num_pending > 0) bytes.push_back(static_cast<std::byte>(pending & 0xff));
  bytes.resize(packed_bits_size(codes.size(), bits));
  return bytes;
}

Result<std::vector<std::int16_t>> unpack_bits(std::span<const std::byte> bytes, int bits, std::size_t count) {
  if (bits < 1 || bits > 16) return make_error(ErrorCode::kInvalidModel, "has packed codes of {} bits, expected 1 to 16", bits);
  // The size is checked first: it bounds what is allocated.
  if (count > bytes.size() * 8 || bytes.size() != packed_bits_size(count, bits)) {
    return make_error(ErrorCode::kInvalidModel, "has {} bytes, {} packed codes of {} bits need {}", bytes.size(), count, bits,
                      packed_bits_size(count, bits));
  }
  std::vector<std::int16_t> codes(count);
  const std::int32_t lowest = -(1 << (bits - 1));
  const std::uint32_t mask = (1u << bits) - 1;
  std::uint32_t pending = 0;
  int num_pending = 0;
  std::size_t next = 0;
  for (std::int16_t& code : codes) {
    for (; num_pending < bits; num_pending += 8) pending |= std::to_integer<std::uint32_t>(bytes[next++]) << num_pending;
    code = static_cast<std::int16_t>(static_cast<std::int32_t>(pending & mask) + lowest);
    pending >>= bits;
    num_pending -= bits;
  }
  return codes;
}

}  // namespace octet
