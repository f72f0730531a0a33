// SPDX-License-Identifier: Apache-2.0
// Operators that move, select and reduce elements. The format takes most of their numbers as constant int32 inputs.
#include <algorithm>

#include "exporters/tflite/tflite_writer.h"
#include "ops/concat.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

using Code = tfl3::BuiltinOperator;

}  // namespace

Result<void> write_tflite_concat(TfliteWriter& writer) {
  std::vector<Place> srcs;
  for (std::size_t i = 0; i < writer.node.inputs.size(); ++i) srcs.push_back(writer.requantized_src(i));
  writer.add(Code::CONCATENATION, srcs, {writer.dst()},
             tfl3::CreateConcatenationOptions(writer.file.buffer(), narrow(writer.node.as<ConcatAttrs>().axis)));
  return {};
}

Result<void> write_tflite_split(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<SplitAttrs>();
  const Place sizes = writer.integers("sizes", attrs.sizes);
  const Place axis = writer.constant("axis", make_constant("", Shape{}, std::vector<std::int32_t>{narrow(attrs.axis)}));
  writer.add(Code::SPLIT_V, {writer.requantized_src(), sizes, axis}, writer.dsts(),
             tfl3::CreateSplitVOptions(writer.file.buffer(), narrow(static_cast<std::int64_t>(attrs.sizes.size()))));
  return {};
}

Result<void> write_tflite_slice(TfliteWriter& writer) {
  OCTET_ASSIGN_OR_RETURN(const auto ranges, slice_ranges(writer.node.as<SliceAttrs>(), writer.input().shape));
  std::vector<std::int64_t> begins, ends, steps;
  std::int32_t end_mask = 0;  // a dynamic dimension is taken whole
  for (const SliceRange& range : ranges) {
    if (is_symbolic(range.count)) {
      end_mask |= 1 << begins.size();
      begins.push_back(0), ends.push_back(0), steps.push_back(1);
      continue;
    }
    if (range.step < 0) return writer.unsupported("a negative step cannot be stored in a .tflite file yet");
    begins.push_back(range.start);
    ends.push_back(range.count == 0 ? range.start : range.start + (range.count - 1) * range.step + 1);
    steps.push_back(range.step);
  }
  writer.add(Code::STRIDED_SLICE,
             {writer.requantized_src(), writer.integers("begin", begins), writer.integers("end", ends),
              writer.integers("strides", steps)},
             {writer.dst()}, tfl3::CreateStridedSliceOptions(writer.file.buffer(), /*begin_mask=*/0, end_mask));
  return {};
}

Result<void> write_tflite_pad(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<PadAttrs>();
  const std::size_t rank = attrs.pads.size() / 2;
  std::vector<std::int32_t> paddings;  // [rank][begin, end]
  for (std::size_t d = 0; d < rank; ++d) {
    if (attrs.pads[d] < 0 || attrs.pads[d + rank] < 0)
      return writer.unsupported("cropping cannot be stored in a .tflite file");
    paddings.insert(paddings.end(), {narrow(attrs.pads[d]), narrow(attrs.pads[d + rank])});
  }
  if (attrs.mode == PadKind::kEdge || attrs.mode == PadKind::kWrap)
    return writer.unsupported("mode {} cannot be stored in a .tflite file",
                              kPadKindNames[static_cast<std::size_t>(attrs.mode)]);
  auto& buffer = writer.file.buffer();
  const std::vector<Place> inputs = {
      writer.requantized_src(),
      writer.constant("paddings", make_constant("", {static_cast<std::int64_t>(rank), 2}, paddings))};
  if (attrs.mode == PadKind::kReflect) {
    writer.add(Code::MIRROR_PAD, inputs, {writer.dst()},
               tfl3::CreateMirrorPadOptions(buffer, tfl3::MirrorPadMode::REFLECT));
  } else if (attrs.value == 0.0f) {
    writer.add(Code::PAD, inputs, {writer.dst()}, tfl3::CreatePadOptions(buffer));
  } else if (writer.is_int8()) {
    return writer.unsupported("int8 padding with {} cannot be stored in a .tflite file yet", attrs.value);
  } else {
    const Place value = writer.constant("value", make_constant("", {1}, std::vector<float>{attrs.value}));
    writer.add(Code::PADV2, {inputs[0], inputs[1], value}, {writer.dst()}, tfl3::CreatePadV2Options(buffer));
  }
  return {};
}

Result<void> write_tflite_transpose(TfliteWriter& writer) {
  const Place perm = writer.integers("perm", writer.node.as<TransposeAttrs>().perm);
  writer.add(Code::TRANSPOSE, {writer.requantized_src(), perm}, {writer.dst()},
             tfl3::CreateTransposeOptions(writer.file.buffer()));
  return {};
}

// Everything that changes the shape alone.
Result<void> write_tflite_reshape(TfliteWriter& writer) {
  Shape shape = writer.output().shape;
  std::replace_if(shape.begin(), shape.end(), is_symbolic, -1);  // one at most: what is left
  const std::vector<std::int32_t> dims(shape.begin(), shape.end());
  writer.add(Code::RESHAPE, {writer.requantized_src(), writer.integers("shape", shape)}, {writer.dst()},
             tfl3::CreateReshapeOptionsDirect(writer.file.buffer(), &dims));
  return {};
}

namespace {

struct ReduceForm {
  const Op* op;
  Code code;
};
constexpr ReduceForm kReduceForms[] = {{&kReduceMean, Code::MEAN},
                                       {&kReduceSum, Code::SUM},
                                       {&kReduceMax, Code::REDUCE_MAX},
                                       {&kReduceMin, Code::REDUCE_MIN},
                                       {&kReduceProd, Code::REDUCE_PROD}};

}  // namespace

Result<void> write_tflite_reduce(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<ReduceAttrs>();
  const auto form = std::find_if(std::begin(kReduceForms), std::end(kReduceForms),
                                 [&](const ReduceForm& f) { return writer.node.is(*f.op); });
  if (form == std::end(kReduceForms))
    return writer.unsupported("cannot be stored in a .tflite file; a .ms file can hold it");
  if (writer.is_int8() && form->code != Code::MEAN) return writer.no_int8_kernel();
  std::vector<std::int64_t> axes = attrs.axes;
  if (axes.empty())
    for (std::size_t d = 0; d < writer.input().shape.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
  writer.add(form->code, {writer.src(), writer.integers("axes", axes)}, {writer.dst()},
             tfl3::CreateReducerOptions(writer.file.buffer(), attrs.keep_dims));
  return {};
}

}  // namespace octet
