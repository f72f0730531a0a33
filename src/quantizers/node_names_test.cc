// SPDX-License-Identifier: Apache-2.0
#include "quantizers/node_names.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/table.h"

namespace octet {
namespace {

TEST(CheckNodeNames, KnowsNodesAndWhatTheyAbsorbedAndSuggestsTheNearest) {
  auto graph = parse_graph("%x = input f32[1]\n%conv_12 = neg(%x)\n%pool = exp(%conv_12)\noutput %pool", find_op);
  ASSERT_TRUE(graph);
  graph->nodes[0].absorbed = {"relu_12"};
  EXPECT_TRUE(check_node_names(*graph, {"conv_12", "relu_12", "pool"}));
  EXPECT_TRUE(check_node_names(*graph, {}));
  const auto result = check_node_names(*graph, {"conv12", "pool", "relu-12"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message,
            "skip_quant_node: the model has no node 'conv12' (nearest: conv_12, relu_12, pool), nor 'relu-12' (nearest: relu_12, "
            "conv_12, pool)");
}

}  // namespace
}  // namespace octet
