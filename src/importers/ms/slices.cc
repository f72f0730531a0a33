// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "importers/ms/handlers.h"
#include "ops/dynamic.h"
#include "ops/reshape.h"
#include "ops/slice.h"

namespace octet {
namespace {

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int32_t>::max();

// Drops what takes a whole dimension; an empty slice keeps its first.
SliceAttrs without_whole_dimensions(const SliceAttrs& attrs, const Shape& src) {
  SliceAttrs kept;
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const auto axis = normalize_axis(attrs.axes[i], src.size());
    const bool is_whole = axis && attrs.steps[i] == 1 && attrs.starts[i] == 0 &&
                          (attrs.ends[i] >= kToTheEnd || (!is_symbolic(src[*axis]) && attrs.ends[i] >= src[*axis]));
    if (is_whole) continue;
    kept.starts.push_back(attrs.starts[i]);
    kept.ends.push_back(attrs.ends[i]);
    kept.axes.push_back(attrs.axes[i]);
    kept.steps.push_back(attrs.steps[i]);
  }
  return kept;
}

Result<void> add_slice(const MsNode& node, MsGraph& graph, TensorId src, const SliceAttrs& attrs) {
  const std::size_t n = attrs.axes.size();
  if (attrs.starts.size() != n || attrs.ends.size() != n || attrs.steps.size() != n) {
    return node.error(ErrorCode::kInvalidModel,
                      "has {} starts, {} ends, {} axes and {} steps, expected as many of each", attrs.starts.size(),
                      attrs.ends.size(), n, attrs.steps.size());
  }
  const SliceAttrs kept = without_whole_dimensions(attrs, graph.shape(src));
  if (kept.axes.empty()) return graph.add(node, kIdentity, NoAttrs{}, {src});
  return graph.add(node, kSlice, kept, {src});
}

std::vector<std::int64_t> first_axes(std::size_t count) {
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < count; ++i) axes.push_back(static_cast<std::int64_t>(i));
  return axes;
}

// Bit i of a mask: the bound of axis i does not count. The bounds of all axes are named when there are masks.
void apply_masks(SliceAttrs& attrs, std::int64_t begin_mask, std::int64_t end_mask) {
  for (std::size_t i = 0;
       i < attrs.axes.size() && i < attrs.starts.size() && i < attrs.ends.size() && i < attrs.steps.size(); ++i) {
    const bool forward = attrs.steps[i] > 0;
    if ((begin_mask >> i & 1) != 0) attrs.starts[i] = forward ? 0 : kToTheEnd;
    if ((end_mask >> i & 1) != 0) attrs.ends[i] = forward ? kToTheEnd : -kToTheEnd - 1;
  }
}

}  // namespace

// Inputs: src, begin, end, then strides, or axes and steps.
Result<void> import_ms_strided_slice(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::StridedSlice>();
  if (table.ellipsis_mask() != 0 || table.new_axis_mask() != 0 || table.shrink_axis_mask() != 0) {
    return node.error(ErrorCode::kUnsupported,
                      "ellipsis_mask {}, new_axis_mask {} and shrink_axis_mask {} are not supported",
                      table.ellipsis_mask(), table.new_axis_mask(), table.shrink_axis_mask());
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  if (const bool has_masks = table.begin_mask() != 0 || table.end_mask() != 0; !has_masks && node.num_inputs() > 4) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
    const auto is_computed = [&](TensorId id) { return !graph.is_constant(id); };
    if (std::any_of(inputs.begin() + 1, inputs.end(), is_computed)) return graph.add(node, kDynamicSlice, NoAttrs{}, inputs);
  }
  SliceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.starts, graph.integers(node, 1, "begin", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(attrs.ends, graph.integers(node, 2, "end", kMaxRank));
  const bool has_axes = node.num_inputs() > 4;
  attrs.axes = first_axes(attrs.starts.size());
  attrs.steps.assign(attrs.starts.size(), 1);
  if (has_axes) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.integers(node, 3, "axes", kMaxRank));
  }
  if (node.num_inputs() > 3) {
    OCTET_ASSIGN_OR_RETURN(attrs.steps, graph.integers(node, has_axes ? 4 : 3, "steps", kMaxRank));
  }
  apply_masks(attrs, table.begin_mask(), table.end_mask());
  return add_slice(node, graph, src, attrs);
}

// Inputs: src, begin, size; a size of -1 takes the rest.
Result<void> import_ms_slice(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  SliceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.starts, graph.integers(node, 1, "begin", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const auto sizes, graph.integers(node, 2, "size", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(attrs.axes, node.list(node.table<msl2::SliceFusion>().axes(), "axes", kMaxRank));
  if (attrs.axes.empty()) attrs.axes = first_axes(attrs.starts.size());
  for (std::size_t i = 0; i < std::min(sizes.size(), attrs.starts.size()); ++i) {
    if (attrs.starts[i] < 0 || sizes[i] < -1 || attrs.starts[i] > kMaxElements || sizes[i] > kMaxElements)
      return node.error(ErrorCode::kInvalidModel, "begin {} and size {} name no part of a dimension", attrs.starts[i],
                        sizes[i]);
    attrs.ends.push_back(sizes[i] == -1 ? kToTheEnd : attrs.starts[i] + sizes[i]);
  }
  attrs.steps.assign(attrs.axes.size(), 1);
  return add_slice(node, graph, src, attrs);
}

}  // namespace octet
