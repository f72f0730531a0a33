// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, softmax, and the borders of quantization.
#include <algorithm>
#include <cmath>

#include "exporters/onnx/onnx_writer.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/quantize.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

// Operators whose attributes are none, or an activation.
struct Plain {
  const Op* op;
  std::string_view type;
  std::int64_t since = 1;
};
constexpr Plain kPlain[] = {
    {&kAbs, "Abs"},           {&kAcos, "Acos"},
    {&kAcosh, "Acosh"},       {&kAsin, "Asin"},
    {&kAsinh, "Asinh"},       {&kAtan, "Atan"},
    {&kAtanh, "Atanh"},       {&kCeil, "Ceil"},
    {&kCos, "Cos"},           {&kCosh, "Cosh"},
    {&kErf, "Erf"},           {&kExp, "Exp"},
    {&kFloor, "Floor"},       {&kLog, "Log"},
    {&kMish, "Mish", 18},     {&kNeg, "Neg"},
    {&kNot, "Not"},           {&kReciprocal, "Reciprocal"},
    {&kRelu, "Relu"},         {&kRound, "Round"},
    {&kSigmoid, "Sigmoid"},   {&kSign, "Sign"},
    {&kSin, "Sin"},           {&kSinh, "Sinh"},
    {&kSoftplus, "Softplus"}, {&kSoftsign, "Softsign"},
    {&kSqrt, "Sqrt"},         {&kTan, "Tan"},
    {&kTanh, "Tanh"},         {&kAdd, "Add"},
    {&kSub, "Sub"},           {&kMul, "Mul"},
    {&kDiv, "Div"},           {&kMinimum, "Min"},
    {&kMaximum, "Max"},       {&kPow, "Pow"},
    {&kPrelu, "PRelu"},       {&kEqual, "Equal"},
    {&kLess, "Less"},         {&kLessEqual, "LessOrEqual"},
    {&kGreater, "Greater"},   {&kGreaterEqual, "GreaterOrEqual"},
    {&kAnd, "And"},           {&kOr, "Or"},
    {&kXor, "Xor"},           {&kWhere, "Where"},
};

Result<void> write_clip(OnnxWriter& writer, float min, float max) {
  const std::string lo = std::isinf(min) ? "" : writer.scalar("min", min);
  const std::string hi = std::isinf(max) ? "" : writer.scalar("max", max);
  writer.add("Clip", {writer.src(), lo, hi});
  return {};
}

// 0.5 * x * (1 + erf(x / sqrt(2))) in operators that opset 13 has.
Result<void> write_gelu(OnnxWriter& writer) {
  const bool approximate = writer.node.as<GeluAttrs>().approximate;
  const std::string src = writer.src();
  if (writer.file.opset() >= 20) {
    writer.add("Gelu", {src}, {{"approximate", approximate ? "tanh" : "none"}});
    return {};
  }
  if (approximate) return writer.needs_opset(20, "Gelu approximated by tanh");
  const std::string scaled = writer.inner("scaled", "Div", {src, writer.scalar("sqrt_2", std::sqrt(2.0f))});
  const std::string erf = writer.inner("erf", "Erf", {scaled});
  const std::string sum = writer.inner("sum", "Add", {erf, writer.scalar("one", 1.0f)});
  const std::string product = writer.inner("product", "Mul", {src, sum});
  writer.add("Mul", {product, writer.scalar("half", 0.5f)});
  return {};
}

Result<void> write_hard_swish(OnnxWriter& writer) {
  const std::string src = writer.src();
  if (writer.file.opset() >= 14) {
    writer.add("HardSwish", {src});
  } else {
    writer.add("Mul", {src, writer.inner("gate", "HardSigmoid", {src}, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}})});
  }
  return {};
}

struct Sloped {
  const Op* op;
  std::string_view type;
};
constexpr Sloped kSloped[] = {
    {&kLeakyRelu, "LeakyRelu"}, {&kElu, "Elu"}, {&kCelu, "Celu"}, {&kThresholdedRelu, "ThresholdedRelu"}};

