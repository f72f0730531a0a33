// SPDX-License-Identifier: Apache-2.0
#include "encoding/indexing.h"

#include <gmock/gmock.h>

#include "encoding/test_codes.h"

namespace octet {
namespace {

using Codes = std::vector<std::int16_t>;

TEST(Indexing, GivesBackFewAndManyCodes) {
  for (const int bits : {1, 3, 8, 12, 16}) {
    for (const std::size_t count : {1u, 5u, 300u}) {
      const Codes codes = random_codes(count, bits);
      const auto bytes = encode_indexing(codes, bits);
      EXPECT_EQ(bytes.size(), indexing_bytes(codes, bits));
      const auto decoded = decode_indexing(bytes, bits, count);
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_EQ(*decoded, codes);
    }
  }
}

TEST(Indexing, WritesAllCodesOfTheWidthAsZero) {
  const Codes codes = {-1, 0};
  EXPECT_EQ(encode_indexing(codes, 1), (std::vector<std::byte>{std::byte{0b00101000}}));  // 0 for 2, then 0, 1, places 0, 1
}

TEST(Indexing, OfOneCodeTakesNoPlaces) {
  const Codes codes(1000, 5);
  EXPECT_EQ(encode_indexing(codes, 8).size(), 2u);
  EXPECT_EQ(*decode_indexing(encode_indexing(codes, 8), 8, 1000), codes);
}

TEST(Indexing, RejectsWhatEndsTooSoonOrNamesNoCode) {
  auto bytes = encode_indexing(random_codes(100, 4), 4);
  EXPECT_FALSE(decode_indexing(bytes, 4, 200).ok());
  for (std::size_t size = 0; size < bytes.size(); size += 5) EXPECT_FALSE(decode_indexing(std::span(bytes).first(size), 4, 100).ok());
  // 3 codes need 2 bits, whose fourth value names none: 3, codes 0 1 2, place 3.
  const std::vector<std::byte> wrong = {std::byte{0x30}, std::byte{0x12}, std::byte{0xc0}};
  EXPECT_FALSE(decode_indexing(wrong, 4, 1).ok());
}

}  // namespace
}  // namespace octet
