// SPDX-License-Identifier: Apache-2.0
// Operators that cut, join, pad and look up.
#include "ops/slice.h"

#include <limits>
#include <numeric>

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/dynamic.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reshape.h"

namespace octet {

Result<void> import_concat(const OnnxNode& node, OnnxGraph& graph) {
  if (!node.has_attribute("axis")) return node.error(ErrorCode::kInvalidModel, "attribute 'axis' is missing");
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId first, node.input(0, "inputs"));
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, graph.shape(first).size()));
  for (std::size_t i = 1; i < node.num_inputs(); ++i) OCTET_RETURN_IF_ERROR(node.input(i, "inputs"));
  return graph.add(node, kConcat, ConcatAttrs{axis}, node.inputs());
}

Result<void> import_gather(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1, "indices"));
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, graph.shape(src).size()));
  return graph.add(node, kGather, GatherAttrs{axis}, {src, indices});
}

Result<void> import_tile(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId repeats_id, node.input(1, "repeats"));
  if (!graph.is_constant(repeats_id)) return graph.add(node, kDynamicTile, NoAttrs{}, {src, repeats_id});
  OCTET_ASSIGN_OR_RETURN(auto repeats, graph.integers(node, 1, "repeats"));
  if (repeats.size() != graph.shape(src).size()) {
    return node.error(ErrorCode::kInvalidModel, "repeats are [{}], and its input has {} dimensions", fmt::join(repeats, ", "),
                      graph.shape(src).size());
  }
  return graph.add(node, kTile, TileAttrs{std::move(repeats)}, {src});
}

// ONNX Split: sizes from attribute `split` (before opset 13), input 1 (from 13), or as many even parts as there are outputs.
// https://onnx.ai/onnx/operators/onnx__Split.html
Result<void> import_split(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t num_outputs,
                         node.get_int("num_outputs", static_cast<std::int64_t>(node.num_outputs())));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(axis, graph.axis(node, axis, graph.shape(src).size()));
  const auto num_parts = static_cast<std::int64_t>(node.num_outputs());
  const auto wrong_number = [&](std::int64_t parts) {
    return node.error(ErrorCode::kInvalidModel, "splits into {} parts, and has {} outputs", parts, num_parts);
  };
  if (num_outputs != num_parts) return wrong_number(num_outputs);
  if (const TensorId id = node.opset() >= 13 ? node.optional_input(1) : kNoTensor; id != kNoTensor && !graph.is_constant(id))
    return graph.add_multi(node, kDynamicSplit, DynamicSplitAttrs{axis, num_parts}, {src, id});
  OCTET_ASSIGN_OR_RETURN(auto sizes, graph.integers_of_attribute_or_input(node, "split", 13, 1));
  if (sizes && static_cast<std::int64_t>(sizes->size()) != num_parts) return wrong_number(static_cast<std::int64_t>(sizes->size()));
  const std::int64_t length = graph.shape(src)[static_cast<std::size_t>(axis)];
  if (sizes) return graph.add_multi(node, kSplit, SplitAttrs{axis, std::move(*sizes)}, {src});
  // Opset 18 allows a smaller last part.
  if (node.opset() < 18 && !is_symbolic(length) && length % num_parts != 0)
    return node.error(ErrorCode::kInvalidModel, "{} elements cannot be split into {} parts", length, num_parts);
  return graph.add_multi(node, kDynamicSplit, DynamicSplitAttrs{axis, num_parts}, {src});
}

namespace {

struct SliceBounds {
  std::vector<std::int64_t> starts, ends;
  std::optional<std::vector<std::int64_t>> axes, steps;
};

Result<SliceBounds> read_slice_bounds(const OnnxNode& node, const OnnxGraph& graph) {
  SliceBounds bounds;
  if (node.opset() < 10) {
    OCTET_ASSIGN_OR_RETURN(bounds.starts, node.get_ints("starts"));
    OCTET_ASSIGN_OR_RETURN(bounds.ends, node.get_ints("ends"));
  } else {
    OCTET_ASSIGN_OR_RETURN(bounds.starts, graph.integers(node, 1, "starts"));
    OCTET_ASSIGN_OR_RETURN(bounds.ends, graph.integers(node, 2, "ends"));
  }
  OCTET_ASSIGN_OR_RETURN(bounds.axes, graph.integers_of_attribute_or_input(node, "axes", 10, 3));
  if (node.optional_input(4) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(bounds.steps, graph.integers(node, 4, "steps"));
  }
  return bounds;
}

// An input behind the first that is not constant.
bool has_computed_input(const OnnxNode& node, const OnnxGraph& graph) {
  for (std::size_t i = 1; i < node.num_inputs(); ++i)
    if (node.inputs()[i] != kNoTensor && !graph.is_constant(node.inputs()[i])) return true;
  return false;
}

// Whether the slice is the whole dimension. For "to the end" exporters write INT64_MAX, INT32_MAX, or (JAX) 10^9; a
// symbolic dimension is taken to be shorter than that.
bool takes_all(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t length) {
  constexpr std::int64_t kEnd = 1'000'000'000;
  return start == 0 && step == 1 && end >= (is_symbolic(length) ? kEnd : length);
}

}  // namespace

