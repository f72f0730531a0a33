// SPDX-License-Identifier: Apache-2.0
// Operators that move, select and reduce elements. The format takes most of their numbers as constant i32 inputs.
#include <algorithm>
#include <limits>

#include "exporters/ms/ms_writer.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {

Result<MsPrimitive> write_ms_concat(MsWriter& writer) {
  return writer.primitive(msl2::CreateConcat(writer.buffer, writer.node.as<ConcatAttrs>().axis));
}

Result<MsPrimitive> write_ms_split(MsWriter& writer) {
  const auto& attrs = writer.node.as<SplitAttrs>();
  const auto sizes = writer.vector(attrs.sizes);
  return writer.primitive(msl2::CreateSplit(writer.buffer, static_cast<std::int64_t>(attrs.sizes.size()), sizes, attrs.axis));
}

namespace {

// Bounds as the attributes have them, negative ones and those beyond the end included.
Result<MsPrimitive> write_slice_of_axes(MsWriter& writer) {
  const auto& attrs = writer.node.as<SliceAttrs>();
  constexpr std::int64_t kEnd = std::numeric_limits<std::int32_t>::max();
  std::vector<std::int64_t> starts, ends;
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    if (attrs.steps[i] < 0) return writer.unsupported("a negative step {}", kNotInMsFiles);
    starts.push_back(std::clamp(attrs.starts[i], -kEnd, kEnd));
    ends.push_back(std::clamp(attrs.ends[i], -kEnd, kEnd));
  }
  writer.append_input("begin", starts);
  writer.append_input("end", ends);
  writer.append_input("axes", attrs.axes);
  writer.append_input("strides", attrs.steps);
  return writer.primitive(msl2::CreateStridedSlice(writer.buffer));
}

}  // namespace

Result<MsPrimitive> write_ms_slice(MsWriter& writer) {
  if (!is_fixed(writer.input(0).shape)) return write_slice_of_axes(writer);
  OCTET_ASSIGN_OR_RETURN(const auto ranges, slice_ranges(writer.node.as<SliceAttrs>(), writer.input(0).shape));
  std::vector<std::int64_t> begins, ends, steps;
  for (const SliceRange& range : ranges) {
    if (range.step < 0) return writer.unsupported("a negative step {}", kNotInMsFiles);
    begins.push_back(range.start);
    ends.push_back(range.count == 0 ? range.start : range.start + (range.count - 1) * range.step + 1);
    steps.push_back(range.step);
  }
  writer.append_input("begin", begins);
  writer.append_input("end", ends);
  writer.append_input("strides", steps);
  return writer.primitive(msl2::CreateStridedSlice(writer.buffer));
}

Result<MsPrimitive> write_ms_pad(MsWriter& writer) {
  const auto& attrs = writer.node.as<PadAttrs>();
  const std::size_t rank = attrs.pads.size() / 2;
  std::vector<std::int64_t> paddings;  // [rank][begin, end]
  std::vector<flatbuffers::Offset<msl2::Vec>> rows;
  for (std::size_t d = 0; d < rank; ++d) {
    if (attrs.pads[d] < 0 || attrs.pads[d + rank] < 0) return writer.unsupported("cropping {}", kNotInMsFiles);
    paddings.insert(paddings.end(), {attrs.pads[d], attrs.pads[d + rank]});
    rows.push_back(msl2::CreateVec(writer.buffer, writer.vector({attrs.pads[d], attrs.pads[d + rank]})));
  }
  if (attrs.mode == PadKind::kEdge) return writer.unsupported("mode edge {}", kNotInMsFiles);
  if (attrs.mode == PadKind::kWrap) return writer.unsupported("mode wrap {}", kNotInMsFiles);
  writer.append_input("paddings", Shape{static_cast<std::int64_t>(rank), 2}, paddings);
  const auto mode = attrs.mode == PadKind::kConstant ? msl2::PaddingMode::CONSTANT : msl2::PaddingMode::REFLECT;
  const auto table = msl2::CreateVec2D(writer.buffer, writer.buffer.CreateVector(rows));
  return writer.primitive(msl2::CreatePadFusion(writer.buffer, table, mode, attrs.value));
}

namespace {

// The target with 0 for "as in src" and one -1 for "what is left", which the format knows as well.
Result<std::vector<std::int64_t>> reshape_target(const MsWriter& writer) {
  const Shape& dst = writer.output().shape;
  if (is_fixed(dst)) return dst;
  if (writer.node.is(kIdentity) || writer.node.is(kDropout)) return std::vector<std::int64_t>(dst.size(), 0);
  if (writer.node.is(kReshape) && !writer.node.as<ReshapeAttrs>().allow_zero) return writer.node.as<ReshapeAttrs>().shape;
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(dst, "target shape"));
  return dst;
}

}  // namespace

