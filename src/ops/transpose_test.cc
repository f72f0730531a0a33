// SPDX-License-Identifier: Apache-2.0
#include "ops/transpose.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using testing::ElementsAre;

TEST(Transpose, MovesDimensions) {
  EXPECT_THAT(run_op<float>("%x = const f32[2,3] = [1, 2, 3, 4, 5, 6]\n%y = transpose(%x) {perm=[1,0]}\noutput %y"),
              ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(run_op<std::int8_t>(R"(
      %x = const i8[1,2,2,2] = [1, 2, 3, 4, 5, 6, 7, 8]
      %y = transpose(%x) {perm=[0,2,3,1]}
      output %y)"),
              ElementsAre(1, 5, 2, 6, 3, 7, 4, 8));
}

TEST(Transpose, TakesScalarsAndEmptyTensors) {
  EXPECT_THAT(run_op<double>("%x = const f64[] = [3]\n%y = transpose(%x)\noutput %y"), ElementsAre(3));
  EXPECT_EQ(output_type("%x = const f32[0,3] = []\n%y = transpose(%x) {perm=[1,0]}\noutput %y"), "f32[3,0]");
}

TEST(Transpose, MovesSymbols) {
  EXPECT_EQ(output_type("%x = input f32[N,3,H,W]\n%y = transpose(%x) {perm=[0,2,3,1]}\noutput %y"), "f32[N,H,W,3]");
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  for (const char* perm : {"[0]", "[0,0]", "[0,2]", "[-1,0]", "[0,1,2]"})
    EXPECT_NE(op_error(std::string("%x = const f32[2,2] = [1]\n%y = transpose(%x) {perm=") + perm + "}\noutput %y"), "") << perm;
}

}  // namespace
}  // namespace octet
