// SPDX-License-Identifier: Apache-2.0
#include "ops/dynamic_quantize.h"

#include "ops/op_test.h"

namespace octet {
namespace {

TEST(DynamicQuantize, ScalesEachRowByItsLargestValue) {
  const auto outputs = run_graph(R"(
      %x = const f32[2,3] = [-127, 1, 63.4, 0.5, -0.25, 0]
      %q, %s, %z = dynamic_quantize(%x)
      output %q
      output %s
      output %z)");
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(std::vector<std::int8_t>(outputs[0].values<std::int8_t>().begin(), outputs[0].values<std::int8_t>().end()),
            (std::vector<std::int8_t>{-127, 1, 63, 127, -64, 0}));  // -63.5 rounds to even
  EXPECT_EQ(outputs[1].shape, (Shape{2, 1}));
  EXPECT_EQ(outputs[1].values<float>()[0], 1.0f);
  EXPECT_EQ(outputs[2].values<std::int32_t>()[1], 0);
}

TEST(DynamicQuantize, UsesTheWholeRangeOfOneSidedValues) {
  const auto outputs = run_graph(R"(
      %x = const f32[1,4] = [0, 255, 127, -5]
      %q, %s, %z = dynamic_quantize(%x) {per_row=false, symmetric=false}
      output %q
      output %s
      output %z)");
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_TRUE(outputs[1].shape.empty());
  EXPECT_FLOAT_EQ(outputs[1].values<float>()[0], 260.0f / 255.0f);
  EXPECT_EQ(outputs[2].values<std::int32_t>()[0], -123);
  EXPECT_EQ(int{outputs[0].values<std::int8_t>()[1]}, 127);
  EXPECT_EQ(int{outputs[0].values<std::int8_t>()[0]}, -123);
}

TEST(DynamicQuantize, StandsZerosInfinitiesAndNaN) {
  EXPECT_EQ(run_op<std::int8_t>("%x = const f32[3] = [0, 0, 0]\n%q, %s, %z = dynamic_quantize(%x)\noutput %q"),
            (std::vector<std::int8_t>{0, 0, 0}));
  EXPECT_EQ(run_op<std::int8_t>("%x = const f32[3] = [inf, 1, nan]\n%q, %s, %z = dynamic_quantize(%x)\noutput %q"),
            (std::vector<std::int8_t>{127, 0, 0}));
  const DynamicParams params = dynamic_params(-std::numeric_limits<float>::max(), std::numeric_limits<float>::max(), false);
  EXPECT_TRUE(std::isfinite(params.scale));
  EXPECT_EQ(params.zero_point, 0);
}

constexpr std::string_view kLayer = R"(
      %q = const i8[2,2] = [1, 2, 3, 4]
      %s = const f32[2,1] = [0.5, 2]
      %z = const i32[2,1] = [1, 0]
      %w = const i8[2,2] q(scale=[1,0.5], zp=[0,0], axis=0) = [1, 10, -1, 2]
      %b = const f32[2] = [100, -100]
      %y = dynamic_fully_connected(%q, %s, %z, %w, %b)
      output %y)";

TEST(DynamicFullyConnected, AppliesTheParametersOfRowsAndColumns) {
  // Row 0: real [0, 0.5]; row 1: [6, 8]. Columns: [1, 10], [-0.5, 1].
  EXPECT_EQ(run_op<float>(kLayer), (std::vector<float>{105, -99.5, 186, -95}));
}

TEST(DynamicFullyConnected, AppliesItsActivation) {
  std::string text(kLayer);
  text.replace(text.find("%b)"), 3, "%b) {activation=relu6}");
  EXPECT_EQ(run_op<float>(text), (std::vector<float>{6, 0, 6, 0}));
}

TEST(DynamicFullyConnected, RejectsWhatDoesNotGoTogether) {
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text(kLayer);
    return op_error(text.replace(text.find(from), from.size(), to));
  };
  EXPECT_NE(with("f32[2,1] = [0.5, 2]", "f32[2] = [0.5, 2]"), "");
  EXPECT_NE(with("zp=[0,0]", "zp=[0,1]"), "");
  EXPECT_NE(with("%b = const f32[2] = [100, -100]", "%b = const f32[3] = [1,2,3]"), "");
}

TEST(DynamicMatmul, MultipliesTwoQuantizedOperands) {
  const std::string text = R"(
      %a = const i8[1,2] = [3, 5]
      %s = const f32[] = [0.5]
      %z = const i32[] = [1]
      %b = const i8[2,2] = [1, 2, 3, 4]
      %t = const f32[] = [2]
      %u = const i32[] = [-1]
)";
  EXPECT_EQ(run_op<float>(text + "%y = dynamic_matmul(%a, %s, %z, %b, %t, %u)\noutput %y"), (std::vector<float>{20, 26}));
  EXPECT_EQ(run_op<float>(text + "%y = dynamic_matmul(%a, %s, %z, %b, %t, %u) {transpose_b=true}\noutput %y"),
            (std::vector<float>{16, 28}));
}

}  // namespace
}  // namespace octet
