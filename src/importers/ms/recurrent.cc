// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/handlers.h"
#include "ops/recurrent.h"

namespace octet {

// Inputs: src [S, N, I], input weights [D, 4 * H, I], recurrent weights [D, 4 * H, H], bias [D, 8 * H], initial h and c [D, N, H]; gates
// i, o, f, c.
Result<void> import_ms_lstm(const MsNode& node, MsGraph& graph) {
  constexpr std::size_t kRecurrentWeights = 2, kNumWeights = 4, kNumInputs = 6;
  const auto& table = node.table<msl2::LSTM>();
  if (table.zoneout_cell() != 0.0f || table.zoneout_hidden() != 0.0f || table.proj_size() != 0 || table.num_layers() > 1)
    return node.error(ErrorCode::kUnsupported, "zoneout, projections and several layers in one are not supported");
  if (node.num_inputs() != kNumInputs) {
    return node.error(ErrorCode::kUnsupported, "has {} inputs, expected {}: src, two weights, bias and two states", node.num_inputs(),
                      kNumInputs);
  }
  OCTET_ASSIGN_OR_RETURN(std::vector<TensorId> inputs, graph.inputs(node));
  const Shape& weights = graph.shape(inputs[kRecurrentWeights]);
  if (weights.size() != 3 || is_symbolic(weights[2]))
    return node.error(ErrorCode::kInvalidModel, "its recurrent weights have {} dimensions, expected 3 of fixed sizes", weights.size());
  RecurrentAttrs attrs;
  attrs.hidden = weights[2];
  attrs.direction = table.bidirectional() ? Direction::kBoth : Direction::kForward;
  const std::size_t count = num_activations(kLstm) * (table.bidirectional() ? 2 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_gate = i % num_activations(kLstm) == 0;
    attrs.activations.push_back(static_cast<std::int64_t>(is_gate ? RecurrentActivation::kSigmoid : RecurrentActivation::kTanh));
  }
  attrs.alpha.assign(count, 0.0f);
  attrs.beta.assign(count, 0.0f);
  inputs.insert(inputs.begin() + kNumWeights, kNoTensor);  // lengths
  return graph.add_multi(node, kLstm, attrs, inputs);
}

}  // namespace octet
