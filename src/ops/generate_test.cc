// SPDX-License-Identifier: Apache-2.0
// Generated tensors, operators along lines, einsum and col2im.
#include "ops/generate.h"

#include <gmock/gmock.h>

#include "ops/col2im.h"
#include "ops/einsum.h"
#include "ops/lines.h"
#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

TEST(Range, OfEachType) {
  const auto text = [](const char* type) {
    return fmt::format("%a = const {0}[] = [10]\n%b = const {0}[] = [4]\n%d = const {0}[] = [-3]\n%y = range(%a, %b, %d)\noutput %y\n", type);
  };
  EXPECT_THAT(run_op<std::int32_t>(text("i32")), ElementsAre(10, 7));
  EXPECT_THAT(run_op<float>(text("f32")), ElementsAre(10, 7));
  EXPECT_THAT(run_op<std::int16_t>(text("i16")), ElementsAre(10, 7));
  EXPECT_THAT(op_error("%a = const i64[] = [0]\n%d = const i64[] = [0]\n%y = range(%a, %a, %d)\noutput %y\n"), testing::HasSubstr("impossible"));
}

TEST(Fill, TakesItsShapeFromATensor) {
  EXPECT_EQ(output_type("%s = const i64[2] = [2, 0]\n%y = fill(%s) {type=u16, integer=3}\noutput %y\n"), "u16[2,0]");
  EXPECT_EQ(output_type("%s = input i64[2]\n%y = fill(%s)\noutput %y\n"), "f32[?,?]");
  EXPECT_THAT(run_op<std::uint16_t>("%s = const i64[1] = [2]\n%y = fill(%s) {type=u16, integer=65535}\noutput %y\n"), ElementsAre(65535, 65535));
}

TEST(Eye, HasOnesOnADiagonal) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,3] = [0]\n%y = eye(%x) {k=1}\noutput %y\n"), ElementsAre(0, 1, 0, 0, 0, 1));
}

TEST(OneHot, NegativeIndicesCountFromTheDepth) {
  EXPECT_THAT(run_op<float>("%i = const i64[3] = [0, -1, 7]\n%d = const i64[] = [3]\n%v = const f32[2] = [0, 5]\n%y = one_hot(%i, %d, %v)\noutput %y\n"),
              ElementsAre(5, 0, 0, 0, 0, 5, 0, 0, 0));
}

TEST(Trilu, KeepsATriangle) {
  const std::string x = "%x = const i64[2,3] = [1, 2, 3, 4, 5, 6]\n%k = const i64[] = [1]\n";
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = trilu(%x, %k)\noutput %y\n"), ElementsAre(0, 2, 3, 0, 0, 6));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = trilu(%x) {upper=false}\noutput %y\n"), ElementsAre(1, 0, 0, 4, 5, 0));
}

TEST(CumSum, ExclusiveAndFromTheEnd) {
  const std::string x = "%x = const i8[4] = [1, 2, 3, 4]\n%a = const i64[] = [0]\n";
  EXPECT_THAT(run_op<std::int8_t>(x + "%y = cum_sum(%x, %a)\noutput %y\n"), ElementsAre(1, 3, 6, 10));
  EXPECT_THAT(run_op<std::int8_t>(x + "%y = cum_sum(%x, %a) {exclusive=true, reverse=true}\noutput %y\n"), ElementsAre(9, 7, 4, 0));
}

TEST(Hardmax, MarksTheFirstMaximum) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,3] = [1, 3, 3, 5, 2, 1]\n%y = hardmax(%x)\noutput %y\n"), ElementsAre(0, 1, 0, 1, 0, 0));
}

TEST(ReverseSequence, ReversesTheFirstElementsOfEachBatch) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,3] = [1, 2, 3, 4, 5, 6]\n%l = const i64[2] = [2, 3]\n"
                            "%y = reverse_sequence(%x, %l) {batch_axis=0, time_axis=1}\noutput %y\n"),
              ElementsAre(2, 1, 3, 6, 5, 4));
}

TEST(FloatTests, TellInfinitiesAndNaN) {
  const std::string x = "%x = const f32[4] = [1, inf, -inf, nan]\n";
  EXPECT_THAT(run_op<bool>(x + "%y = is_nan(%x)\noutput %y\n"), ElementsAre(false, false, false, true));
  EXPECT_THAT(run_op<bool>(x + "%y = is_inf(%x) {negative=false}\noutput %y\n"), ElementsAre(false, true, false, false));
}

TEST(Det, OfEachMatrix) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,2,2] = [1, 2, 3, 4, 0, 1, 1, 0]\n%y = det(%x)\noutput %y\n"), ElementsAre(-2, -1));
}

TEST(Einsum, SumsOverLabelsThatTheResultLacks) {
  const std::string x = "%a = const f32[2,2] = [1, 2, 3, 4]\n%b = const f32[2] = [10, 100]\n";
  EXPECT_THAT(run_op<float>(x + "%y = einsum(%a, %b) {terms=[0,1,-1,1], dst=[0]}\noutput %y\n"), ElementsAre(210, 430));
  EXPECT_THAT(run_op<float>(x + "%y = einsum(%a) {terms=[0,0], dst=[0]}\noutput %y\n"), ElementsAre(1, 4));
  EXPECT_THAT(run_op<float>(x + "%y = einsum(%a) {terms=[0,1], dst=[]}\noutput %y\n"), ElementsAre(10));
  EXPECT_THAT(op_error(x + "%y = einsum(%a, %b) {terms=[0,1,-1,1], dst=[2]}\noutput %y\n"), testing::HasSubstr("label 2"));
}

TEST(Col2im, AddsColumnsWhereBlocksOverlap) {
  EXPECT_THAT(run_op<float>("%x = const f32[1,2,3] = [1, 2, 3, 10, 20, 30]\n%i = const i64[1] = [4]\n%b = const i64[1] = [2]\n"
                            "%y = col2im(%x, %i, %b)\noutput %y\n"),
              ElementsAre(1, 12, 23, 30));
  EXPECT_THAT(op_error("%x = const f32[1,2,3] = [0]\n%i = const i64[1] = [5]\n%b = const i64[1] = [2]\n%y = col2im(%x, %i, %b)\noutput %y\n"),
              testing::HasSubstr("2 taps and 4 blocks"));
}

TEST(SmallIntegers, AreComputedInTheirOwnWidth) {
  const auto pair = [](const char* op, const char* type, int a, int b) {
    return fmt::format("%a = const {1}[1] = [{2}]\n%b = const {1}[1] = [{3}]\n%y = {0}(%a, %b)\noutput %y\n", op, type, a, b);
  };
  EXPECT_THAT(run_op<std::uint8_t>(pair("add", "u8", 250, 10)), ElementsAre(4));
  EXPECT_THAT(run_op<std::int8_t>(pair("mul", "i8", 100, 2)), ElementsAre(-56));
  EXPECT_THAT(run_op<std::uint16_t>(pair("shift_left", "u16", 0x8001, 1)), ElementsAre(2));
  EXPECT_THAT(run_op<std::int16_t>(pair("mod", "i16", -7, 3)), ElementsAre(2));
  EXPECT_THAT(run_op<std::uint32_t>(pair("div", "u32", 7, 2)), ElementsAre(3));
  EXPECT_THAT(run_op<std::int16_t>(pair("bitwise_xor", "i16", -1, 5)), ElementsAre(-6));
  EXPECT_THAT(run_op<bool>(pair("less", "u16", 1, 2)), ElementsAre(true));
}

}  // namespace
}  // namespace octet
