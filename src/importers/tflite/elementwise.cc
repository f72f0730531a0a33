// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, and the borders of quantization.
#include <cmath>

#include "importers/tflite/handlers.h"
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
Result<Pair> two_inputs(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return Pair{a, b};
}

// add, sub, mul and div: options with a fused activation, and operators of the first versions had none.
template <typename Options>
Result<void> import_arithmetic(TfliteNode& node, const Op& op) {
  FusedActivation activation = FusedActivation::kNone;
  if (const auto options = node.options<Options>()) {
    OCTET_ASSIGN_OR_RETURN(activation, node.activation((*options)->fused_activation_function()));
  }
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_binary(node, op, src.a, src.b, activation);
}

}  // namespace

Result<void> import_tflite_add(TfliteNode& node) { return import_arithmetic<tfl3::AddOptions>(node, kAdd); }
Result<void> import_tflite_sub(TfliteNode& node) { return import_arithmetic<tfl3::SubOptions>(node, kSub); }
Result<void> import_tflite_mul(TfliteNode& node) { return import_arithmetic<tfl3::MulOptions>(node, kMul); }
Result<void> import_tflite_div(TfliteNode& node) { return import_arithmetic<tfl3::DivOptions>(node, kDiv); }

Result<void> import_tflite_unary(TfliteNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_unary(node, op, src);
}

Result<void> import_tflite_relu_n1_to_1(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kClip, ClipAttrs{.min = -1.0f, .max = 1.0f}, {src});
}

Result<void> import_tflite_relu_0_to_1(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kClip, ClipAttrs{.min = 0.0f, .max = 1.0f}, {src});
}

Result<void> import_tflite_leaky_relu(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::LeakyReluOptions>());
  if (!std::isfinite(options->alpha())) return node.error(ErrorCode::kInvalidModel, "alpha is {}", options->alpha());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLeakyRelu, SlopeAttrs{options->alpha()}, {src});
}

Result<void> import_tflite_elu(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kElu, SlopeAttrs{1.0f}, {src});
}

Result<void> import_tflite_gelu(TfliteNode& node) {
  bool approximate = false;
  if (const auto options = node.options<tfl3::GeluOptions>()) approximate = (*options)->approximate();
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kGelu, GeluAttrs{approximate}, {src});
}

Result<void> import_tflite_rsqrt(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_rsqrt(node, src);
}

Result<void> import_tflite_square(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_square(node, src);
}

Result<void> import_tflite_binary(TfliteNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_binary(node, op, src.a, src.b, FusedActivation::kNone);
}

Result<void> import_tflite_logic(TfliteNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return node.add(op, NoAttrs{}, {src.a, src.b});
}

Result<void> import_tflite_floor_div(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_floor_div(node, src.a, src.b);
}

Result<void> import_tflite_floor_mod(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_floor_mod(node, src.a, src.b);
}

Result<void> import_tflite_squared_difference(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_squared_difference(node, src.a, src.b);
}

Result<void> import_tflite_not_equal(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_not_equal(node, src.a, src.b);
}

Result<void> import_tflite_add_n(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto inputs, node.inputs());
  return lower_sum(node, inputs);
}

// Inputs: condition, a, b. The condition of SELECT (not SELECT_V2) may name whole rows.
Result<void> import_tflite_select(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(TensorId condition, node.input(0));
  OCTET_ASSIGN_OR_RETURN(TensorId a, node.input(1));
  OCTET_ASSIGN_OR_RETURN(TensorId b, node.input(2));
  const std::size_t rank = node.rank(a);
  if (node.type() == "SELECT" && node.rank(condition) == 1 && rank > 1) {
    Numbers shape(rank, 1);
    shape[0] = -1;
    OCTET_ASSIGN_OR_RETURN(condition, node.inner("rows", kReshape, ReshapeAttrs{shape}, {condition}));
  }
  if (const auto& quant = node.output_spec().quant) {
    OCTET_ASSIGN_OR_RETURN(a, node.requantized(a, *quant));
    OCTET_ASSIGN_OR_RETURN(b, node.requantized(b, *quant));
  }
  return node.add(kWhere, NoAttrs{}, {condition, a, b});
}

// The slope broadcasts against the last dimensions: [1, 1, C].
Result<void> import_tflite_prelu(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return node.add(kPrelu, BinaryAttrs{}, {src.a, src.b});
}

Result<void> import_tflite_cast(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  if (node.tensor(src).quant && node.tensor(src).type == DataType::kInt8)
    return node.error(ErrorCode::kUnsupported, "casts the steps of a quantized tensor");
  return node.add(kCast, CastAttrs{node.output_spec().type.value_or(DataType::kFloat32)}, {src});
}

// float32 to int8, or int8 to other parameters.
Result<void> import_tflite_quantize(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.stored_input(0));
  const OutputSpec& spec = node.output_spec();
  if (spec.type != DataType::kInt8 || !spec.quant)
    return node.error(ErrorCode::kUnsupported, "its output '{}' is no int8 or uint8 tensor with a scale", spec.name);
  if (node.tensor(src).quant == spec.quant) return node.add(kIdentity, NoAttrs{}, {src});
  return node.add(kQuantize, QuantizeAttrs{DataType::kInt8}, {src});
}

// Constants, float16 ones among them, become float32 constants.
Result<void> import_tflite_dequantize(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(TensorId src, node.stored_input(0));
  if (node.is_constant(src)) {
    OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
  }
  if (node.tensor(src).type == DataType::kFloat32) return node.add(kIdentity, NoAttrs{}, {src});
  if (!node.tensor(src).quant) return node.error(ErrorCode::kInvalidModel, "'{}' has no scale", node.tensor(src).name);
  return node.add(kDequantize, DequantizeAttrs{}, {src});
}

}  // namespace octet
