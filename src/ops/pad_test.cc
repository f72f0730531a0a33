// SPDX-License-Identifier: Apache-2.0
#include "ops/pad.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

std::vector<float> pad3(const std::string& attrs) {
  return run_op<float>("%x = const f32[3] = [1, 2, 3]\n%y = pad(%x) {" + attrs + "}\noutput %y");
}

TEST(Pad, FillsWithAConstant) {
  EXPECT_THAT(pad3("pads=[1,2], value=9"), ElementsAre(9, 1, 2, 3, 9, 9));
  EXPECT_THAT(run_op<std::int64_t>(R"(
      %x = const i64[1,2] = [5, 6]
      %y = pad(%x) {pads=[1,0,0,1]}
      output %y)"),
              ElementsAre(0, 0, 0, 5, 6, 0));
}

TEST(Pad, ReflectsWithoutTheBorder) { EXPECT_THAT(pad3("pads=[2,2], mode=reflect"), ElementsAre(3, 2, 1, 2, 3, 2, 1)); }

TEST(Pad, RepeatsTheEdge) { EXPECT_THAT(pad3("pads=[2,1], mode=edge"), ElementsAre(1, 1, 1, 2, 3, 3)); }

TEST(Pad, CropsWithNegativePads) {
  EXPECT_THAT(pad3("pads=[-1,1], value=9"), ElementsAre(2, 3, 9));
  EXPECT_THAT(pad3("pads=[-1,1], mode=edge"), ElementsAre(2, 3, 3));
  EXPECT_THAT(pad3("pads=[1,-2], mode=reflect"), ElementsAre(2, 1));
}

TEST(Pad, FillsQuantizedTensorsWithTheQuantizedConstant) {
  EXPECT_THAT(run_op<std::int8_t>(R"(
      %x = const i8[1] q(scale=0.5, zp=-3) = [1]
      %y = pad(%x) {pads=[1,0], value=2} : i8[2] q(scale=0.5, zp=-3)
      output %y)"),
              ElementsAre(1, 1));  // 2 / 0.5 - 3 = 1
  EXPECT_THAT(run_op<std::int8_t>(R"(
      %x = const i8[1] q(scale=0.5, zp=-3) = [1]
      %y = pad(%x) {pads=[0,1], value=-inf} : i8[2] q(scale=0.5, zp=-3)
      output %y)"),
              ElementsAre(1, -128));
}

TEST(Pad, KeepsSymbolsThatAreNotPadded) {
  EXPECT_EQ(output_type("%x = input f32[N,M,3]\n%y = pad(%x) {pads=[0,1,1,0,1,1]}\noutput %y"), "f32[N,?,5]");
}

TEST(Pad, RefusesPadsThatDoNotFit) {
  const std::string x = "%x = const f32[3] = [1]\n";
  for (const char* attrs : {"pads=[1]", "pads=[-2,-2]", "pads=[3,0], mode=reflect", "pads=[9223372036854775807,1]",
                            "pads=[-9223372036854775808,0]", "pads=[274877906944,0]"}) {
    EXPECT_NE(op_error(x + "%y = pad(%x) {" + attrs + "}\noutput %y"), "") << attrs;
  }
  EXPECT_NE(op_error("%x = const f32[0] = []\n%y = pad(%x) {pads=[1,0], mode=edge}\noutput %y"), "");
}

}  // namespace
}  // namespace octet
