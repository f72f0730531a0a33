// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

TEST(FuseActivation, MovesReluIntoTheProducer) {
  EXPECT_EQ(run_pass(fuse_activation, R"(
      %x = input f32[1,4,4,2]
      %w = const f32[3,1,1,2] = [1]
      %c = conv2d(%x, %w)
      %y = relu(%c)
      output %y)"),
            graph_text(R"(
      %x = input f32[1,4,4,2]
      %w = const f32[3,1,1,2] = [1]
      %y = conv2d(%x, %w) {activation=relu} @"c"
      output %y)"));
  EXPECT_EQ(passed(fuse_activation, R"(
      %x = input f32[1,2]
      %a = mul(%x, %x)
      %y = relu6(%a)
      output %y)").nodes[0].absorbed,
            std::vector<std::string>{"y"});
}

TEST(FuseActivation, KeepsResultsOfEveryProducer) {
  for (const char* node : {"conv2d(%x, %w)", "fully_connected(%x, %f)", "matmul(%x, %x) {transpose_b=true}", "add(%x, %x)",
                           "sub(%x, %s)", "mul(%x, %x)", "div(%x, %s)", "avg_pool2d(%x) {kernel=[2,2]}",
                           "max_pool2d(%x) {kernel=[2,2]}", "scale(%x, %s) {axis=3}"}) {
    for (const char* activation : {"relu", "relu6"}) {
      const std::string text = fmt::format(R"(
      %x = input f32[1,4,4,2]
      %w = const f32[2,1,1,2] = [1, 2, 3, -4]
      %f = const f32[2,2] = [1, 2, 3, -4]
      %s = const f32[2] = [3, -4]
      %a = {}
      %y = {}(%a)
      output %y)", node, activation);
      expect_keeps_results(fuse_activation, text, node);
      EXPECT_EQ(passed(fuse_activation, text).nodes.size(), 1u) << node;
    }
  }
}

TEST(FuseActivation, SkipsProducersThatHaveOneOrCannot) {
  for (const char* node : {"add(%x, %x) {activation=relu6}", "sigmoid(%x)"}) {
    const std::string text = fmt::format("%x = input f32[2]\n%a = {}\n%y = relu(%a)\noutput %y", node);
    EXPECT_EQ(run_pass(fuse_activation, text), graph_text(text));
    EXPECT_EQ(pass_stats(fuse_activation, text).skipped, 1u);
  }
}

TEST(FuseActivation, LeavesAResultThatOthersRead) {
  for (const char* rest : {"output %y, %a", "%z = neg(%a)\noutput %y, %z"}) {
    const std::string text = fmt::format("%x = input f32[2]\n%a = add(%x, %x)\n%y = relu(%a)\n{}", rest);
    EXPECT_EQ(run_pass(fuse_activation, text), graph_text(text));
  }
}

TEST(FuseActivation, LeavesInt8Alone) {
  constexpr std::string_view kText = R"(
      %x = input i8[2] q(scale=0.1, zp=0)
      %a = add(%x, %x) : i8[2] q(scale=0.2, zp=0)
      %y = relu(%a) : i8[2] q(scale=0.1, zp=-128)
      output %y)";
  EXPECT_EQ(run_pass(fuse_activation, kText), graph_text(kText));
}

}  // namespace
}  // namespace octet