Result<bool> write_plain(OnnxWriter& writer, Activation activation) {
  const auto plain =
      std::find_if(std::begin(kPlain), std::end(kPlain), [&](const Plain& p) { return writer.node.is(*p.op); });
  if (plain == std::end(kPlain)) return false;
  OCTET_RETURN_IF_ERROR(writer.needs_opset(plain->since, plain->type));
  writer.add(plain->type, writer.srcs(), {}, activation);
  return true;
}

}  // namespace

Result<void> write_onnx_unary(OnnxWriter& writer) {
  const Node& node = writer.node;
  OCTET_ASSIGN_OR_RETURN(const bool is_written, write_plain(writer, Activation::kNone));
  if (is_written) return {};
  for (const Sloped& sloped : kSloped) {
    if (!node.is(*sloped.op)) continue;
    writer.add(sloped.type, {writer.src()}, {{"alpha", node.as<SlopeAttrs>().alpha}});
    return {};
  }
  if (node.is(kClip)) return write_clip(writer, node.as<ClipAttrs>().min, node.as<ClipAttrs>().max);
  if (node.is(kRelu6)) return write_clip(writer, 0.0f, 6.0f);
  if (node.is(kGelu)) return write_gelu(writer);
  if (node.is(kHardSwish)) return write_hard_swish(writer);
  if (node.is(kSilu)) {
    const std::string src = writer.src();
    writer.add("Mul", {src, writer.inner("sigmoid", "Sigmoid", {src})});
  } else if (node.is(kHardSigmoid)) {
    const auto& attrs = node.as<HardSigmoidAttrs>();
    writer.add("HardSigmoid", {writer.src()}, {{"alpha", attrs.alpha}, {"beta", attrs.beta}});
  } else if (node.is(kSelu)) {
    const auto& attrs = node.as<SeluAttrs>();
    writer.add("Selu", {writer.src()}, {{"alpha", attrs.alpha}, {"gamma", attrs.gamma}});
  } else if (node.is(kShrink)) {
    const auto& attrs = node.as<ShrinkAttrs>();
    writer.add("Shrink", {writer.src()}, {{"bias", attrs.bias}, {"lambd", attrs.lambda}});
  } else {
    return writer.unsupported("cannot be stored in an ONNX file");
  }
  return {};
}

Result<void> write_onnx_binary(OnnxWriter& writer) {
  const Activation activation =
      is_binary(*writer.node.op) ? writer.node.as<BinaryAttrs>().activation : Activation::kNone;
  OCTET_ASSIGN_OR_RETURN(const bool is_written, write_plain(writer, activation));
  if (is_written) return {};
  return writer.unsupported("cannot be stored in an ONNX file");
}

Result<void> write_onnx_softmax(OnnxWriter& writer) {
  writer.add(writer.node.is(kSoftmax) ? "Softmax" : "LogSoftmax", {writer.src()},
             {{"axis", writer.node.as<SoftmaxAttrs>().axis}});
  return {};
}

Result<void> write_onnx_cast(OnnxWriter& writer) {
  writer.add("Cast", {writer.src()}, {{"to", std::int64_t{onnx_data_type(writer.node.as<CastAttrs>().to)}}});
  return {};
}

Result<void> write_onnx_quantize(OnnxWriter& writer) {
  writer.file.add_quantize(writer.node.name, writer.src(), writer.output(), writer.output().name);
  return {};
}

Result<void> write_onnx_dequantize(OnnxWriter& writer) {
  const Tensor& src = writer.input();
  if (src.type == DataType::kInt16) OCTET_RETURN_IF_ERROR(writer.needs_opset(21, "DequantizeLinear of int16"));
  writer.file.add_dequantize(writer.node.name, writer.file.stored(writer.node.inputs[0]), src, writer.output().name);
  return {};
}

}  // namespace octet
