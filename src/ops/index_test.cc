// SPDX-License-Identifier: Apache-2.0
#include "ops/index.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int32_t>;

TEST(GatherElements, PicksOneElementPerIndex) {
  EXPECT_EQ(run_op<float>("%x = const f32[2,2] = [1, 2, 3, 4]\n%i = const i64[2,2] = [0, 0, 1, -2]\n%y = gather_elements(%x, %i) {axis=1}\noutput %y\n"),
            (Floats{1, 1, 4, 3}));
}

TEST(GatherNd, PicksSlicesBehindBatches) {
  const std::string x = "%x = const i32[2,2,2] = [0, 1, 2, 3, 4, 5, 6, 7]\n";
  EXPECT_EQ(run_op<std::int32_t>(x + "%i = const i64[2,1] = [1, 0]\n%y = gather_nd(%x, %i)\noutput %y\n"), (Ints{4, 5, 6, 7, 0, 1, 2, 3}));
  EXPECT_EQ(run_op<std::int32_t>(x + "%i = const i64[2,1] = [1, 0]\n%y = gather_nd(%x, %i) {batch_dims=1}\noutput %y\n"), (Ints{2, 3, 4, 5}));
}

TEST(ScatterElements, PutsOrCombines) {
  const std::string text = "%x = const i32[1,4] = [1, 2, 3, 4]\n%i = const i64[1,3] = [1, -1, 1]\n%u = const i32[1,3] = [10, 20, 30]\n"
                           "%y = scatter_elements(%x, %i, %u) {{axis=1, reduction={}}}\noutput %y\n";
  EXPECT_EQ(run_op<std::int32_t>(fmt::format(fmt::runtime(text), "none")), (Ints{1, 30, 3, 20}));
  EXPECT_EQ(run_op<std::int32_t>(fmt::format(fmt::runtime(text), "add")), (Ints{1, 42, 3, 24}));
  EXPECT_EQ(run_op<std::int32_t>(fmt::format(fmt::runtime(text), "mul")), (Ints{1, 600, 3, 80}));
  EXPECT_EQ(run_op<std::int32_t>(fmt::format(fmt::runtime(text), "min")), (Ints{1, 2, 3, 4}));
  EXPECT_EQ(run_op<std::int32_t>(fmt::format(fmt::runtime(text), "max")), (Ints{1, 30, 3, 20}));
}

TEST(ScatterNd, PutsSlices) {
  EXPECT_EQ(run_op<float>("%x = const f32[3,2] = [0, 0, 1, 1, 2, 2]\n%i = const i64[2,1] = [2, 0]\n%u = const f32[2,2] = [7, 8, 9, 10]\n"
                          "%y = scatter_nd(%x, %i, %u)\noutput %y\n"),
            (Floats{9, 10, 1, 1, 7, 8}));
}

TEST(Index, PositionsOutsideAreErrors) {
  EXPECT_THAT(op_error("%x = const f32[2] = [1, 2]\n%i = const i64[1] = [2]\n%y = gather_elements(%x, %i)\noutput %y\n"),
              testing::HasSubstr("index 2 is outside [-2, 2)"));
  EXPECT_THAT(op_error("%x = const f32[2] = [1, 2]\n%i = const i64[1,1] = [-3]\n%y = gather_nd(%x, %i)\noutput %y\n"),
              testing::HasSubstr("index -3 is outside"));
  EXPECT_THAT(op_error("%x = const f32[2] = [1, 2]\n%i = const i64[1,2] = [0, 0]\n%y = gather_nd(%x, %i)\noutput %y\n"),
              testing::HasSubstr("do not fit"));
  EXPECT_THAT(op_error("%x = const f32[2] = [1, 2]\n%i = const i64[1,1] = [0]\n%u = const f32[2] = [1, 2]\n%y = scatter_nd(%x, %i, %u)\noutput %y\n"),
              testing::HasSubstr("updates have shape [2], expected [1]"));
}

}  // namespace
}  // namespace octet
