// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/reshape.h"

namespace octet {

// A node without attributes whose inputs are those of our operator.
Result<void> import_elementwise(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  std::vector<TensorId> inputs;
  for (int i = 0; i < op.min_inputs; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(static_cast<std::size_t>(i), i == 0 ? "A" : "B"));
    inputs.push_back(id);
  }
  if (node.num_inputs() > inputs.size())
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, expected {}", node.num_inputs(), inputs.size());
  return graph.add(node, op, op.default_attrs(), inputs);
}

// ONNX Sum, Min and Max: ((a op b) op c) ...; of one input the input.
Result<void> import_variadic(const OnnxNode& node, OnnxGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(TensorId dst, node.input(0, "data_0"));
  if (node.num_inputs() == 1) return graph.add(node, kIdentity, NoAttrs{}, {dst});
  for (std::size_t i = 1;; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId next, node.input(i, fmt::format("data_{}", i)));
    if (i + 1 == node.num_inputs()) return graph.add(node, op, BinaryAttrs{}, {dst, next});
    OCTET_ASSIGN_OR_RETURN(dst, graph.add_inner(node, fmt::format("{}", i), op, BinaryAttrs{}, {dst, next}));
  }
}

// ONNX Mean: the sum of all inputs by their number. https://onnx.ai/onnx/operators/onnx__Mean.html
Result<void> import_mean(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(TensorId sum, node.input(0, "data_0"));
  for (std::size_t i = 1; i < node.num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId next, node.input(i, fmt::format("data_{}", i)));
    OCTET_ASSIGN_OR_RETURN(sum, graph.add_inner(node, fmt::format("{}", i), kAdd, BinaryAttrs{}, {sum, next}));
  }
  const TensorId count = graph.inner_scalar(node, "count", static_cast<float>(node.num_inputs()));
  return graph.add(node, kDiv, BinaryAttrs{}, {sum, count});
}

// https://onnx.ai/onnx/operators/onnx__Mod.html
Result<void> import_mod(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool fmod, node.get_bool("fmod", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0, "A"));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1, "B"));
  return graph.add(node, kMod, ModAttrs{fmod}, {a, b});
}

// https://onnx.ai/onnx/operators/onnx__BitShift.html
Result<void> import_bit_shift(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::string direction, node.get_string("direction", ""));
  if (direction != "LEFT" && direction != "RIGHT")
    return node.error(ErrorCode::kInvalidModel, "direction is '{}', expected LEFT or RIGHT", direction);
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1, "Y"));
  return graph.add(node, direction == "LEFT" ? kShiftLeft : kShiftRight, NoAttrs{}, {a, b});
}

// ~x is x xor all ones. https://onnx.ai/onnx/operators/onnx__BitwiseNot.html
Result<void> import_bitwise_not(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  const DataType type = graph.tensor(src).type;
  std::vector<std::byte> ones(data_type_size(type), std::byte{0xff});
  const TensorId mask = graph.inner_constant(node, "ones", make_constant("", type, {}, std::move(ones)));
  return graph.add(node, kBitwiseXor, NoAttrs{}, {src, mask});
}

// ONNX Pow: the exponent may have another type than the base, and the result has the base's.
// https://onnx.ai/onnx/operators/onnx__Pow.html
Result<void> import_pow(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId base, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(TensorId exponent, node.input(1, "Y"));
  const DataType type = graph.tensor(base).type;
  if (graph.tensor(exponent).type != type) {
    OCTET_ASSIGN_OR_RETURN(exponent, graph.add_inner(node, "exponent", kCast, CastAttrs{type}, {exponent}));
  }
  return graph.add(node, kPow, BinaryAttrs{}, {base, exponent});
}

Result<void> import_where(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId condition, node.input(0, "condition"));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(1, "X"));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(2, "Y"));
  return graph.add(node, kWhere, kWhere.default_attrs(), {condition, a, b});
}

}  // namespace octet