// ONNX Slice: bounds are attributes before opset 10, inputs 1 to 4 from then on.
// https://onnx.ai/onnx/operators/onnx__Slice.html
Result<void> import_slice(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  if (node.opset() >= 10 && has_computed_input(node, graph)) {
    OCTET_RETURN_IF_ERROR(node.input(1, "starts"));
    OCTET_RETURN_IF_ERROR(node.input(2, "ends"));
    return graph.add(node, kDynamicSlice, NoAttrs{}, node.inputs());
  }
  OCTET_ASSIGN_OR_RETURN(SliceBounds bounds, read_slice_bounds(node, graph));
  const std::size_t count = bounds.starts.size();
  if (!bounds.axes) {
    bounds.axes.emplace(count);
    std::iota(bounds.axes->begin(), bounds.axes->end(), 0);
  }
  if (!bounds.steps) bounds.steps.emplace(count, 1);
  if (bounds.ends.size() != count || bounds.axes->size() != count || bounds.steps->size() != count) {
    return node.error(ErrorCode::kInvalidModel, "has {} starts, {} ends, {} axes and {} steps, expected as many of each", count,
                      bounds.ends.size(), bounds.axes->size(), bounds.steps->size());
  }
  OCTET_ASSIGN_OR_RETURN(const auto axes, graph.axes(node, *bounds.axes, graph.shape(src).size()));
  SliceAttrs attrs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t step = (*bounds.steps)[i];
    const std::int64_t length = graph.shape(src)[static_cast<std::size_t>(axes[i])];
    if (step == 0) return node.error(ErrorCode::kInvalidModel, "step of axis {} is 0", axes[i]);
    if (takes_all(bounds.starts[i], bounds.ends[i], step, length)) continue;
    attrs.starts.push_back(bounds.starts[i]);
    attrs.ends.push_back(bounds.ends[i]);
    attrs.axes.push_back(axes[i]);
    attrs.steps.push_back(step);
  }
  if (attrs.axes.empty()) return graph.add(node, kIdentity, NoAttrs{}, {src});
  return graph.add(node, kSlice, attrs, {src});
}

namespace {

Result<PadKind> read_pad_kind(const OnnxNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", "constant"));
  if (mode == "constant") return PadKind::kConstant;
  if (mode == "reflect") return PadKind::kReflect;
  if (mode == "edge") return PadKind::kEdge;
  if (mode == "wrap") return PadKind::kWrap;
  return node.error(ErrorCode::kInvalidModel, "mode is '{}', expected constant, reflect, edge or wrap", mode);
}

Result<float> read_pad_value(const OnnxNode& node, const OnnxGraph& graph) {
  if (node.opset() < 11) return node.get_float("value", 0.0f);
  const TensorId id = node.optional_input(2);
  if (id == kNoTensor || num_elements(graph.shape(id)) == 0) return 0.0f;
  OCTET_ASSIGN_OR_RETURN(const double value, graph.number(node, id, "constant_value"));
  return static_cast<float>(value);
}

// Pads of the dimensions `axes` as pads of all `rank` dimensions.
std::vector<std::int64_t> pads_of_all(const std::vector<std::int64_t>& pads, const std::vector<std::int64_t>& axes,
                                      std::size_t rank) {
  std::vector<std::int64_t> all(2 * rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    all[static_cast<std::size_t>(axes[i])] = pads[i];
    all[rank + static_cast<std::size_t>(axes[i])] = pads[axes.size() + i];
  }
  return all;
}

}  // namespace

