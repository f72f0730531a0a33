// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, and the borders of quantization.
#include <cmath>

#include "importers/ms/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/quantize.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

struct Pair {
  TensorId a, b;
};
Result<Pair> two_inputs(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, graph.input(node, 1));
  return Pair{a, b};
}

// src * scale + shift, if that is not src.
Result<TensorId> scaled(const MsNode& node, MsGraph& graph, TensorId src, float scale, float shift) {
  if (!std::isfinite(scale) || !std::isfinite(shift))
    return node.error(ErrorCode::kInvalidModel, "scale {} or shift {} is not a number", scale, shift);
  if (scale != 1.0f) {
    const TensorId factor = graph.inner_scalar(node, "scale", scale);
    OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "scaled", kMul, BinaryAttrs{}, {src, factor}));
  }
  if (shift != 0.0f) {
    const TensorId summand = graph.inner_scalar(node, "shift", shift);
    OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "shifted", kAdd, BinaryAttrs{}, {src, summand}));
  }
  return src;
}

// All inputs joined by `op`, from the left.
Result<void> import_chain(const MsNode& node, MsGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  if (inputs.empty()) return node.error(ErrorCode::kInvalidModel, "has no input");
  if (inputs.size() == 1) return graph.add(node, kIdentity, NoAttrs{}, inputs);
  TensorId sum = inputs[0];
  for (std::size_t i = 1; i + 1 < inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(sum, graph.add_inner(node, fmt::format("part_{}", i), op, BinaryAttrs{}, {sum, inputs[i]}));
  }
  return graph.add(node, op, BinaryAttrs{}, {sum, inputs.back()});
}

}  // namespace

Result<void> import_ms_unary(const MsNode& node, MsGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, op, NoAttrs{}, {src});
}

Result<void> import_ms_binary(const MsNode& node, MsGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  return graph.add(node, op, BinaryAttrs{}, {src.a, src.b});
}

Result<void> import_ms_logic(const MsNode& node, MsGraph& graph, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  return graph.add(node, op, NoAttrs{}, {src.a, src.b});
}

Result<void> import_ms_fused_binary(const MsNode& node, MsGraph& graph, const Op& op, msl2::ActivationType activation) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  return graph.add_activated(node, op, BinaryAttrs{}, {src.a, src.b}, activation);
}

Result<void> import_ms_eltwise(const MsNode& node, MsGraph& graph) {
  const auto mode = node.table<msl2::Eltwise>().mode();
  switch (mode) {
    case msl2::EltwiseMode::PROD:
      return import_chain(node, graph, kMul);
    case msl2::EltwiseMode::SUM:
      return import_chain(node, graph, kAdd);
    case msl2::EltwiseMode::MAXIMUM:
      return import_chain(node, graph, kMaximum);
    default:
      return node.error(ErrorCode::kUnsupported, "mode {} is not supported", static_cast<int>(mode));
  }
}

Result<void> import_ms_add_n(const MsNode& node, MsGraph& graph) { return import_chain(node, graph, kAdd); }

Result<void> import_ms_not_equal(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  OCTET_ASSIGN_OR_RETURN(const TensorId equal, graph.add_inner(node, "equal", kEqual, NoAttrs{}, {src.a, src.b}));
  return graph.add(node, kNot, NoAttrs{}, {equal});
}

// dst = (scale * a + shift) ^ b
Result<void> import_ms_pow(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::PowFusion>();
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, scaled(node, graph, src.a, table.scale(), table.shift()));
  return graph.add(node, kPow, BinaryAttrs{}, {a, src.b});
}

// dst = base ^ (scale * src + shift) = exp(ln(base) * (scale * src + shift)); a base of -1 is e.
Result<void> import_ms_exp(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ExpFusion>();
  if (table.base() != -1.0f && !(table.base() > 0.0f))
    return node.error(ErrorCode::kInvalidModel, "base is {}, expected -1 (e) or a positive number", table.base());
  const float log_base = table.base() == -1.0f ? 1.0f : std::log(table.base());
  OCTET_ASSIGN_OR_RETURN(TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(src, scaled(node, graph, src, log_base * table.scale(), log_base * table.shift()));
  return graph.add(node, kExp, NoAttrs{}, {src});
}

Result<void> import_ms_rsqrt(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, graph.add_inner(node, "root", kSqrt, NoAttrs{}, {src}));
  return graph.add(node, kReciprocal, NoAttrs{}, {root});
}

Result<void> import_ms_square(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kMul, BinaryAttrs{}, {src, src});
}

Result<void> import_ms_squared_difference(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node, graph));
  OCTET_ASSIGN_OR_RETURN(const TensorId difference,
                         graph.add_inner(node, "difference", kSub, BinaryAttrs{}, {src.a, src.b}));
  return graph.add(node, kMul, BinaryAttrs{}, {difference, difference});
}

Result<void> import_ms_where(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  if (inputs.size() != 3)
    return node.error(ErrorCode::kUnsupported, "has {} inputs, expected a condition and two values", inputs.size());
  return graph.add(node, kWhere, NoAttrs{}, inputs);
}

// The type is input 1, a MindSpore type number; without it the output's.
Result<void> import_ms_cast(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  DataType to = graph.output_type(node);
  if (node.num_inputs() > 1) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t number, graph.integer(node, 1, "type"));
    const auto stated = static_cast<std::int64_t>(graph.file_tensor(node.output(0)).dataType());
    if (number != stated)
      return node.error(ErrorCode::kInvalidModel, "casts to type {}, but its output has type {}", number, stated);
  }
  return graph.add(node, kCast, CastAttrs{to}, {src});
}

// Float to integer, integer to float, or integer to integer of another scale. What is stored in the tensors decides;
// src_t and dst_t say the same. Weights that are dequantized while running have their parameters as four more inputs
// (scales, zero points, corrections of mean and variance), which repeat those of the constant.
Result<void> import_ms_quant_cast(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::QuantDTypeCast>();
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0, table.axis()));
  if (node.num_inputs() != 1 && !(node.num_inputs() == 5 && graph.is_constant(src)))
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, expected 1, or 5 with constant weights", node.num_inputs());
  const DataType to = graph.output_type(node);
  if (is_float(to) && graph.is_constant(src) && graph.tensor(src).type == DataType::kFloat32)  // FSE_INFER: dequantized already
    return graph.add(node, kIdentity, NoAttrs{}, {src});
  if (is_float(to) && !graph.tensor(src).quant)
    return node.error(ErrorCode::kInvalidModel, "its input '{}' has no quantParams", graph.tensor(src).name);
  if (is_float(to)) return graph.add(node, kDequantize, DequantizeAttrs{}, {src});
  OCTET_ASSIGN_OR_RETURN(const auto quant, graph.output_quant(node));
  if (!quant)
    return node.error(ErrorCode::kInvalidModel, "its output '{}' has no quantParams",
                      graph.display_name(node.output(0)));
  return graph.add(node, kQuantize, QuantizeAttrs{to}, {src});
}

}  // namespace octet
