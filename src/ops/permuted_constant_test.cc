// SPDX-License-Identifier: Apache-2.0
#include "ops/permuted_constant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace octet {
namespace {

using ::testing::ElementsAre;

std::vector<std::byte> bytes_of(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

Tensor matrix(ConstantData data) {
  Tensor tensor = make_constant("w", DataType::kFloat32, {2, 3}, std::vector<std::byte>(24));
  tensor.data = std::move(data);
  return tensor;
}

TEST(PermutedConstant, MovesElementsAndTheAxisOfParameters) {
  Tensor weights = matrix(ConstantData(bytes_of({1, 2, 3, 4, 5, 6})));
  weights.quant = QuantParams{{1, 2}, {0, 0}, 0};
  const Tensor moved = permuted_constant(weights, {1, 0});
  EXPECT_THAT(moved.shape, ElementsAre(3, 2));
  EXPECT_THAT(moved.values<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_EQ(moved.quant->axis, 1);
}

TEST(PermutedConstant, MovesBlocksOfLargeMatrices) {
  constexpr std::int64_t kRows = 70, kColumns = 133;
  std::vector<float> values(kRows * kColumns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Tensor moved = permuted_constant(make_constant("w", Shape{kRows, kColumns}, values), {1, 0});
  const auto found = moved.values<float>();
  for (std::int64_t r = 0; r < kRows; ++r)
    for (std::int64_t c = 0; c < kColumns; ++c)
      ASSERT_EQ(found[static_cast<std::size_t>(c * kRows + r)], values[static_cast<std::size_t>(r * kColumns + c)]) << r << ' ' << c;
}

TEST(PermutedConstant, OfOneThatIsNotInMemoryIsNotEither) {
  int computed = 0;
  const Tensor weights = matrix(ConstantData(24, [&] {
    ++computed;
    return bytes_of({1, 2, 3, 4, 5, 6});
  }));
  const Tensor moved = permuted_constant(weights, {1, 0});
  EXPECT_EQ(computed, 0);
  EXPECT_FALSE(moved.data.is_in_memory());
  {
    const SharedBytes borrowed = moved.data.borrow();
    EXPECT_THAT(moved.values<float>(borrowed), ElementsAre(1, 4, 2, 5, 3, 6));
    EXPECT_EQ(moved.data.borrow().bytes().data(), borrowed.bytes().data());  // those that overlap share
  }
  EXPECT_FALSE(moved.data.is_in_memory());
  EXPECT_THAT(moved.values<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_TRUE(moved.data.is_in_memory());  // bytes() promises that they stay
  EXPECT_EQ(computed, 2);
  EXPECT_FALSE(weights.data.is_in_memory());
}

}  // namespace
}  // namespace octet