// ONNX Pad: pads and value are attributes before opset 11, inputs 1 and 2 from then on; from 18 input 3 names the axes.
// https://onnx.ai/onnx/operators/onnx__Pad.html
Result<void> import_pad(const OnnxNode& node, OnnxGraph& graph) {
  constexpr std::int64_t kMaxPad = std::int64_t{1} << 30;
  PadAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.mode, read_pad_kind(node));
  if (node.opset() >= 11 && has_computed_input(node, graph)) return graph.add(node, kDynamicPad, attrs, node.inputs());
  OCTET_ASSIGN_OR_RETURN(attrs.value, read_pad_value(node, graph));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const std::size_t rank = graph.shape(src).size();
  OCTET_ASSIGN_OR_RETURN(const auto pads, graph.integers_of_attribute_or_input(node, "pads", 11, 1));
  if (!pads) return node.error(ErrorCode::kInvalidModel, "pads are missing");
  std::vector<std::int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (node.optional_input(3) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(axes, graph.integers(node, 3, "axes"));
    OCTET_ASSIGN_OR_RETURN(axes, graph.axes(node, std::move(axes), rank));
  }
  if (pads->size() != 2 * axes.size())
    return node.error(ErrorCode::kInvalidModel, "pads are [{}], expected {} numbers", fmt::join(*pads, ", "), 2 * axes.size());
  for (const std::int64_t pad : *pads) {
    if (pad < -kMaxPad || pad > kMaxPad)
      return node.error(ErrorCode::kInvalidModel, "pads are [{}], expected numbers up to 2^30", fmt::join(*pads, ", "));
  }
  attrs.pads = pads_of_all(*pads, axes, rank);
  return graph.add(node, kPad, attrs, {src});
}

// ONNX CenterCropPad: crops what is larger than the target and pads what is smaller, on both sides; an odd element at the end.
// https://onnx.ai/onnx/operators/onnx__CenterCropPad.html
Result<void> import_center_crop_pad(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input_data"));
  OCTET_ASSIGN_OR_RETURN(TensorId target, node.input(1, "shape"));
  const std::size_t rank = graph.shape(src).size();
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> axes, node.get_ints("axes"));
  OCTET_ASSIGN_OR_RETURN(axes, graph.axes(node, std::move(axes), rank));
  if (axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), 0);
  }
  const auto constant = [&](std::string_view suffix, const std::vector<std::int64_t>& values) {
    return graph.inner_constant(node, suffix, make_constant("", {static_cast<std::int64_t>(values.size())}, values));
  };
  const auto compute = [&](std::string_view suffix, const Op& op, TensorId a, TensorId b) { return graph.add_inner(node, suffix, op, BinaryAttrs{}, {a, b}); };
  const TensorId axes_id = constant("axes", axes), zero = constant("zero", {0}), two = constant("two", {2});
  if (graph.tensor(target).type != DataType::kInt64) {
    OCTET_ASSIGN_OR_RETURN(target, graph.add_inner(node, "target", kCast, CastAttrs{DataType::kInt64}, {target}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId shape, graph.add_inner(node, "shape", kShapeOf, ShapeOfAttrs{}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId sizes, graph.add_inner(node, "sizes", kGather, GatherAttrs{0}, {shape, axes_id}));
  OCTET_ASSIGN_OR_RETURN(const TensorId kept, compute("kept", kMinimum, sizes, target));
  OCTET_ASSIGN_OR_RETURN(const TensorId cropped, compute("cropped", kSub, sizes, kept));
  OCTET_ASSIGN_OR_RETURN(const TensorId starts, compute("starts", kDiv, cropped, two));
  OCTET_ASSIGN_OR_RETURN(const TensorId ends, compute("ends", kAdd, starts, kept));
  OCTET_ASSIGN_OR_RETURN(const TensorId middle, graph.add_inner(node, "middle", kDynamicSlice, NoAttrs{}, {src, starts, ends, axes_id}));
  OCTET_ASSIGN_OR_RETURN(const TensorId missing, compute("missing", kSub, target, kept));
  OCTET_ASSIGN_OR_RETURN(const TensorId padded, compute("padded", kMaximum, missing, zero));
  OCTET_ASSIGN_OR_RETURN(const TensorId before, compute("before", kDiv, padded, two));
  OCTET_ASSIGN_OR_RETURN(const TensorId behind, compute("behind", kSub, padded, before));
  OCTET_ASSIGN_OR_RETURN(const TensorId pads, graph.add_inner(node, "pads", kConcat, ConcatAttrs{0}, {before, behind}));
  return graph.add(node, kDynamicPad, PadAttrs{}, {middle, pads, kNoTensor, axes_id});
}

}  // namespace octet