Result<MsPrimitive> write_ms_reshape(MsWriter& writer) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<std::int64_t> target, reshape_target(writer));
  writer.append_input("shape", target);
  return writer.primitive(msl2::CreateReshape(writer.buffer));
}

Result<MsPrimitive> write_ms_dynamic_reshape(MsWriter& writer) {
  if (writer.node.as<ReshapeAttrs>().allow_zero) return writer.unsupported("allow_zero {}", kNotInMsFiles);
  return writer.primitive(msl2::CreateReshape(writer.buffer));
}

Result<MsPrimitive> write_ms_shape_of(MsWriter& writer) {
  const auto& attrs = writer.node.as<ShapeOfAttrs>();
  if (attrs.start != 0 || attrs.end < static_cast<std::int64_t>(writer.input(0).shape.size()))
    return writer.unsupported("dimensions {} to {} alone {}", attrs.start, attrs.end, kNotInMsFiles);
  return writer.primitive(msl2::CreateShape(writer.buffer));
}

// Inputs in the same order: src, begin, end, axes, strides.
Result<MsPrimitive> write_ms_dynamic_slice(MsWriter& writer) {
  if (!writer.has_input(3) || !writer.has_input(4))
    return writer.unsupported("without axes and steps it {}", kNotInMsFiles);
  return writer.primitive(msl2::CreateStridedSlice(writer.buffer));
}

Result<MsPrimitive> write_ms_flatten(MsWriter& writer) {
  if (writer.input(0).type == DataType::kInt8) return write_ms_reshape(writer);  // MindSpore Lite has no int8 Flatten
  return writer.primitive(msl2::CreateFlatten(writer.buffer, writer.node.as<FlattenAttrs>().axis));
}

Result<MsPrimitive> write_ms_squeeze(MsWriter& writer) {
  const auto axes = writer.vector(writer.node.as<SqueezeAttrs>().axes);
  if (writer.node.is(kSqueeze)) return writer.primitive(msl2::CreateSqueeze(writer.buffer, axes));
  return writer.primitive(msl2::CreateUnsqueeze(writer.buffer, axes));
}

Result<MsPrimitive> write_ms_transpose(MsWriter& writer) {
  writer.append_input("perm", writer.node.as<TransposeAttrs>().perm);
  return writer.primitive(msl2::CreateTranspose(writer.buffer));
}

namespace {

struct ReduceForm {
  const Op* op;
  msl2::ReduceMode mode;
};
constexpr ReduceForm kReduceForms[] = {
    {&kReduceMean, msl2::ReduceMode::ReduceMean}, {&kReduceSum, msl2::ReduceMode::ReduceSum},
    {&kReduceMax, msl2::ReduceMode::ReduceMax},   {&kReduceMin, msl2::ReduceMode::ReduceMin},
    {&kReduceProd, msl2::ReduceMode::ReduceProd}, {&kReduceSumSquare, msl2::ReduceMode::ReduceSumSquare},
    {&kReduceL2, msl2::ReduceMode::ReduceL2},
};

}  // namespace

Result<MsPrimitive> write_ms_reduce(MsWriter& writer) {
  const auto& attrs = writer.node.as<ReduceAttrs>();
  std::vector<std::int64_t> axes = attrs.axes;
  if (axes.empty())
    for (std::size_t d = 0; d < writer.input(0).shape.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
  writer.append_input("axes", axes);
  for (const ReduceForm& form : kReduceForms)
    if (writer.node.is(*form.op))
      return writer.primitive(msl2::CreateReduceFusion(writer.buffer, attrs.keep_dims, form.mode, false, 1.0f));
  return writer.unsupported("{}", kNotInMsFiles);
}

Result<MsPrimitive> write_ms_arg_max(MsWriter& writer) {
  const auto& attrs = writer.node.as<ArgMaxAttrs>();
  return writer.primitive(msl2::CreateArgMaxFusion(writer.buffer, attrs.axis, 1, attrs.keep_dims, false));
}

Result<MsPrimitive> write_ms_gather(MsWriter& writer) {
  writer.append_input("axis", {writer.node.as<GatherAttrs>().axis});
  return writer.primitive(msl2::CreateGather(writer.buffer));
}

Result<MsPrimitive> write_ms_expand(MsWriter& writer) {
  if (writer.node.is(kTile)) {
    const auto& repeats = writer.node.as<TileAttrs>().repeats;
    writer.append_input("repeats", repeats);
    return writer.primitive(msl2::CreateTileFusion(writer.buffer));
  }
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(writer.output().shape, "target shape"));
  writer.append_input("shape", writer.output().shape);
  return writer.primitive(msl2::CreateBroadcastTo(writer.buffer, writer.vector(writer.output().shape)));
}

}  // namespace octet
