// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, softmax, and the borders of quantization.
#include <algorithm>

#include "exporters/tflite/tflite_writer.h"
#include "ops/binary.h"
#include "ops/quantize.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

using Code = tfl3::BuiltinOperator;

// What LiteRT's int8 kernel of an operator takes.
enum class Int8Form {
  kNone,
  kAny,         // any parameters
  kSameParams,  // the result has those of the inputs
  kOutput256,   // scale 1/256, zero point -128
  kOutput128,   // scale 1/128, zero point 0
};

struct Unary {
  const Op* op;
  Code code;
  Int8Form int8;
};
constexpr Unary kUnary[] = {
    {&kRelu, Code::RELU, Int8Form::kAny},
    {&kRelu6, Code::RELU6, Int8Form::kAny},
    {&kSigmoid, Code::LOGISTIC, Int8Form::kOutput256},
    {&kTanh, Code::TANH, Int8Form::kOutput128},
    {&kHardSwish, Code::HARD_SWISH, Int8Form::kAny},
    {&kElu, Code::ELU, Int8Form::kAny},
    {&kLeakyRelu, Code::LEAKY_RELU, Int8Form::kAny},
    {&kGelu, Code::GELU, Int8Form::kAny},
    {&kExp, Code::EXP, Int8Form::kAny},
    {&kAbs, Code::ABS, Int8Form::kAny},
    {&kNeg, Code::NEG, Int8Form::kNone},
    {&kSqrt, Code::SQRT, Int8Form::kNone},
    {&kLog, Code::LOG, Int8Form::kNone},
    {&kSin, Code::SIN, Int8Form::kNone},
    {&kCos, Code::COS, Int8Form::kNone},
    {&kFloor, Code::FLOOR, Int8Form::kNone},
    {&kCeil, Code::CEIL, Int8Form::kNone},
    {&kRound, Code::ROUND, Int8Form::kNone},
    {&kSign, Code::SIGN, Int8Form::kNone},
    {&kNot, Code::LOGICAL_NOT, Int8Form::kNone},
};

bool has_params(const Tensor& tensor, float scale, std::int32_t zero_point) {
  return tensor.quant && tensor.quant->scale[0] == scale && tensor.quant->zero_point[0] == zero_point;
}

Result<void> check_int8(const TfliteWriter& writer, Int8Form form) {
  const float scale = form == Int8Form::kOutput256 ? 1.0f / 256.0f : 1.0f / 128.0f;
  const std::int32_t zero_point = form == Int8Form::kOutput256 ? -128 : 0;
  switch (form) {
    case Int8Form::kNone:
      return writer.no_int8_kernel();
    case Int8Form::kAny:
      return {};
    case Int8Form::kSameParams:
      for (std::size_t i = 0; i < writer.node.inputs.size(); ++i)
        if (writer.input(i).quant != writer.output().quant)
          return writer.unsupported("needs equal parameters of inputs and output in a .tflite file");
      return {};
    case Int8Form::kOutput256:
    case Int8Form::kOutput128:
      if (has_params(writer.output(), scale, zero_point)) return {};
      return writer.unsupported("its int8 result must have scale {} and zero point {} in a .tflite file", scale,
                                zero_point);
  }
  return {};
}

}  // namespace

Result<void> write_tflite_unary(TfliteWriter& writer) {
  const auto found =
      std::find_if(std::begin(kUnary), std::end(kUnary), [&](const Unary& u) { return writer.node.is(*u.op); });
  if (found == std::end(kUnary)) {
    if (writer.is_int8())
      return writer.unsupported(
          "cannot be stored in a .tflite file; keep it float with skip_quant_type={}, or write .ms",
          writer.node.op->name);
    return writer.unsupported("cannot be stored in a .tflite file; a .ms file can hold it");
  }
  if (writer.is_int8()) OCTET_RETURN_IF_ERROR(check_int8(writer, found->int8));
  const std::vector<Place> src = {writer.src()}, dst = {writer.dst()};
  auto& buffer = writer.file.buffer();
  if (writer.node.is(kLeakyRelu)) {
    writer.add(found->code, src, dst, tfl3::CreateLeakyReluOptions(buffer, writer.node.as<SlopeAttrs>().alpha));
  } else if (writer.node.is(kGelu)) {
    writer.add(found->code, src, dst, tfl3::CreateGeluOptions(buffer, writer.node.as<GeluAttrs>().approximate));
  } else if (writer.node.is(kElu) && writer.node.as<SlopeAttrs>().alpha != 1.0f) {
    return writer.unsupported("alpha = {} cannot be stored in a .tflite file, which knows 1",
                              writer.node.as<SlopeAttrs>().alpha);
  } else {
    writer.add(found->code, src, dst);
  }
  return {};
}

