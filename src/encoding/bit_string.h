// SPDX-License-Identifier: Apache-2.0
// Strings of bits whose first bit is the highest of the first byte: what the index and sparse encodings are made of.
#ifndef OCTET_ENCODING_BIT_STRING_H_
#define OCTET_ENCODING_BIT_STRING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace octet {

class BitWriter {
 public:
  // Appends the low `bits` (0..32) of value, highest first.
  void write(std::uint32_t value, int bits);
  // The bytes; zero bits fill the last one.
  std::vector<std::byte> take();

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t pending_ = 0;  // the low num_pending_ bits wait for a full byte
  int num_pending_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t bits_left() const { return bytes_.size() * 8 - position_; }
  // The next `bits` (0..32), highest first. There must be as many.
  std::uint32_t read(int bits);
  // Skips ones and the zero behind them, and returns how many ones there were; nothing if there is no zero.
  std::optional<std::uint32_t> read_ones();

 private:
  // The next 32 bits, highest first; zeros behind the end.
  std::uint32_t peek() const;

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;  // in bits
};

// Bits that tell `count` values apart: ceil(log2(count)), 0 for one.
int bits_to_index(std::size_t count);

}  // namespace octet

#endif  // OCTET_ENCODING_BIT_STRING_H_
