// SPDX-License-Identifier: Apache-2.0
#include "ops/slice.h"

#include <algorithm>

#include "ops/copy.h"

namespace octet {
namespace {

// Python's range of src[start:end:step] in a dimension of `size`.
SliceRange python_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  // A step beyond the size takes one element whatever it is; bounded, it cannot overflow.
  step = std::clamp(step, -size - 1, size + 1);
  const std::int64_t first = step > 0 ? 0 : -1;
  const std::int64_t last = step > 0 ? size : size - 1;
  const auto bound = [&](std::int64_t i) { return std::clamp(i < 0 ? i + size : i, first, last); };
  start = bound(start);
  end = bound(end);
  const std::int64_t distance = step > 0 ? end - start : start - end;
  const std::int64_t stride = step > 0 ? step : -step;
  return {start, step, distance <= 0 ? 0 : (distance + stride - 1) / stride};
}

// The whole dimension, whatever its size. Exporters write INT32_MAX or INT64_MAX for "to the end".
bool takes_all(std::int64_t start, std::int64_t end, std::int64_t step) {
  return start == 0 && end >= INT32_MAX && step == 1;
}

Result<void> check_attrs(const SliceAttrs& attrs, std::size_t rank) {
  const std::size_t n = attrs.axes.size();
  if (attrs.starts.size() != n || attrs.ends.size() != n || attrs.steps.size() != n) {
    return shape_error("{} starts, {} ends, {} axes and {} steps, expected as many of each", attrs.starts.size(),
                       attrs.ends.size(), n, attrs.steps.size());
  }
  if (std::find(attrs.steps.begin(), attrs.steps.end(), 0) != attrs.steps.end()) return shape_error("a step is 0");
  OCTET_RETURN_IF_ERROR(expect_axes(attrs.axes, rank));
  return {};
}

Result<std::vector<TensorType>> infer_slice(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<SliceAttrs>();
  Shape shape = inputs[0]->shape;
  OCTET_RETURN_IF_ERROR(check_attrs(attrs, shape.size()));
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    std::int64_t& d = shape[*normalize_axis(attrs.axes[i], shape.size())];
    if (!is_symbolic(d)) d = python_range(attrs.starts[i], attrs.ends[i], attrs.steps[i], d).count;
    else if (!takes_all(attrs.starts[i], attrs.ends[i], attrs.steps[i])) d = kUnknownDimension;
  }
  return single_type(inputs[0]->type, std::move(shape));
}

Result<void> reference_slice(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(src, outputs[0]));
  OCTET_ASSIGN_OR_RETURN(const auto ranges, slice_ranges(node.as<SliceAttrs>(), *src.shape));
  const Strides dense = dense_strides(*src.shape);
  Strides strides(dense.size());
  std::int64_t first = 0;
  for (std::size_t d = 0; d < dense.size(); ++d) {
    if (ranges[d].count == 0) return {};
    strides[d] = dense[d] * ranges[d].step;
    first += dense[d] * ranges[d].start;
  }
  const std::size_t size = data_type_size(src.type);
  copy_strided(*outputs[0].shape, size, static_cast<const std::byte*>(src.data) + first * static_cast<std::int64_t>(size),
               strides, static_cast<std::byte*>(outputs[0].data), dense_strides(*outputs[0].shape));
  return {};
}

}  // namespace

const Op kSlice = define_op<SliceAttrs>("slice", {1, 1}, infer_slice, reference_slice);

Result<std::vector<SliceRange>> slice_ranges(const SliceAttrs& attrs, const Shape& src) {
  OCTET_RETURN_IF_ERROR(check_attrs(attrs, src.size()));
  std::vector<SliceRange> ranges;
  for (const std::int64_t d : src) ranges.push_back({0, 1, d});
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const std::size_t axis = *normalize_axis(attrs.axes[i], src.size());
    if (is_symbolic(src[axis]) && takes_all(attrs.starts[i], attrs.ends[i], attrs.steps[i])) continue;
    if (is_symbolic(src[axis])) return shape_error("axis {} is sliced and has no fixed size", axis);
    ranges[axis] = python_range(attrs.starts[i], attrs.ends[i], attrs.steps[i], src[axis]);
  }
  return ranges;
}

}  // namespace octet
