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

TEST(FseInfer, DecodesEachSegmentFromItsEnd) {
  for (const std::size_t count : {1u, 500u, 10001u, 30000u}) {
    for (const std::size_t segments : {1u, 2u, 7u}) {
      const Codes codes = normal_codes(count, 3);
      const auto bytes = *encode_fse_infer(codes, 0.5, -1.0, segments);
      const auto decoded = decode_fse_infer(bytes, count);
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ((*decoded)[i], static_cast<float>(codes[i]) * 0.5f - 1.0f);
      // The same bits as without segments, and their ends behind them.
      const auto plain = *encode_fse(codes, 0.5, -1.0);
      EXPECT_TRUE(std::equal(plain.begin(), plain.end(), bytes.begin()));
      const std::size_t parts = count < kMinSegmentedWeights ? 1 : segments;
      EXPECT_EQ(bytes.size(), (plain.size() + 3) / 4 * 4 + 4 + 8 * parts);
    }
  }
}

TEST(FseInfer, RejectsEndsThatDoNotMeet) {
  const Codes codes = normal_codes(20000, 3);
  const auto bytes = *encode_fse_infer(codes, 1.0, 0.0, 4);
  for (std::size_t i = bytes.size() - 36; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x5a};
    EXPECT_FALSE(decode_fse_infer(damaged, codes.size()).ok()) << i;
  }
  for (std::size_t size = bytes.size() - 40; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_fse_infer(std::span(bytes).first(size), codes.size()).ok());
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
