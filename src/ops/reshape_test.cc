// SPDX-License-Identifier: Apache-2.0
#include "ops/reshape.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

std::string type_of(const std::string& input, const std::string& call) {
  return output_type("%x = input " + input + "\n%y = " + call + "\noutput %y");
}
bool fails(const std::string& input, const std::string& call) {
  return !parse_graph("%x = input " + input + "\n%y = " + call + "\noutput %y", find_op).ok();
}

TEST(Reshape, KeepsElementsInOrder) {
  EXPECT_THAT(run_op<std::int8_t>("%x = const i8[2,2] = [1, 2, 3, 4]\n%y = reshape(%x) {shape=[4]}\noutput %y"),
              ElementsAre(1, 2, 3, 4));
}

TEST(Reshape, WorksOutTheFreeDimension) {
  EXPECT_EQ(type_of("f32[2,3,4]", "reshape(%x) {shape=[0,-1]}"), "f32[2,12]");
  EXPECT_EQ(type_of("f32[2,3,4]", "reshape(%x) {shape=[-1]}"), "f32[24]");
  EXPECT_EQ(type_of("f32[]", "reshape(%x) {shape=[1,1]}"), "f32[1,1]");
  EXPECT_EQ(type_of("f32[0,3]", "reshape(%x) {shape=[0,3], allow_zero=true}"), "f32[0,3]");
  EXPECT_EQ(type_of("f32[0,3]", "reshape(%x) {shape=[-1,3]}"), "f32[0,3]");
}

TEST(Reshape, FollowsSymbols) {
  EXPECT_EQ(type_of("f32[N,3,4]", "reshape(%x) {shape=[0,-1]}"), "f32[N,12]");
  EXPECT_EQ(type_of("f32[N,3,4]", "reshape(%x) {shape=[-1,12]}"), "f32[N,12]");
  EXPECT_EQ(type_of("f32[N,3,4]", "reshape(%x) {shape=[-1,6]}"), "f32[?,6]");
  EXPECT_EQ(type_of("f32[N,M,4]", "reshape(%x) {shape=[0,-1,2]}"), "f32[N,?,2]");
  EXPECT_EQ(type_of("f32[N,4]", "reshape(%x) {shape=[1,4]}"), "f32[1,4]");
}

TEST(Reshape, RefusesShapesThatDoNotFit) {
  for (const char* shape : {"[5]", "[-1,5]", "[-1,-1]", "[-2]", "[2,2,2,0]", "[9223372036854775807,9223372036854775807]",
                            "[1,1,1,1,1,1,1,1,12]"}) {
    EXPECT_TRUE(fails("f32[2,2,3]", std::string("reshape(%x) {shape=") + shape + "}")) << shape;
  }
  EXPECT_TRUE(fails("f32[0,3]", "reshape(%x) {shape=[0,-1], allow_zero=true}"));
}

TEST(Flatten, MakesTwoDimensions) {
  EXPECT_EQ(type_of("f32[2,3,4]", "flatten(%x)"), "f32[2,12]");
  EXPECT_EQ(type_of("f32[2,3,4]", "flatten(%x) {axis=0}"), "f32[1,24]");
  EXPECT_EQ(type_of("f32[2,3,4]", "flatten(%x) {axis=3}"), "f32[24,1]");
  EXPECT_EQ(type_of("f32[2,3,4]", "flatten(%x) {axis=-1}"), "f32[6,4]");
  EXPECT_EQ(type_of("f32[N,3,4]", "flatten(%x)"), "f32[N,12]");
  EXPECT_EQ(type_of("f32[N,3,4]", "flatten(%x) {axis=2}"), "f32[?,4]");
  EXPECT_TRUE(fails("f32[2]", "flatten(%x) {axis=2}"));
}

TEST(Squeeze, DropsDimensionsOfSizeOne) {
  EXPECT_EQ(type_of("f32[1,3,1]", "squeeze(%x)"), "f32[3]");
  EXPECT_EQ(type_of("f32[1,3,1]", "squeeze(%x) {axes=[-1]}"), "f32[1,3]");
  EXPECT_EQ(type_of("f32[N,1]", "squeeze(%x)"), "f32[N]");
  EXPECT_TRUE(fails("f32[1,3]", "squeeze(%x) {axes=[1]}"));
  EXPECT_TRUE(fails("f32[1,1]", "squeeze(%x) {axes=[0,-2]}"));
}

TEST(Unsqueeze, AddsDimensionsOfSizeOne) {
  EXPECT_EQ(type_of("f32[N,3]", "unsqueeze(%x) {axes=[0,-1]}"), "f32[1,N,3,1]");
  EXPECT_EQ(type_of("f32[]", "unsqueeze(%x) {axes=[0]}"), "f32[1]");
  EXPECT_TRUE(fails("f32[3]", "unsqueeze(%x) {axes=[0,0]}"));
  EXPECT_TRUE(fails("f32[3]", "unsqueeze(%x) {axes=[2]}"));
  EXPECT_TRUE(fails("f32[3]", "unsqueeze(%x) {axes=[0,1,2,3,4,5,6,7]}"));
}

TEST(Identity, KeepsEverything) {
  EXPECT_THAT(run_op<bool>("%x = const bool[2] = [0, 1]\n%a = identity(%x)\n%y = dropout(%a)\noutput %y"),
              ElementsAre(false, true));
  EXPECT_TRUE(keeps_elements(kDropout));
  EXPECT_FALSE(keeps_elements(*find_op("transpose")));
}

}  // namespace
}  // namespace octet
