// SPDX-License-Identifier: Apache-2.0
// Layers over sequences: gates, layouts and order of inputs are those of ONNX.
#include "ops/recurrent.h"

#include <algorithm>

#include "importers/ms/handlers.h"

namespace octet {
namespace {

RecurrentAttrs usual_attrs(const Op& op, bool bidirectional) {
  RecurrentAttrs attrs;
  attrs.direction = bidirectional ? Direction::kBoth : Direction::kForward;
  const std::size_t count = (bidirectional ? 2 : 1) * num_activations(op);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_first = i % num_activations(op) == 0;
    attrs.activations.push_back(static_cast<std::int64_t>(is_first ? RecurrentActivation::kSigmoid : RecurrentActivation::kTanh));
  }
  attrs.alpha.assign(count, 0.0f);
  attrs.beta.assign(count, 0.0f);
  return attrs;
}

// Several parameters of a constant [D, ...] are those of directions, as the original has them, or of rows, as Octet has.
std::int64_t params_axis(const MsNode& node, const MsGraph& graph, std::size_t i) {
  if (i >= node.num_inputs()) return 0;
  const msl2::Tensor& tensor = graph.file_tensor(node.input(i));
  if (tensor.quantParams() == nullptr || tensor.dims() == nullptr || tensor.dims()->size() == 0) return 0;
  const bool of_directions = static_cast<std::int64_t>(tensor.quantParams()->size()) == tensor.dims()->Get(0);
  return of_directions ? 0 : 1;
}

bool is_symmetric_int8(const Tensor& weights) {
  if (weights.type != DataType::kInt8 || !weights.quant || weights.quant->corrected()) return false;
  const auto& zero_points = weights.quant->zero_point;
  return std::all_of(zero_points.begin(), zero_points.end(), [](std::int32_t z) { return z == 0; });
}

// A node of type WeightQuant with such weights is dynamically quantized. The original's runtime takes that older name for
// QUANT_WEIGHT and computes in float. The file has no lengths: its states follow the bias.
Result<void> add_recurrent(const MsNode& node, MsGraph& graph, const Op& op, RecurrentAttrs attrs, std::size_t num_states) {
  if (node.num_inputs() < 3 || node.num_inputs() > 4 + num_states)
    return node.error(ErrorCode::kUnsupported, "has {} inputs, expected 3 to {}", node.num_inputs(), 4 + num_states);
  if (node.num_outputs() > 1 + num_states)
    return node.error(ErrorCode::kInvalidModel, "has {} outputs, expected at most {}", node.num_outputs(), 1 + num_states);
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  std::vector<TensorId> inputs = {src};
  attrs.dynamic = node.quant_type() == msl2::QuantType::WeightQuant;
  for (const std::size_t i : {1u, 2u}) {
    OCTET_ASSIGN_OR_RETURN(inputs.emplace_back(), graph.stored_input(node, i, params_axis(node, graph, i)));
    attrs.dynamic = attrs.dynamic && is_symmetric_int8(graph.tensor(inputs[i]));
  }
  for (const std::size_t i : {1u, 2u})
    if (!attrs.dynamic) {
      OCTET_ASSIGN_OR_RETURN(inputs[i], graph.real_input(node, inputs[i]));
    }
  const Shape& recurrent = graph.shape(inputs[2]);
  if (recurrent.size() != 3)
    return node.error(ErrorCode::kInvalidModel, "its recurrent weights have shape [{}], expected [directions, gates * hidden, hidden]",
                      fmt::join(recurrent, ", "));
  attrs.hidden = recurrent[2];
  OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.optional_input(node, 3));
  inputs.push_back(bias);
  inputs.push_back(kNoTensor);  // lengths
  for (std::size_t i = 0; i < num_states; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId state, graph.optional_input(node, 4 + i));
    inputs.push_back(state);
  }
  while (inputs.back() == kNoTensor) inputs.pop_back();
  return graph.add_multi(node, op, std::move(attrs), std::move(inputs));
}

}  // namespace

// inputs: src, weights, recurrent weights, bias, initial h, initial c.
Result<void> import_ms_lstm(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::LSTM>();
  if (table.zoneout_cell() != 0.0f || table.zoneout_hidden() != 0.0f || table.proj_size() != 0 || table.num_layers() > 1)
    return node.error(ErrorCode::kUnsupported, "zoneout, projections and several layers are not supported");
  return add_recurrent(node, graph, kLstm, usual_attrs(kLstm, table.bidirectional()), 2);
}

// inputs: src, weights, recurrent weights, bias, initial h.
Result<void> import_ms_gru(const MsNode& node, MsGraph& graph) {
  return add_recurrent(node, graph, kGru, usual_attrs(kGru, node.table<msl2::GRU>().bidirectional()), 1);
}

}  // namespace octet
