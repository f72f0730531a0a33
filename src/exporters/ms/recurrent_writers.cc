// SPDX-License-Identifier: Apache-2.0
// LSTM. The format has its default form: no lengths, peepholes, clipping or other activations; forward or in both directions; bias
// and states always there. Gates are ordered as ours. GRU is not written: MindSpore Lite 2.0.0 computes something else with the
// same weights (seen on 2026-11-21).
#include "exporters/ms/ms_writer.h"
#include "ops/recurrent.h"

namespace octet {
namespace {

constexpr std::size_t kBias = 3, kLengths = 4, kInitialH = 5, kInitialC = 6, kPeepholes = 7;

bool has_default_activations(const RecurrentAttrs& attrs) {
  for (std::size_t i = 0; i < attrs.activations.size(); ++i) {
    const auto wanted = i % num_activations(kLstm) == 0 ? RecurrentActivation::kSigmoid : RecurrentActivation::kTanh;
    if (attrs.activations[i] != static_cast<std::int64_t>(wanted)) return false;
  }
  return true;
}

Result<void> check(const MsWriter& writer, const RecurrentAttrs& attrs) {
  const auto refuse = [&](std::string_view what) { return writer.unsupported("{} {}", what, kNotInMsFiles); };
  if (attrs.direction == Direction::kReverse) return refuse("direction reverse");
  if (!has_default_activations(attrs)) return refuse("activations other than sigmoid and tanh");
  if (attrs.clip != 0.0f) return refuse("clipping");
  if (attrs.input_forget) return refuse("input_forget");
  if (writer.has_input(kLengths)) return refuse("lengths of sequences");
  if (writer.has_input(kPeepholes)) return refuse("peepholes");
  return {};
}

// Input i, or zeros of `shape`.
Result<void> append_state(MsWriter& writer, std::size_t i, std::string_view name, const Shape& shape) {
  if (writer.has_input(i)) {
    writer.inputs.push_back(writer.node.inputs[i]);
    return {};
  }
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(shape, "batch"));
  writer.append_zeros(name, shape);
  return {};
}

}  // namespace

Result<MsPrimitive> write_ms_lstm(MsWriter& writer) {
  const auto& attrs = writer.node.as<RecurrentAttrs>();
  OCTET_RETURN_IF_ERROR(check(writer, attrs));
  const bool both = attrs.direction == Direction::kBoth;
  const std::int64_t directions = both ? 2 : 1, gates = static_cast<std::int64_t>(num_gates(kLstm));
  const Shape& src = writer.input(0).shape;
  const Shape state = {directions, src[1], attrs.hidden};
  writer.inputs = {writer.node.inputs[0], writer.node.inputs[1], writer.node.inputs[2]};
  OCTET_RETURN_IF_ERROR(append_state(writer, kBias, "bias", {directions, 2 * gates * attrs.hidden}));
  OCTET_RETURN_IF_ERROR(append_state(writer, kInitialH, "initial_h", state));
  OCTET_RETURN_IF_ERROR(append_state(writer, kInitialC, "initial_c", state));
  return writer.primitive(msl2::CreateLSTM(writer.buffer, both, /*has_bias=*/true, src[2], attrs.hidden, /*num_layers=*/1, directions));
}

}  // namespace octet
