// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, softmax, and the borders of quantization.
#include "exporters/ms/ms_writer.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/quantize.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

using msl2::ActivationType;

// Unary operators that are an Activation without parameters.
struct PlainActivation {
  const Op* op;
  ActivationType type;
};
constexpr PlainActivation kPlainActivations[] = {
    {&kRelu, ActivationType::RELU},       {&kRelu6, ActivationType::RELU6},     {&kSigmoid, ActivationType::SIGMOID},
    {&kTanh, ActivationType::TANH},       {&kHardSwish, ActivationType::HSWISH}, {&kSilu, ActivationType::SWISH},
    {&kSoftplus, ActivationType::SOFTPLUS},
};

// Unary operators with a table of their own without fields.
struct PlainTable {
  const Op* op;
  msl2::PrimitiveType type;
  flatbuffers::Offset<void> (*create)(flatbuffers::FlatBufferBuilder& buffer);
};
#define OCTET_MS_PLAIN(op, table) \
  {&op, msl2::PrimitiveType::table, [](flatbuffers::FlatBufferBuilder& b) { return msl2::Create##table(b).Union(); }}
const PlainTable kPlainTables[] = {
    OCTET_MS_PLAIN(kAbs, Abs),     OCTET_MS_PLAIN(kCeil, Ceil),   OCTET_MS_PLAIN(kCos, Cos),
    OCTET_MS_PLAIN(kErf, Erf),     OCTET_MS_PLAIN(kFloor, Floor), OCTET_MS_PLAIN(kLog, Log),
    OCTET_MS_PLAIN(kNeg, Neg),     OCTET_MS_PLAIN(kNot, LogicalNot),
    OCTET_MS_PLAIN(kReciprocal, Reciprocal), OCTET_MS_PLAIN(kRound, Round), OCTET_MS_PLAIN(kSin, Sin),
    OCTET_MS_PLAIN(kSqrt, Sqrt),
    OCTET_MS_PLAIN(kMinimum, Minimum), OCTET_MS_PLAIN(kMaximum, Maximum),
    OCTET_MS_PLAIN(kEqual, Equal), OCTET_MS_PLAIN(kLess, Less), OCTET_MS_PLAIN(kLessEqual, LessEqual),
    OCTET_MS_PLAIN(kGreater, Greater), OCTET_MS_PLAIN(kGreaterEqual, GreaterEqual),
    OCTET_MS_PLAIN(kAnd, LogicalAnd), OCTET_MS_PLAIN(kOr, LogicalOr), OCTET_MS_PLAIN(kWhere, Where),
};
#undef OCTET_MS_PLAIN

std::optional<MsPrimitive> plain_table(MsWriter& writer) {
  for (const PlainTable& entry : kPlainTables)
    if (writer.node.is(*entry.op)) return MsPrimitive{entry.type, entry.create(writer.buffer)};
  return std::nullopt;
}

MsPrimitive activation(MsWriter& writer, ActivationType type, float alpha = 0.0f, float min = 0.0f, float max = 0.0f,
                       bool approximate = false) {
  return writer.primitive(msl2::CreateActivation(writer.buffer, type, alpha, min, max, approximate));
}

}  // namespace

Result<MsPrimitive> write_ms_unary(MsWriter& writer) {
  const Node& node = writer.node;
  for (const PlainActivation& entry : kPlainActivations)
    if (node.is(*entry.op)) return activation(writer, entry.type);
  if (auto plain = plain_table(writer)) return *plain;
  if (node.is(kLeakyRelu)) return activation(writer, ActivationType::LEAKY_RELU, node.as<SlopeAttrs>().alpha);
  if (node.is(kElu)) return activation(writer, ActivationType::ELU, node.as<SlopeAttrs>().alpha);
  if (node.is(kGelu)) return activation(writer, ActivationType::GELU, 0.0f, 0.0f, 0.0f, node.as<GeluAttrs>().approximate);
  if (node.is(kExp)) return writer.primitive(msl2::CreateExpFusion(writer.buffer));
  if (node.is(kClip)) {
    const auto& attrs = node.as<ClipAttrs>();
    return activation(writer, ActivationType::HARD_TANH, 0.0f, attrs.min, attrs.max);
  }
  if (node.is(kHardSigmoid)) {
    const auto& attrs = node.as<HardSigmoidAttrs>();
    if (attrs.beta != 0.5f || attrs.alpha < 0.16666f || attrs.alpha > 0.16667f)
      return writer.unsupported("alpha = {}, beta = {} cannot be stored in a .ms file, which knows 1/6 and 0.5 only", attrs.alpha, attrs.beta);
    return activation(writer, ActivationType::HSIGMOID);
  }
  return writer.unsupported("{}", kNotInMsFiles);
}

namespace {

// The format knows one slope, or one per channel of the last dimension.
Result<MsPrimitive> write_prelu(MsWriter& writer) {
  const Shape& src = writer.input(0).shape;
  const Shape& slope = writer.input(1).shape;
  const auto count = num_elements(slope);
  const bool is_per_channel = !src.empty() && !slope.empty() && count == src.back() && slope.back() == src.back();
  if (count != 1 && !is_per_channel)
    return writer.unsupported("a slope of shape [{}] cannot be stored in a .ms file: it is not one per channel", fmt::join(slope, ", "));
  return writer.primitive(msl2::CreatePReLUFusion(writer.buffer, /*channel_shared=*/count == 1));
}

}  // namespace

Result<MsPrimitive> write_ms_binary(MsWriter& writer) {
  const Node& node = writer.node;
  auto& b = writer.buffer;
  if (!is_binary(*node.op)) return *plain_table(writer);
  const auto fused = ms_activation(node.as<BinaryAttrs>().activation);
  if (node.is(kAdd)) return writer.primitive(msl2::CreateAddFusion(b, fused));
  if (node.is(kSub)) return writer.primitive(msl2::CreateSubFusion(b, fused));
  if (node.is(kMul)) return writer.primitive(msl2::CreateMulFusion(b, fused));
  if (node.is(kDiv)) return writer.primitive(msl2::CreateDivFusion(b, fused));
  if (fused != ActivationType::NO_ACTIVATION) return writer.unsupported("with an activation fused it {}", kNotInMsFiles);
  if (auto plain = plain_table(writer)) return *plain;
  if (node.is(kPow)) return writer.primitive(msl2::CreatePowFusion(b));
  if (node.is(kPrelu)) return write_prelu(writer);
  return writer.unsupported("{}", kNotInMsFiles);
}

Result<MsPrimitive> write_ms_softmax(MsWriter& writer) {
  const std::int64_t axis = writer.node.as<SoftmaxAttrs>().axis;
  if (writer.node.is(kLogSoftmax)) return writer.primitive(msl2::CreateLogSoftmax(writer.buffer, axis));
  return writer.primitive(msl2::CreateSoftmax(writer.buffer, writer.vector({axis})));
}

Result<MsPrimitive> write_ms_cast(MsWriter& writer) {
  writer.append_input("type", {static_cast<std::int64_t>(ms_data_type(writer.node.as<CastAttrs>().to))});
  return writer.primitive(msl2::CreateCast(writer.buffer));
}

Result<MsPrimitive> write_ms_quantize(MsWriter& writer) {
  const auto src = static_cast<std::int64_t>(ms_data_type(writer.input(0).type));
  const auto dst = static_cast<std::int64_t>(ms_data_type(writer.output().type));
  const auto& quant = writer.input(0).quant;
  const std::int64_t axis = quant && quant->per_channel() ? quant->axis : 0;
  return writer.primitive(msl2::CreateQuantDTypeCast(writer.buffer, src, dst, axis));
}

}  // namespace octet
