// SPDX-License-Identifier: Apache-2.0
#include "encoding/rans.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "encoding/test_codes.h"

namespace octet {
namespace {

std::vector<std::int8_t> bytes_of(const std::vector<std::int16_t>& codes) { return {codes.begin(), codes.end()}; }

// Bits per code of an ideal coder that knows how often each code occurs.
double entropy(const std::vector<std::int8_t>& codes) {
  std::map<std::int8_t, double> counts;
  for (const std::int8_t code : codes) ++counts[code];
  double bits = 0;
  for (const auto& [code, count] : counts) bits -= count * std::log2(count / static_cast<double>(codes.size()));
  return bits / static_cast<double>(codes.size());
}

TEST(Rans, GivesBackCodesOfAnyShape) {
  for (const RansShape& shape : {RansShape{1, 1, 1}, RansShape{1, 1, 1023}, RansShape{1, 7, 300}, RansShape{5, 40, 30},
                                 RansShape{1, 64, 1000}, RansShape{900, 64, 1}, RansShape{1, 3, 40000}}) {
    for (const double deviation : {0.01, 1.0, 30.0, 200.0}) {
      const auto codes = bytes_of(normal_codes(shape.count(), deviation));
      const auto bytes = encode_rans(codes, shape);
      ASSERT_TRUE(bytes.ok());
      const auto decoded = decode_rans(*bytes, shape);
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_EQ(*decoded, codes);
    }
  }
}

TEST(Rans, StaysWithinOnePercentOfTheEntropy) {
  const RansShape shape{1, 100, 1000};
  const auto codes = bytes_of(normal_codes(shape.count(), 25));
  EXPECT_LT(static_cast<double>(encode_rans(codes, shape)->size()) * 8, 1.01 * entropy(codes) * static_cast<double>(codes.size()));
}

TEST(Rans, UsesThatChannelsDiffer) {
  const RansShape shape{1, 64, 2000};
  std::vector<std::int8_t> codes;
  for (std::size_t c = 0; c < shape.channels; ++c)
    for (const auto code : normal_codes(shape.inner, c % 2 == 0 ? 4 : 40, 8, static_cast<unsigned>(c))) codes.push_back(static_cast<std::int8_t>(code));
  EXPECT_LT(static_cast<double>(encode_rans(codes, shape)->size()) * 8, 0.93 * entropy(codes) * static_cast<double>(codes.size()));
}

TEST(Rans, RejectsDataThatIsNoCode) {
  const RansShape shape{1, 10, 200};
  const auto codes = bytes_of(normal_codes(shape.count(), 20));
  const auto bytes = *encode_rans(codes, shape);
  for (std::size_t size = 0; size < bytes.size(); size += size < 300 ? 1 : 37) EXPECT_FALSE(decode_rans(std::span(bytes).first(size), shape).ok());
  EXPECT_FALSE(decode_rans(bytes, {1, 10, 199}).ok());
  EXPECT_FALSE(decode_rans(bytes, {1, 10, 201}).ok());
  // The states at the end tell most damage; what they do not are other codes, and never an access outside.
  std::size_t undetected = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x5a};
    const auto decoded = decode_rans(damaged, shape);
    undetected += decoded.ok() && *decoded != codes;
  }
  EXPECT_LT(undetected, bytes.size() / 100);
}

}  // namespace
}  // namespace octet