Result<void> write_tflite_binary(TfliteWriter& writer) {
  const Node& node = writer.node;
  auto& buffer = writer.file.buffer();
  const std::vector<Place> srcs = writer.srcs(), dst = {writer.dst()};
  const Activation fused = node.as<BinaryAttrs>().activation;
  const auto activation = tflite_activation(fused);
  if (node.is(kAdd)) {
    writer.add(Code::ADD, srcs, dst, tfl3::CreateAddOptions(buffer, activation));
  } else if (node.is(kSub)) {
    writer.add(Code::SUB, srcs, dst, tfl3::CreateSubOptions(buffer, activation));
  } else if (node.is(kMul)) {
    writer.add(Code::MUL, srcs, dst, tfl3::CreateMulOptions(buffer, activation));
  } else if (node.is(kDiv) && !writer.is_int8()) {
    writer.add(Code::DIV, srcs, dst, tfl3::CreateDivOptions(buffer, activation));
  } else if ((node.is(kMaximum) || node.is(kMinimum)) && fused == Activation::kNone) {
    if (writer.is_int8()) OCTET_RETURN_IF_ERROR(check_int8(writer, Int8Form::kSameParams));
    writer.add(node.is(kMaximum) ? Code::MAXIMUM : Code::MINIMUM, srcs, dst, tfl3::CreateMaximumMinimumOptions(buffer));
  } else if (node.is(kPow) && fused == Activation::kNone && !writer.is_int8()) {
    writer.add(Code::POW, srcs, dst, tfl3::CreatePowOptions(buffer));
  } else {
    return writer.unsupported("cannot be stored in a .tflite file; a .ms file can hold it");
  }
  return {};
}

Result<void> write_tflite_softmax(TfliteWriter& writer) {
  const std::size_t rank = writer.input().shape.size();
  const std::int64_t axis = writer.node.as<SoftmaxAttrs>().axis;
  if (normalize_axis(axis, rank) != rank - 1)
    return writer.unsupported("axis {} cannot be stored in a .tflite file, which knows the last one", axis);
  if (writer.node.is(kLogSoftmax)) {
    if (writer.is_int8()) return writer.no_int8_kernel();
    writer.add(Code::LOG_SOFTMAX, {writer.src()}, {writer.dst()}, tfl3::CreateLogSoftmaxOptions(writer.file.buffer()));
    return {};
  }
  if (writer.is_int8()) OCTET_RETURN_IF_ERROR(check_int8(writer, Int8Form::kOutput256));
  writer.add(Code::SOFTMAX, {writer.src()}, {writer.dst()},
             tfl3::CreateSoftmaxOptions(writer.file.buffer(), /*beta=*/1.0f));
  return {};
}

Result<void> write_tflite_quantize(TfliteWriter& writer) {
  writer.add(Code::QUANTIZE, {writer.src()}, {writer.dst()}, tfl3::CreateQuantizeOptions(writer.file.buffer()));
  return {};
}

Result<void> write_tflite_dequantize(TfliteWriter& writer) {
  const Tensor& src = writer.input();
  if (src.is_constant && (src.type != DataType::kInt8 || src.quant->corrected()))
    return writer.unsupported(
        "weights of this kind cannot be stored in a .tflite file, which has int8 with scale and zero point");
  writer.add(Code::DEQUANTIZE, {writer.src()}, {writer.dst()}, tfl3::CreateDequantizeOptions(writer.file.buffer()));
  return {};
}

}  // namespace octet
