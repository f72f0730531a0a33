// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

TEST(Concat, JoinsAlongAnAxis) {
  EXPECT_THAT(run_op<float>(R"(
      %a = const f32[2,1] = [1, 2]
      %b = const f32[2,2] = [3, 4, 5, 6]
      %y = concat(%a, %b) {axis=-1}
      output %y)"),
              ElementsAre(1, 3, 4, 2, 5, 6));
}

TEST(Concat, TakesEmptyTensors) {
  EXPECT_THAT(run_op<std::int64_t>("%a = const i64[0] = []\n%b = const i64[2] = [3, 4]\n%y = concat(%a, %b)\noutput %y"),
              ElementsAre(3, 4));
}

TEST(Concat, KeepsSymbolsOfTheOtherDimensions) {
  EXPECT_EQ(output_type("%a = input f32[N,2]\n%b = input f32[N,3]\n%y = concat(%a, %b) {axis=1}\noutput %y"), "f32[N,5]");
  EXPECT_EQ(output_type("%a = input f32[N,2]\n%b = input f32[N,2]\n%y = concat(%a, %b)\noutput %y"), "f32[?,2]");
  EXPECT_EQ(output_type("%a = input f32[?,2]\n%b = input f32[7,2]\n%y = concat(%a, %b) {axis=1}\noutput %y"), "f32[7,4]");
}

TEST(Concat, RefusesWhatDoesNotFit) {
  const std::string a = "%a = const f32[2,2] = [1]\n";
  EXPECT_NE(op_error(a + "%b = const f32[3,2] = [1]\n%y = concat(%a, %b) {axis=1}\noutput %y"), "");
  EXPECT_NE(op_error(a + "%b = const f32[2] = [1]\n%y = concat(%a, %b)\noutput %y"), "");
  EXPECT_NE(op_error(a + "%b = const i32[2,2] = [1]\n%y = concat(%a, %b)\noutput %y"), "");
  EXPECT_NE(op_error(a + "%y = concat(%a, %a) {axis=2}\noutput %y"), "");
  EXPECT_NE(op_error(a + "%y = concat(%a, _)\noutput %y"), "");
  EXPECT_NE(op_error("%s = const f32[] = [1]\n%y = concat(%s, %s)\noutput %y"), "");
}

TEST(Concat, JoinsQuantizedTensorsOfOneScaleOnly) {
  const std::string a = "%a = const i8[1] q(scale=1, zp=2) = [1]\n";
  const std::string y = "%y = concat(%a, %b) : i8[2] q(scale=1, zp=2)\noutput %y";
  EXPECT_THAT(run_op<std::int8_t>(a + "%b = const i8[1] q(scale=1, zp=2) = [7]\n" + y), ElementsAre(1, 7));
  EXPECT_NE(op_error(a + "%b = const i8[1] q(scale=2, zp=2) = [7]\n" + y), "");
}

TEST(Split, CutsIntoPartsOfTheGivenSizes) {
  const auto parts = run_graph(R"(
      %x = const f32[2,3] = [1, 2, 3, 4, 5, 6]
      %a, %b = split(%x) {axis=1, sizes=[1,2]}
      output %a, %b)");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_THAT(parts[0].values<float>(), ElementsAre(1, 4));
  EXPECT_THAT(parts[1].values<float>(), ElementsAre(2, 3, 5, 6));
  EXPECT_EQ(parts[1].shape, (Shape{2, 2}));
}

TEST(Split, UndoesConcat) {
  EXPECT_THAT(run_op<std::int16_t>(R"(
      %x = const i16[2,3,2] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
      %a, %b, %c = split(%x) {axis=1, sizes=[2,0,1]}
      %y = concat(%a, %b, %c) {axis=1}
      output %y)"),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

TEST(Split, RefusesSizesThatDoNotSumToTheAxis) {
  const std::string x = "%x = const f32[4] = [1]\n";
  EXPECT_NE(op_error(x + "%a, %b = split(%x) {sizes=[1,2]}\noutput %a"), "");
  EXPECT_NE(op_error(x + "%a, %b = split(%x) {sizes=[5,-1]}\noutput %a"), "");
  EXPECT_NE(op_error(x + "%a, %b = split(%x) {sizes=[9223372036854775807,9223372036854775807]}\noutput %a"), "");
  EXPECT_NE(op_error(x + "%a = split(%x)\noutput %a"), "");
  EXPECT_NE(op_error(x + "%a, %b, %c = split(%x) {sizes=[1,3]}\noutput %a"), "");
}

}  // namespace
}  // namespace octet
