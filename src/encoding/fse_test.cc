// SPDX-License-Identifier: Apache-2.0
#include "encoding/fse.h"

#include <gmock/gmock.h>

#include <cstring>

#include "encoding/test_codes.h"

namespace octet {
namespace {

using Codes = std::vector<std::int16_t>;

TEST(Fse, GivesBackCodesOfAnyNumberAndSpread) {
  for (const std::size_t count : {1u, 2u, 63u, 64u, 65u, 1000u, 20000u}) {
    for (const double deviation : {0.1, 2.0, 40.0}) {
      const Codes codes = normal_codes(count, deviation);
      const auto bytes = encode_fse_int(codes);
      ASSERT_TRUE(bytes.ok());
      const auto decoded = decode_fse_int(*bytes, count);
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_EQ(*decoded, codes);
    }
  }
}

TEST(Fse, GivesBackScaledValues) {
  const Codes codes = normal_codes(500, 100, 16);
  const auto decoded = decode_fse(*encode_fse(codes, 0.25, 1.0), codes.size());
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ((*decoded)[i], static_cast<float>(codes[i]) * 0.25f + 1.0f);
}

TEST(Fse, ComesCloseToTheEntropy) {
  const Codes codes = normal_codes(100000, 10);  // log2(10 * sqrt(2 pi e)) = 5.37 bits
  EXPECT_LT(static_cast<double>(encode_fse_int(codes)->size()), 100000 * 5.37 / 8 * 1.01 + 1000);
}

TEST(Fse, RejectsDataThatIsNoCode) {
  const Codes codes = normal_codes(300, 5);
  const auto bytes = *encode_fse_int(codes);
  EXPECT_FALSE(decode_fse_int(bytes, 299).ok());
  EXPECT_FALSE(decode_fse_int(bytes, 301).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_fse_int(std::span(bytes).first(size), 300).ok());
  // Any byte may be anything: an error or other values, and no access outside.
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0xff};
    (void)decode_fse_int(damaged, 300);
  }
}

TEST(Fse, TakesNoMoreSymbolsThanItsTables) {
  Codes codes(40000);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::int16_t>(i);
  EXPECT_FALSE(encode_fse_int(codes).ok());
}

}  // namespace
}  // namespace octet
