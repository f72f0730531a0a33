// SPDX-License-Identifier: Apache-2.0
// Operators whose numbers are computed while the model runs: sizes of inputs with dynamic axes, and what is made of them.
#include <algorithm>

#include "exporters/onnx/onnx_writer.h"
#include "ops/dynamic.h"
#include "ops/gather.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// Inputs in the same order as ONNX has them, no attributes.
struct PlainForm {
  const Op* op;
  std::string_view type;
};
constexpr PlainForm kPlainForms[] = {
    {&kDynamicExpand, "Expand"},   {&kDynamicTile, "Tile"},           {&kDynamicSlice, "Slice"},
    {&kDynamicSqueeze, "Squeeze"}, {&kDynamicUnsqueeze, "Unsqueeze"},
};

}  // namespace

Result<void> write_onnx_shape_of(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ShapeOfAttrs>();
  const auto rank = static_cast<std::int64_t>(writer.input().shape.size());
  if (attrs.start == 0 && attrs.end >= rank) {
    writer.add("Shape", {writer.src()});
    return {};
  }
  const std::string shape = writer.inner("shape", "Shape", {writer.src()});
  writer.add("Slice", {shape, writer.integers("start", {attrs.start}), writer.integers("end", {std::min(attrs.end, rank)})});
  return {};
}

Result<void> write_onnx_dynamic(OnnxWriter& writer) {
  for (const PlainForm& form : kPlainForms) {
    if (!writer.node.is(*form.op)) continue;
    writer.add(form.type, writer.srcs());
    return {};
  }
  return writer.unsupported("cannot be stored in an ONNX file");
}

Result<void> write_onnx_dynamic_reshape(OnnxWriter& writer) {
  OnnxAttributes attributes;
  if (writer.node.as<ReshapeAttrs>().allow_zero) {
    OCTET_RETURN_IF_ERROR(writer.needs_opset(14, "Reshape to a dimension of 0"));
    attributes.push_back({"allowzero", std::int64_t{1}});
  }
  writer.add("Reshape", writer.srcs(), attributes);
  return {};
}

}  // namespace octet
