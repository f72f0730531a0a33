// SPDX-License-Identifier: Apache-2.0
#include "api/node_macs.h"

#include "ops/conv.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"

namespace octet {

// Every output element is a sum over one filter, or over the common dimension of two matrices.
std::uint64_t node_macs(const Graph& graph, const Node& node) {
  const bool has_filters = node.is(kConv2d) || node.is(kConv) || node.is(kFullyConnected);
  if (!has_filters && !node.is(kConvTranspose) && !node.is(kMatmul)) return 0;
  const auto outputs = num_elements(graph.tensor(node.outputs[0]).shape);
  if (!outputs) return 0;
  const Shape& second = graph.tensor(node.inputs[1]).shape;
  const auto weights = num_elements(second);
  if (!weights || second.empty()) return 0;
  if (node.is(kConvTranspose)) {  // every input element is multiplied with the filters of its channel
    const auto inputs = num_elements(graph.tensor(node.inputs[0]).shape);
    return !inputs || second[0] <= 0 ? 0 : static_cast<std::uint64_t>(*inputs) * static_cast<std::uint64_t>(*weights / second[0]);
  }
  if (has_filters) return second[0] <= 0 ? 0 : static_cast<std::uint64_t>(*outputs) * static_cast<std::uint64_t>(*weights / second[0]);
  const Shape& first = graph.tensor(node.inputs[0]).shape;
  if (first.size() < 2) return static_cast<std::uint64_t>(*weights);
  const std::int64_t common = node.as<MatmulAttrs>().transpose_a ? first[first.size() - 2] : first.back();
  return common <= 0 ? 0 : static_cast<std::uint64_t>(*outputs) * static_cast<std::uint64_t>(common);
}

}  // namespace octet
