// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "importers/ms/handlers.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

using msl2::ActivationType;

// The largest floats as bounds mean none.
float bound(float value) {
  constexpr float kMax = std::numeric_limits<float>::max();
  return std::abs(value) < kMax ? value : std::copysign(std::numeric_limits<float>::infinity(), value);
}

struct UnaryForm {
  const Op* op;  // null: not supported
  std::any attrs;
};

UnaryForm plain(const Op& op) { return {&op, NoAttrs{}}; }

// An activation as an operator of ours. The parameters are those of a table Activation; zeros if it is fused.
UnaryForm unary_form(ActivationType type, float alpha, float min, float max, bool approximate) {
  switch (type) {
    case ActivationType::NO_ACTIVATION:
    case ActivationType::LINEAR:
      return plain(kIdentity);
    case ActivationType::RELU:
      return plain(kRelu);
    case ActivationType::RELU6:
      return plain(kRelu6);
    case ActivationType::SIGMOID:
      return plain(kSigmoid);
    case ActivationType::TANH:
      return plain(kTanh);
    case ActivationType::HSWISH:
      return plain(kHardSwish);
    case ActivationType::SWISH:
      return plain(kSilu);
    case ActivationType::SOFTPLUS:
      return plain(kSoftplus);
    case ActivationType::ABS:
      return plain(kAbs);
    case ActivationType::SIGN:
      return plain(kSign);
    case ActivationType::ELU:
      return {&kElu, SlopeAttrs{alpha}};
    case ActivationType::LEAKY_RELU:
      return {&kLeakyRelu, SlopeAttrs{alpha}};
    case ActivationType::GELU:
      return {&kGelu, GeluAttrs{approximate}};
    case ActivationType::HSIGMOID:
      return {&kHardSigmoid, HardSigmoidAttrs{.alpha = 1.0f / 6.0f, .beta = 0.5f}};
    case ActivationType::HARD_TANH:
      return {&kClip, ClipAttrs{.min = bound(min), .max = bound(max)}};
    default:
      return {};
  }
}

Error unsupported(const MsNode& node, ActivationType type) {
  return node.error(ErrorCode::kUnsupported, "activation_type {} ({}) is not supported here", static_cast<int>(type),
                    msl2::EnumNameActivationType(type));
}

bool has_parameters(ActivationType type) {
  return type == ActivationType::ELU || type == ActivationType::LEAKY_RELU || type == ActivationType::HARD_TANH;
}

}  // namespace

std::optional<Activation> fused_activation(ActivationType type) {
  switch (type) {
    case ActivationType::NO_ACTIVATION:
      return Activation::kNone;
    case ActivationType::RELU:
      return Activation::kRelu;
    case ActivationType::RELU6:
      return Activation::kRelu6;
    default:
      return std::nullopt;
  }
}

Result<void> MsGraph::add_activation(const MsNode& node, ActivationType type, TensorId src) {
  const UnaryForm form = unary_form(type, 0.0f, 0.0f, 0.0f, false);
  if (form.op == nullptr || has_parameters(type)) return unsupported(node, type);
  return add(node, *form.op, form.attrs, {src});
}

Result<void> import_ms_activation(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::Activation>();
  OCTET_RETURN_IF_ERROR(node.check_enumerator(table.activation_type(), "activation_type"));
  if (std::isnan(table.alpha()) || std::isnan(table.min_val()) || std::isnan(table.max_val()))
    return node.error(ErrorCode::kInvalidModel, "alpha, min_val or max_val is not a number");
  const UnaryForm form =
      unary_form(table.activation_type(), table.alpha(), table.min_val(), table.max_val(), table.approximate());
  if (form.op == nullptr) return unsupported(node, table.activation_type());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, *form.op, form.attrs, {src});
}

// Bounds as attributes, or as constant inputs 1 and 2.
Result<void> import_ms_clip(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::Clip>();
  ClipAttrs attrs{.min = table.min(), .max = table.max()};
  if (node.num_inputs() > 1) attrs = ClipAttrs{};
  for (std::size_t i = 1; i < std::min<std::size_t>(node.num_inputs(), 3); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, graph.input(node, i));
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant || tensor.type != DataType::kFloat32 || num_elements(tensor.shape) != 1)
      return node.error(ErrorCode::kUnsupported, "bound '{}' is not a constant of one float", tensor.name);
    (i == 1 ? attrs.min : attrs.max) = tensor.values<float>()[0];
  }
  if (std::isnan(attrs.min) || std::isnan(attrs.max))
    return node.error(ErrorCode::kInvalidModel, "a bound is not a number");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kClip, ClipAttrs{.min = bound(attrs.min), .max = bound(attrs.max)}, {src});
}

Result<void> import_ms_elu(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kElu, SlopeAttrs{node.table<msl2::Elu>().alpha()}, {src});
}

Result<void> import_ms_leaky_relu(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kLeakyRelu, SlopeAttrs{node.table<msl2::LeakyRelu>().negative_slope()}, {src});
}

// One slope for all elements, or one per channel of the last dimension, whatever shape it has: ONNX gives [C, 1, 1].
Result<void> import_ms_prelu(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(TensorId slope, graph.input(node, 1));
  const Shape shape = graph.shape(slope);
  const auto count = num_elements(shape);
  const std::int64_t channels = graph.shape(src).empty() ? 1 : graph.shape(src).back();
  if (count != 1 && count != channels) {
    return node.error(ErrorCode::kUnsupported,
                      "its slope of shape [{}] is neither one number nor one for each of {} channels",
                      fmt::join(shape, ", "), channels);
  }
  if (count != 1 && shape.back() != channels) {
    const auto quant = graph.tensor(slope).quant;
    OCTET_ASSIGN_OR_RETURN(slope,
                           graph.add_inner(node, "slope", kReshape, ReshapeAttrs{.shape = {channels}}, {slope}, quant));
  }
  return graph.add(node, kPrelu, BinaryAttrs{}, {src, slope});
}

}  // namespace octet
