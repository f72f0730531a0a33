// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/other_shapes.h"

#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

using testing::HasSubstr;

// A layer, a table with a row per position, and a reshape; `scale` is a weight.
Graph net(int positions, float weight, const std::string& op = "relu") {
  return parsed(fmt::format(R"(
      %x = input f32[1,{0},1]
      %w = const f32[1,1] = [{1}]
      %table = const f32[1,{0},1] = [{2}]
      %h = fully_connected(%x, %w) @"fc"
      %p = add(%h, %table) @"positions"
      %r = {3}(%p) @"act"
      %y = reshape(%r) {{shape=[{0}]}} @"flat"
      output %y)",
                            positions, weight,
                            fmt::join(std::vector<int>(static_cast<std::size_t>(positions), positions), ","), op));
}

TEST(OtherShapes, TakesShapesTablesAndAttributesAndKeepsWhatWasChanged) {
  Graph changed = net(2, 1.0f);
  Tensor& w = changed.tensor(find_tensor(changed, "w"));
  w = make_constant(w.name, w.shape, std::vector<float>{5.0f});
  const auto graph = at_shapes_of(changed, net(2, 1.0f), net(3, 1.0f));
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(print_graph(*graph), print_graph(net(3, 5.0f)));
}

TEST(OtherShapes, RefusesGraphsOfOtherNodes) {
  const auto other = at_shapes_of(net(2, 1.0f), net(2, 1.0f), net(3, 1.0f, "neg"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("node 'act' (relu) has another form"));
}

}  // namespace
}  // namespace octet
