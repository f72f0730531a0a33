// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

const std::string kMatrix = "%x = const f32[2,3] = [1, 2, 3, 4, 5, 6]\n";

TEST(Gather, TakesRowsAndColumns) {
  EXPECT_THAT(run_op<float>(kMatrix + "%i = const i64[2] = [-1, 0]\n%y = gather(%x, %i)\noutput %y"),
              ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(run_op<float>(kMatrix + "%i = const i32[] = [1]\n%y = gather(%x, %i) {axis=1}\noutput %y"), ElementsAre(2, 5));
}

TEST(Gather, PutsTheShapeOfTheIndicesInPlaceOfTheAxis) {
  EXPECT_EQ(output_type("%x = input f32[N,9,C]\n%i = input i64[2,M]\n%y = gather(%x, %i) {axis=1}\noutput %y"), "f32[N,2,M,C]");
}

TEST(Gather, RefusesIndicesOutside) {
  EXPECT_NE(op_error(kMatrix + "%i = const i64[1] = [2]\n%y = gather(%x, %i)\noutput %y"), "");
  EXPECT_NE(op_error(kMatrix + "%i = const i64[1] = [-3]\n%y = gather(%x, %i)\noutput %y"), "");
  EXPECT_NE(op_error(kMatrix + "%i = const f32[1] = [0]\n%y = gather(%x, %i)\noutput %y"), "");
  EXPECT_NE(op_error(kMatrix + "%i = const i64[1] = [0]\n%y = gather(%x, %i) {axis=2}\noutput %y"), "");
  EXPECT_NE(op_error("%x = const f32[] = [1]\n%i = const i64[1] = [0]\n%y = gather(%x, %i)\noutput %y"), "");
}

TEST(Cast, CutsTowardsZeroAndSaturates) {
  EXPECT_THAT(run_op<std::int8_t>("%x = const f32[5] = [-1.9, 1.9, 1000, -1000, nan]\n%y = cast(%x) {to=i8}\noutput %y"),
              ElementsAre(-1, 1, 127, -128, 0));
  EXPECT_THAT(run_op<std::int64_t>("%x = const f32[3] = [1e30, -1e30, inf]\n%y = cast(%x) {to=i64}\noutput %y"),
              ElementsAre(INT64_MAX, INT64_MIN, INT64_MAX));
}

TEST(Cast, ConvertsBetweenTypes) {
  EXPECT_THAT(run_op<float>("%x = const i64[2] = [-3, 4]\n%y = cast(%x)\noutput %y"), ElementsAre(-3, 4));
  EXPECT_THAT(run_op<std::uint8_t>("%x = const i32[2] = [257, -1]\n%y = cast(%x) {to=u8}\noutput %y"), ElementsAre(1, 255));
  EXPECT_THAT(run_op<bool>("%x = const f32[3] = [0, 0.5, nan]\n%y = cast(%x) {to=bool}\noutput %y"),
              ElementsAre(false, true, true));
  EXPECT_THAT(run_op<std::int32_t>("%x = const bool[2] = [0, 1]\n%y = cast(%x) {to=i32}\noutput %y"), ElementsAre(0, 1));
}

TEST(Cast, RoundsTripThroughFloat16) {
  EXPECT_THAT(run_op<float>("%x = const f32[3] = [0.5, -2049, 1e9]\n%h = cast(%x) {to=f16}\n%y = cast(%h)\noutput %y"),
              ElementsAre(0.5f, -2048, INFINITY));
}

TEST(ShapeOf, GivesDimensions) {
  const std::string x = "%x = const f32[2,3,4] = [0]\n";
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = shape_of(%x)\noutput %y"), ElementsAre(2, 3, 4));
  EXPECT_THAT(run_op<std::int64_t>(x + "%y = shape_of(%x) {start=-2, end=-1}\noutput %y"), ElementsAre(3));
  EXPECT_EQ(output_type(x + "%y = shape_of(%x) {start=2, end=1}\noutput %y"), "i64[0]");
  EXPECT_EQ(output_type("%x = input f32[N,3]\n%y = shape_of(%x)\noutput %y"), "i64[2]");
}

TEST(Expand, Broadcasts) {
  const std::string x = "%x = const f32[2,1] = [1, 2]\n";
  EXPECT_THAT(run_op<float>(x + "%y = expand(%x) {shape=[2,2]}\noutput %y"), ElementsAre(1, 1, 2, 2));
  EXPECT_EQ(output_type(x + "%y = expand(%x) {shape=[3,1,1]}\noutput %y"), "f32[3,2,1]");
  for (const char* shape : {"[3,1]", "[-1,1]", "[9223372036854775807,1,1]", "[1,1,1,1,1,1,1,1,1]"})
    EXPECT_NE(op_error(x + "%y = expand(%x) {shape=" + shape + "}\noutput %y"), "") << shape;
}

TEST(Tile, Repeats) {
  const std::string x = "%x = const f32[2,2] = [1, 2, 3, 4]\n";
  EXPECT_THAT(run_op<float>(x + "%y = tile(%x) {repeats=[1,2]}\noutput %y"), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
  EXPECT_THAT(run_op<float>(x + "%y = tile(%x) {repeats=[2,1]}\noutput %y"), ElementsAre(1, 2, 3, 4, 1, 2, 3, 4));
  EXPECT_EQ(output_type("%x = input f32[N,M]\n%y = tile(%x) {repeats=[1,2]}\noutput %y"), "f32[N,?]");
  for (const char* repeats : {"[1]", "[-1,1]", "[9223372036854775807,1]", "[1,274877906944]"})
    EXPECT_NE(op_error(x + "%y = tile(%x) {repeats=" + repeats + "}\noutput %y"), "") << repeats;
}

}  // namespace
}  // namespace octet
