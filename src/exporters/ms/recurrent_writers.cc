// SPDX-License-Identifier: Apache-2.0
// Layers over sequences. The format has LSTM and GRU with the gates, layouts and order of inputs of ONNX, but neither lengths,
// peepholes, clipping nor a choice of activations.
#include "exporters/ms/ms_writer.h"
#include "ops/recurrent.h"

namespace octet {
namespace {

enum Input : std::size_t { kBias = 3, kLengths, kInitialH, kInitialC, kPeepholes };

bool has_usual_activations(const Node& node) {
  const auto& activations = node.as<RecurrentAttrs>().activations;
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const bool is_first = i % num_activations(*node.op) == 0;
    const auto usual = is_first ? RecurrentActivation::kSigmoid : RecurrentActivation::kTanh;
    if (activations[i] != static_cast<std::int64_t>(usual)) return false;
  }
  return true;
}

// What the format cannot say; empty: nothing.
std::string_view problem_of(const MsWriter& writer) {
  const auto& attrs = writer.node.as<RecurrentAttrs>();
  if (attrs.direction == Direction::kReverse) return "runs backwards alone";
  if (!has_usual_activations(writer.node)) return "has other activations than sigmoid and tanh";
  if (attrs.clip != 0.0f) return "clips its gates";
  if (attrs.input_forget) return "couples input and forget gates";
  if (writer.has_input(kLengths)) return "takes lengths of sequences";
  if (writer.has_input(kPeepholes)) return "has peepholes";
  return "";
}

// The format's inputs: src, both weights, bias, states. What the node lacks is zeros.
Result<void> set_operands(MsWriter& writer, std::size_t num_states) {
  if (const std::string_view problem = problem_of(writer); !problem.empty())
    return writer.unsupported("it {}, which {}", problem, kNotInMsFiles);
  writer.inputs = {writer.node.inputs[0], writer.node.inputs[1], writer.node.inputs[2]};
  const auto append = [&](std::size_t input, std::string_view suffix, const Shape& shape) {
    if (writer.has_input(input))
      writer.inputs.push_back(writer.node.inputs[input]);
    else
      writer.append_input(make_constant(std::string(suffix), shape, std::vector<float>(static_cast<std::size_t>(*num_elements(shape)), 0.0f)));
  };
  const Shape &src = writer.input(0).shape, &weights = writer.input(1).shape;
  const Shape state = {weights[0], src[1], writer.node.as<RecurrentAttrs>().hidden};
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(state, "batch"));
  append(kBias, "bias", {weights[0], 2 * weights[1]});
  append(kInitialH, "initial_h", state);
  if (num_states > 1) append(kInitialC, "initial_c", state);
  // The runtime writes all outputs.
  while (writer.outputs.size() < 1 + num_states) {
    Tensor last;
    last.name = writer.outputs.size() == 1 ? "last_h" : "last_c";
    last.shape = state;
    writer.append_output(std::move(last));
  }
  return {};
}

}  // namespace

Result<MsPrimitive> write_ms_lstm(MsWriter& writer) {
  OCTET_RETURN_IF_ERROR(set_operands(writer, 2));
  const auto& attrs = writer.node.as<RecurrentAttrs>();
  const bool both = attrs.direction == Direction::kBoth;
  return writer.primitive(msl2::CreateLSTM(writer.buffer, both, /*has_bias=*/false, /*input_size=*/0, attrs.hidden,
                                           /*num_layers=*/0, /*num_directions=*/both ? 2 : 0));
}

// The runtime resets before the product.
Result<MsPrimitive> write_ms_gru(MsWriter& writer) {
  OCTET_RETURN_IF_ERROR(set_operands(writer, 1));
  const auto& attrs = writer.node.as<RecurrentAttrs>();
  if (attrs.reset_after) return writer.unsupported("it resets after the product, which {}", kNotInMsFiles);
  return writer.primitive(msl2::CreateGRU(writer.buffer, attrs.direction == Direction::kBoth));
}

}  // namespace octet
