// SPDX-License-Identifier: Apache-2.0
// Operators that move, select and reduce elements.
#include <algorithm>

#include "exporters/onnx/onnx_writer.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {

Result<void> write_onnx_concat(OnnxWriter& writer) {
  writer.add("Concat", writer.srcs(), {{"axis", writer.node.as<ConcatAttrs>().axis}});
  return {};
}

Result<void> write_onnx_split(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<SplitAttrs>();
  writer.add("Split", {writer.src(), writer.integers("sizes", attrs.sizes)}, {{"axis", attrs.axis}});
  return {};
}

Result<void> write_onnx_slice(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<SliceAttrs>();
  writer.add("Slice", {writer.src(), writer.integers("starts", attrs.starts), writer.integers("ends", attrs.ends),
                       writer.integers("axes", attrs.axes), writer.integers("steps", attrs.steps)});
  return {};
}

Result<void> write_onnx_pad(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<PadAttrs>();
  if (attrs.mode == PadKind::kWrap) OCTET_RETURN_IF_ERROR(writer.needs_opset(19, "Pad with mode wrap"));
  const bool has_value = attrs.mode == PadKind::kConstant && attrs.value != 0.0f;
  if (has_value && is_integer(writer.input().type) && !writer.input().quant)
    return writer.unsupported("padding of integers with {} cannot be stored in an ONNX file yet", attrs.value);
  writer.add("Pad",
             {writer.src(), writer.integers("pads", attrs.pads), has_value ? writer.scalar("value", attrs.value) : ""},
             {{"mode", std::string(kPadKindNames[static_cast<std::size_t>(attrs.mode)])}});
  return {};
}

Result<void> write_onnx_transpose(OnnxWriter& writer) {
  writer.add("Transpose", {writer.src()}, {{"perm", writer.node.as<TransposeAttrs>().perm}});
  return {};
}

Result<void> write_onnx_reshape(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ReshapeAttrs>();
  OnnxAttributes attributes;
  if (attrs.allow_zero && std::find(attrs.shape.begin(), attrs.shape.end(), 0) != attrs.shape.end()) {
    OCTET_RETURN_IF_ERROR(writer.needs_opset(14, "Reshape to a dimension of 0"));
    attributes.push_back({"allowzero", std::int64_t{1}});
  }
  writer.add("Reshape", {writer.src(), writer.integers("shape", attrs.shape)}, attributes);
  return {};
}

Result<void> write_onnx_flatten(OnnxWriter& writer) {
  writer.add("Flatten", {writer.src()}, {{"axis", writer.node.as<FlattenAttrs>().axis}});
  return {};
}

Result<void> write_onnx_squeeze(OnnxWriter& writer) {
  const auto& axes = writer.node.as<SqueezeAttrs>().axes;
  writer.add(writer.node.is(kSqueeze) ? "Squeeze" : "Unsqueeze",
             {writer.src(), axes.empty() ? "" : writer.integers("axes", axes)});
  return {};
}

Result<void> write_onnx_identity(OnnxWriter& writer) {
  writer.add("Identity", {writer.src()});
  return {};
}

namespace {

struct ReduceForm {
  const Op* op;
  std::string_view type;
  std::int64_t axes_input_since = 18;  // before, axes are an attribute
};
constexpr ReduceForm kReduceForms[] = {
    {&kReduceMean, "ReduceMean"},     {&kReduceSum, "ReduceSum", 13},
    {&kReduceMax, "ReduceMax"},       {&kReduceMin, "ReduceMin"},
    {&kReduceProd, "ReduceProd"},     {&kReduceSumSquare, "ReduceSumSquare"},
    {&kReduceL1, "ReduceL1"},         {&kReduceL2, "ReduceL2"},
    {&kReduceLogSum, "ReduceLogSum"}, {&kReduceLogSumExp, "ReduceLogSumExp"},
};

}  // namespace

Result<void> write_onnx_reduce(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ReduceAttrs>();
  const auto form = std::find_if(std::begin(kReduceForms), std::end(kReduceForms),
                                 [&](const ReduceForm& f) { return writer.node.is(*f.op); });
  if (form == std::end(kReduceForms)) return writer.unsupported("cannot be stored in an ONNX file");
  OnnxAttributes attributes = {{"keepdims", std::int64_t{attrs.keep_dims}}};
  std::vector<std::string> inputs = {writer.src()};
  if (!attrs.axes.empty() && writer.file.opset() >= form->axes_input_since)
    inputs.push_back(writer.integers("axes", attrs.axes));
  else if (!attrs.axes.empty())
    attributes.push_back({"axes", attrs.axes});
  writer.add(form->type, inputs, attributes);
  return {};
}

Result<void> write_onnx_arg_extreme(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ArgMaxAttrs>();
  writer.add(writer.node.is(kArgMax) ? "ArgMax" : "ArgMin", {writer.src()},
             {{"axis", attrs.axis},
              {"keepdims", std::int64_t{attrs.keep_dims}},
              {"select_last_index", std::int64_t{attrs.select_last}}});
  return {};
}

Result<void> write_onnx_gather(OnnxWriter& writer) {
  writer.add("Gather", writer.srcs(), {{"axis", writer.node.as<GatherAttrs>().axis}});
  return {};
}

Result<void> write_onnx_expand(OnnxWriter& writer) {
  writer.add("Expand", {writer.src(), writer.integers("shape", writer.node.as<ExpandAttrs>().shape)});
  return {};
}

Result<void> write_onnx_tile(OnnxWriter& writer) {
  writer.add("Tile", {writer.src(), writer.integers("repeats", writer.node.as<TileAttrs>().repeats)});
  return {};
}

}  // namespace octet
