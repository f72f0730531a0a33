// SPDX-License-Identifier: Apache-2.0
#include "encoding/bit_packing.h"

#include <gmock/gmock.h>

#include "encoding/test_codes.h"

namespace octet {
namespace {

TEST(BitPacking, GivesBackCodesOfAnyWidthAndLength) {
  for (int bits = 1; bits <= 16; ++bits) {
    for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 100u}) {
      const auto codes = random_codes(count, bits);
      const auto bytes = pack_bits(codes, bits);
      EXPECT_EQ(bytes.size(), packed_bits_size(count, bits));
      const auto unpacked = unpack_bits(bytes, bits, count);
      ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
      EXPECT_EQ(*unpacked, codes);
    }
  }
}

TEST(BitPacking, PutsTheLowestBitFirst) {
  // -8 and 7 in 4 bits are 0 and 15: the first code is the low half of the byte.
  EXPECT_EQ(pack_bits(std::vector<std::int16_t>{-8, 7}, 4), std::vector<std::byte>{std::byte{0xf0}});
  // Above 8 bits whole 16-bit words are written.
  EXPECT_EQ(pack_bits(std::vector<std::int16_t>{-256}, 9), (std::vector<std::byte>{std::byte{0}, std::byte{0}}));
}

TEST(BitPacking, RejectsWrongSizesAndWidths) {
  const std::vector<std::byte> bytes(4);
  EXPECT_FALSE(unpack_bits(bytes, 4, 9).ok());
  EXPECT_FALSE(unpack_bits(bytes, 4, 6).ok());
  EXPECT_FALSE(unpack_bits(bytes, 0, 8).ok());
  EXPECT_FALSE(unpack_bits(bytes, 17, 1).ok());
  EXPECT_FALSE(unpack_bits(bytes, 8, std::size_t{1} << 62).ok());
}

}  // namespace
}  // namespace octet
