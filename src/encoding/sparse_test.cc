// SPDX-License-Identifier: Apache-2.0
#include "encoding/sparse.h"

#include <gmock/gmock.h>

#include "encoding/test_codes.h"

namespace octet {
namespace {

using Codes = std::vector<std::int16_t>;

TEST(Sparse, GivesBackCodesWithZeroPointsPerChannel) {
  const std::vector<std::int32_t> zero_points = {0, -3, 2};
  for (const std::size_t every : {1u, 3u, 50u, 4000u}) {
    const SparseZeros zeros{zero_points, 700};
    Codes codes(3 * 700);
    const Codes noise = random_codes(codes.size(), 4);
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = i % every == every / 2 ? noise[i] : zeros.at(i);
    const auto bytes = encode_sparse(codes, 4, zeros);
    EXPECT_EQ(bytes.size(), sparse_bytes(codes, 4, zeros));
    const auto decoded = decode_sparse(bytes, 4, codes.size(), zeros);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, codes);
  }
}

TEST(Sparse, SplitsGapsThatAreTooWide) {
  const std::vector<std::int32_t> zero_points = {0};
  const SparseZeros zeros{zero_points, 1};
  Codes codes(5000, 0);
  codes.back() = 1;
  const auto bytes = encode_sparse(codes, 8, zeros);
  EXPECT_LT(bytes.size(), 20u);
  EXPECT_EQ(bytes.size(), sparse_bytes(codes, 8, zeros));
  EXPECT_EQ(*decode_sparse(bytes, 8, codes.size(), zeros), codes);
}

TEST(Sparse, RejectsEntriesBeyondTheEndAndDataThatEndsTooSoon) {
  const std::vector<std::int32_t> zero_points = {0};
  const SparseZeros zeros{zero_points, 1};
  Codes codes(100, 0);
  codes[99] = 1;
  const auto bytes = encode_sparse(codes, 8, zeros);
  EXPECT_FALSE(decode_sparse(bytes, 8, 99, zeros).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_sparse(std::span(bytes).first(size), 8, 100, zeros).ok());
}

}  // namespace
}  // namespace octet
