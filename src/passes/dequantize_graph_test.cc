// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(DequantizeGraph, GivesTheFloatGraphOfAnInt8One) {
  EXPECT_EQ(run_pass(dequantize_graph, R"(
      %x = input f32[1,2]
      %q = quantize(%x) : i8[1,2] q(scale=0.5, zp=3)
      %w = const i8[2,2] q(scale=[0.5,0.25], zp=[0,0], axis=0) = [1,2,3,4]
      %b = const i32[2] q(scale=[0.25,0.125], zp=[0,0], axis=0, bits=32) = [4,8]
      %h = fully_connected(%q, %w, %b) {activation=relu} : i8[1,2] q(scale=0.1, zp=-128)
      %y = dequantize(%h)
      output %y)"), graph_text(R"(
      %x = input f32[1,2]
      %q = identity(%x)
      %w = const f32[2,2] = [0.5, 1, 0.75, 1]
      %b = const f32[2] = [1, 1]
      %h = fully_connected(%q, %w, %b) {activation=relu}
      %y = identity(%h)
      output %y)"));
}

}  // namespace
}  // namespace octet
