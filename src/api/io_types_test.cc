// SPDX-License-Identifier: Apache-2.0
#include "api/io_types.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verifier.h"
#include "ops/op_test.h"

namespace octet {
namespace {

constexpr const char* kGraph = R"(
    %x = input f32[1,4]
    %q = quantize(%x) : i8[1,4] q(scale=0.25, zp=1)
    %r = relu(%q) : i8[1,4] q(scale=0.25, zp=1)
    %y = dequantize(%r)
    output %y)";

TEST(IoTypes, Int8InputsAndOutputsTakeOverNamesAndParameters) {
  Graph graph = parsed(kGraph);
  ASSERT_TRUE(make_inputs_int8(graph));
  ASSERT_TRUE(make_outputs_int8(graph));
  ASSERT_TRUE(verify(graph)) << verify(graph).error().message;
  ASSERT_EQ(graph.nodes.size(), 1u);
  const Tensor &x = graph.tensor(graph.inputs[0]), &y = graph.tensor(graph.outputs[0]);
  EXPECT_EQ(x.name, "x");
  EXPECT_EQ(x.type, DataType::kInt8);
  EXPECT_EQ(x.quant->scale[0], 0.25f);
  EXPECT_EQ(y.name, "y");
  EXPECT_EQ(y.type, DataType::kInt8);
}

TEST(IoTypes, FloatReadersOfAnInt8InputGetADequantize) {
  Graph graph = parsed(R"(
      %x = input f32[1,4]
      %q = quantize(%x) : i8[1,4] q(scale=0.25, zp=1)
      %r = relu(%q) : i8[1,4] q(scale=0.25, zp=1)
      %y = dequantize(%r)
      %z = add(%x, %y)
      output %z)");
  ASSERT_TRUE(make_inputs_int8(graph));
  ASSERT_TRUE(verify(graph)) << verify(graph).error().message;
  EXPECT_EQ(graph.nodes[0].op->name, "dequantize");
  const auto refused = make_outputs_int8(graph);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("output 'z'"), std::string::npos);
}

TEST(IoTypes, Float16ConstantsUnlessTheyAreTooLarge) {
  Graph graph = parsed(R"(
      %x = input f32[2]
      %a = const f32[2] = [1, 0.5]
      %b = const f32[2] = [70000, 1]
      %s = add(%x, %a)
      %y = add(%s, %b)
      output %y)");
  EXPECT_EQ(store_constants_as_float16(graph), 1u);
  EXPECT_EQ(graph.tensor(find_tensor(graph, "a")).type, DataType::kFloat16);
  EXPECT_EQ(graph.tensor(find_tensor(graph, "b")).type, DataType::kFloat32);
}

}  // namespace
}  // namespace octet
