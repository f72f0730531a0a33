// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "base/infinity.h"
#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/unary.h"

namespace octet {
namespace {

// A constant bound; `none` for an absent one. The largest floats, which are the defaults of old opsets, mean none, too.
Result<float> clip_bound(const OnnxNode& node, const OnnxGraph& graph, std::string_view name, std::size_t input, float none) {
  float bound = none;
  if (node.opset() < 11) {
    OCTET_ASSIGN_OR_RETURN(bound, node.get_float(name, none));
  } else if (const TensorId id = node.optional_input(input); id != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const double number, graph.number(node, id, name));
    bound = static_cast<float>(number);
  }
  if (std::isnan(bound)) return node.error(ErrorCode::kInvalidModel, "bound '{}' is not a number", name);
  return std::abs(bound) == std::numeric_limits<float>::max() && std::signbit(bound) == std::signbit(none) ? none : bound;
}

// Bounds that are computed while the model runs, or of another type than f32.
Result<void> import_clip_of_tensors(const OnnxNode& node, OnnxGraph& graph, TensorId src, TensorId lo, TensorId hi) {
  if (lo == kNoTensor) return graph.add(node, kMinimum, BinaryAttrs{}, {src, hi});
  if (hi == kNoTensor) return graph.add(node, kMaximum, BinaryAttrs{}, {src, lo});
  OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "lower_bound", kMaximum, BinaryAttrs{}, {src, lo}));
  return graph.add(node, kMinimum, BinaryAttrs{}, {src, hi});
}

}  // namespace

// ONNX Clip: dst = min(hi, max(src, lo)); lo > hi is legal and gives hi. https://onnx.ai/onnx/operators/onnx__Clip.html
// Before opset 11 the bounds are attributes, from 11 optional inputs 1 and 2 (scalars); a missing bound means none.
// [0, 6] and [0, infinity) become relu6 and relu.
Result<void> import_clip(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const TensorId lo_id = node.opset() < 11 ? kNoTensor : node.optional_input(1);
  const TensorId hi_id = node.opset() < 11 ? kNoTensor : node.optional_input(2);
  const bool is_float = graph.tensor(src).type == DataType::kFloat32;
  const auto fixed = [&](TensorId id) { return id == kNoTensor || graph.is_constant(id); };
  if ((lo_id != kNoTensor || hi_id != kNoTensor) && (!is_float || !fixed(lo_id) || !fixed(hi_id)))
    return import_clip_of_tensors(node, graph, src, lo_id, hi_id);

  OCTET_ASSIGN_OR_RETURN(const float lo, clip_bound(node, graph, "min", 1, -kInfinity));
  OCTET_ASSIGN_OR_RETURN(const float hi, clip_bound(node, graph, "max", 2, kInfinity));
  if (is_float && lo == 0.0f && hi == 6.0f) return graph.add(node, kRelu6, NoAttrs{}, {src});
  if (is_float && lo == 0.0f && hi == kInfinity) return graph.add(node, kRelu, NoAttrs{}, {src});
  return graph.add(node, kClip, ClipAttrs{.min = lo, .max = hi}, {src});
}

Result<void> import_elu(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.get_float("alpha", 1.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kElu, SlopeAttrs{alpha}, {src});
}

Result<void> import_leaky_relu(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.get_float("alpha", 0.01f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kLeakyRelu, SlopeAttrs{alpha}, {src});
}

Result<void> import_hard_sigmoid(const OnnxNode& node, OnnxGraph& graph) {
  HardSigmoidAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.alpha, node.get_float("alpha", 0.2f));
  OCTET_ASSIGN_OR_RETURN(attrs.beta, node.get_float("beta", 0.5f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kHardSigmoid, attrs, {src});
}

Result<void> import_gelu(const OnnxNode& node, OnnxGraph& graph) {
  const auto approximate = node.get_string("approximate", "none");
  if (!approximate) return approximate.error();
  if (*approximate != "none" && *approximate != "tanh")
    return node.error(ErrorCode::kInvalidModel, "approximate is '{}', expected 'none' or 'tanh'", *approximate);
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kGelu, GeluAttrs{*approximate == "tanh"}, {src});
}

Result<void> import_celu(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.get_float("alpha", 1.0f));
  if (alpha == 0.0f) return node.error(ErrorCode::kInvalidModel, "alpha is 0");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kCelu, SlopeAttrs{alpha}, {src});
}

Result<void> import_selu(const OnnxNode& node, OnnxGraph& graph) {
  SeluAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.alpha, node.get_float("alpha", attrs.alpha));
  OCTET_ASSIGN_OR_RETURN(attrs.gamma, node.get_float("gamma", attrs.gamma));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kSelu, attrs, {src});
}

Result<void> import_shrink(const OnnxNode& node, OnnxGraph& graph) {
  ShrinkAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.lambda, node.get_float("lambd", 0.5f));
  OCTET_ASSIGN_OR_RETURN(attrs.bias, node.get_float("bias", 0.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  return graph.add(node, kShrink, attrs, {src});
}

Result<void> import_thresholded_relu(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.get_float("alpha", 1.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kThresholdedRelu, SlopeAttrs{alpha}, {src});
}

}  // namespace octet
