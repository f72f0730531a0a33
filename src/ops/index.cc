// SPDX-License-Identifier: Apache-2.0
#include "ops/index.h"

#include <algorithm>
#include <cstring>

#include "ops/copy.h"
#include "ops/widen.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

Result<void> expect_positions(const Tensor& indices) {
  if (indices.type == DataType::kInt32 || indices.type == DataType::kInt64) return {};
  return shape_error("indices '{}' are {}, expected i32 or i64", indices.name, data_type_name(indices.type));
}

// The positions as std::int64_t, whatever their type.
std::vector<std::int64_t> positions(const ConstView& indices) {
  const auto count = static_cast<std::size_t>(*num_elements(*indices.shape));
  if (indices.type == DataType::kInt64) return {indices.as<std::int64_t>(), indices.as<std::int64_t>() + count};
  return {indices.as<std::int32_t>(), indices.as<std::int32_t>() + count};
}

Result<std::int64_t> checked_position(std::int64_t index, std::int64_t size) {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  return shape_error("index {} is outside [-{}, {})", index, size, size);
}

Result<void> expect_fits(const Shape& indices, const Shape& src, std::size_t axis) {
  for (std::size_t d = 0; d < src.size(); ++d) {
    if (d == axis || is_symbolic(indices[d]) || is_symbolic(src[d]) || indices[d] <= src[d]) continue;
    return shape_error("indices [{}] are larger than [{}] in dimension {}", fmt::join(indices, ", "), fmt::join(src, ", "), d);
  }
  return {};
}

Result<std::vector<TensorType>> infer_gather_elements(const Node& node, Inputs inputs) {
  OCTET_RETURN_IF_ERROR(expect_positions(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<GatherElementsAttrs>().axis, inputs[0]->shape.size()));
  OCTET_RETURN_IF_ERROR(expect_rank("indices", *inputs[1], inputs[0]->shape.size()));
  OCTET_RETURN_IF_ERROR(expect_fits(inputs[1]->shape, inputs[0]->shape, axis));
  return single_type(inputs[0]->type, inputs[1]->shape);
}

// Strides of src without the one along the axis: where an index of `indices` starts.
Strides strides_without(const Shape& shape, std::size_t axis) {
  Strides strides = dense_strides(shape);
  strides[axis] = 0;
  return strides;
}

Result<void> reference_gather_elements(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const Shape& src = *inputs[0].shape;
  const std::size_t axis = *normalize_axis(node.as<GatherElementsAttrs>().axis, src.size());
  const std::int64_t step = dense_strides(src)[axis];
  const std::vector<std::int64_t> index = positions(inputs[1]);
  for (const std::int64_t i : index) OCTET_RETURN_IF_ERROR(checked_position(i, src[axis]));
  const std::size_t size = data_type_size(inputs[0].type);
  const auto* const from = static_cast<const std::byte*>(inputs[0].data);
  auto* const to = static_cast<std::byte*>(outputs[0].data);
  for_each_index<1>(*inputs[1].shape, {strides_without(src, axis)}, [&](std::int64_t i, const auto& offsets) {
    const std::int64_t k = index[static_cast<std::size_t>(i)];
    const std::int64_t offset = offsets[0] + (k < 0 ? k + src[axis] : k) * step;
    std::memcpy(to + static_cast<std::size_t>(i) * size, from + static_cast<std::size_t>(offset) * size, size);
  });
  return {};
}

// ---- vectors of indices

struct NdShapes {
  std::size_t batch, depth;  // leading dimensions shared; length of an index
  Shape outer, inner;        // the dimensions of indices without the last; those of src that an index picks
};

Result<NdShapes> nd_shapes(const Shape& src, const Shape& indices, std::int64_t batch_dims) {
  if (indices.empty() || is_symbolic(indices.back()))
    return shape_error("indices have shape [{}], and the last dimension must be known", fmt::join(indices, ", "));
  const auto rank = static_cast<std::int64_t>(src.size());
  if (batch_dims < 0 || batch_dims >= static_cast<std::int64_t>(indices.size()) || indices.back() > rank - batch_dims)
    return shape_error("indices [{}] with batch_dims = {} do not fit [{}]", fmt::join(indices, ", "), batch_dims, fmt::join(src, ", "));
  NdShapes shapes{static_cast<std::size_t>(batch_dims), static_cast<std::size_t>(indices.back()), {}, {}};
  shapes.outer.assign(indices.begin(), indices.end() - 1);
  shapes.inner.assign(src.begin() + batch_dims + indices.back(), src.end());
  for (std::size_t d = 0; d < shapes.batch; ++d)
    if (!same_dimension(src[d], indices[d])) return shape_error("dimension {} is {} in src and {} in indices", d, src[d], indices[d]);
  return shapes;
}

Shape joined(Shape outer, const Shape& inner) {
  outer.insert(outer.end(), inner.begin(), inner.end());
  return outer;
}

Result<std::vector<TensorType>> infer_gather_nd(const Node& node, Inputs inputs) {
  OCTET_RETURN_IF_ERROR(expect_positions(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(const NdShapes shapes, nd_shapes(inputs[0]->shape, inputs[1]->shape, node.as<GatherNdAttrs>().batch_dims));
  return single_type(inputs[0]->type, joined(shapes.outer, shapes.inner));
}

// Element offsets into src of what each index picks.
Result<std::vector<std::int64_t>> nd_offsets(const NdShapes& shapes, const Shape& src, const ConstView& indices) {
  const std::vector<std::int64_t> index = positions(indices);
  const Strides strides = dense_strides(src);
  const auto count = static_cast<std::size_t>(*num_elements(shapes.outer));
  std::int64_t per_batch = 1;
  for (std::size_t d = shapes.batch; d < shapes.outer.size(); ++d) per_batch *= shapes.outer[d];
  const std::int64_t batch_stride = shapes.batch == 0 ? 0 : strides[shapes.batch - 1];
  std::vector<std::int64_t> offsets(count);
  for (std::size_t i = 0; i < count; ++i) {
    offsets[i] = static_cast<std::int64_t>(i) / per_batch * batch_stride;
    for (std::size_t k = 0; k < shapes.depth; ++k) {
      const std::size_t d = shapes.batch + k;
      OCTET_ASSIGN_OR_RETURN(const std::int64_t at, checked_position(index[i * shapes.depth + k], src[d]));
      offsets[i] += at * strides[d];
    }
  }
  return offsets;
}

Result<void> reference_gather_nd(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const Shape& src = *inputs[0].shape;
  OCTET_ASSIGN_OR_RETURN(const NdShapes shapes, nd_shapes(src, *inputs[1].shape, node.as<GatherNdAttrs>().batch_dims));
  const std::size_t size = data_type_size(inputs[0].type);
  const std::size_t row = static_cast<std::size_t>(*num_elements(shapes.inner)) * size;
  if (row == 0 || num_elements(shapes.outer) == 0) return {};
  OCTET_ASSIGN_OR_RETURN(const auto offsets, nd_offsets(shapes, src, inputs[1]));
  auto* to = static_cast<std::byte*>(outputs[0].data);
  for (const std::int64_t offset : offsets) {
    std::memcpy(to, static_cast<const std::byte*>(inputs[0].data) + static_cast<std::size_t>(offset) * size, row);
    to += row;
  }
  return {};
}

// ---- scatter

Result<void> expect_updates(const Tensor& src, const Tensor& updates, const Shape& expected) {
  if (src.type != updates.type)
    return shape_error("updates are {}, and src is {}", data_type_name(updates.type), data_type_name(src.type));
  bool fits = updates.shape.size() == expected.size();
  for (std::size_t d = 0; fits && d < expected.size(); ++d) fits = same_dimension(updates.shape[d], expected[d]).has_value();
  if (fits) return {};
  return shape_error("updates have shape [{}], expected [{}]", fmt::join(updates.shape, ", "), fmt::join(expected, ", "));
}

Result<std::vector<TensorType>> infer_scatter_elements(const Node& node, Inputs inputs) {
  OCTET_RETURN_IF_ERROR(expect_positions(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<ScatterElementsAttrs>().axis, inputs[0]->shape.size()));
  OCTET_RETURN_IF_ERROR(expect_rank("indices", *inputs[1], inputs[0]->shape.size()));
  OCTET_RETURN_IF_ERROR(expect_fits(inputs[1]->shape, inputs[0]->shape, axis));
  OCTET_RETURN_IF_ERROR(expect_updates(*inputs[0], *inputs[2], inputs[1]->shape));
  return single_type(inputs[0]->type, inputs[0]->shape);
}

Result<std::vector<TensorType>> infer_scatter_nd(const Node&, Inputs inputs) {
  OCTET_RETURN_IF_ERROR(expect_positions(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(const NdShapes shapes, nd_shapes(inputs[0]->shape, inputs[1]->shape, 0));
  OCTET_RETURN_IF_ERROR(expect_updates(*inputs[0], *inputs[2], joined(shapes.outer, shapes.inner)));
  return single_type(inputs[0]->type, inputs[0]->shape);
}

template <typename T>
T combined(ScatterReduction reduction, T old, T update) {
  using U = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;  // integers wrap
  switch (reduction) {
    case ScatterReduction::kAdd: return static_cast<T>(static_cast<U>(old) + static_cast<U>(update));
    case ScatterReduction::kMul: return static_cast<T>(static_cast<U>(old) * static_cast<U>(update));
    case ScatterReduction::kMin: return update < old ? update : old;
    case ScatterReduction::kMax: return old < update ? update : old;
    case ScatterReduction::kNone: break;
  }
  return update;
}

// dst[offsets[i] + k] takes in updates[i * row + k], in order.
template <typename T>
void scatter(ScatterReduction reduction, const std::vector<std::int64_t>& offsets, std::int64_t row, const ConstView& updates, const View& dst) {
  const T* update = updates.as<T>();
  for (const std::int64_t offset : offsets)
    for (std::int64_t k = 0; k < row; ++k, ++update) {
      T& element = dst.as<T>()[offset + k];
      element = combined(reduction, element, *update);
    }
}

Result<void> scatter(ScatterReduction reduction, const std::vector<std::int64_t>& offsets, std::int64_t row,
                     std::span<const ConstView> inputs, const View& dst) {
  const std::size_t size = data_type_size(dst.type);
  const auto bytes = static_cast<std::size_t>(*num_elements(*dst.shape)) * size;
  if (bytes > 0) std::memcpy(dst.data, inputs[0].data, bytes);
  if (reduction == ScatterReduction::kNone) {
    const std::size_t row_bytes = static_cast<std::size_t>(row) * size;
    for (std::size_t i = 0; i < offsets.size() && row_bytes > 0; ++i)
      std::memcpy(static_cast<std::byte*>(dst.data) + static_cast<std::size_t>(offsets[i]) * size,
                  static_cast<const std::byte*>(inputs[2].data) + i * row_bytes, row_bytes);
    return {};
  }
  switch (dst.type) {
    case DataType::kFloat32: scatter<float>(reduction, offsets, row, inputs[2], dst); return {};
    case DataType::kFloat64: scatter<double>(reduction, offsets, row, inputs[2], dst); return {};
    case DataType::kInt64: scatter<std::int64_t>(reduction, offsets, row, inputs[2], dst); return {};
    case DataType::kUint64: scatter<std::uint64_t>(reduction, offsets, row, inputs[2], dst); return {};
    default: return no_reference_for(dst.type);
  }
}

bool must_widen(ScatterReduction reduction, DataType type) { return reduction != ScatterReduction::kNone && wide_type(type) != type; }

Result<void> reference_scatter_elements(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<ScatterElementsAttrs>();
  if (must_widen(attrs.reduction, outputs[0].type)) return run_widened(reference_scatter_elements, node, inputs, outputs);
  const Shape& src = *inputs[0].shape;
  const std::size_t axis = *normalize_axis(attrs.axis, src.size());
  const std::int64_t step = dense_strides(src)[axis];
  const std::vector<std::int64_t> index = positions(inputs[1]);
  for (const std::int64_t i : index) OCTET_RETURN_IF_ERROR(checked_position(i, src[axis]));
  std::vector<std::int64_t> offsets(index.size());
  for_each_index<1>(*inputs[1].shape, {strides_without(src, axis)}, [&](std::int64_t i, const auto& starts) {
    const std::int64_t k = index[static_cast<std::size_t>(i)];
    offsets[static_cast<std::size_t>(i)] = starts[0] + (k < 0 ? k + src[axis] : k) * step;
  });
  return scatter(attrs.reduction, offsets, 1, inputs, outputs[0]);
}

Result<void> reference_scatter_nd(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ScatterReduction reduction = node.as<ScatterNdAttrs>().reduction;
  if (must_widen(reduction, outputs[0].type)) return run_widened(reference_scatter_nd, node, inputs, outputs);
  OCTET_ASSIGN_OR_RETURN(const NdShapes shapes, nd_shapes(*inputs[0].shape, *inputs[1].shape, 0));
  if (num_elements(*inputs[2].shape) == 0) return scatter(reduction, {}, 0, inputs, outputs[0]);  // of any number of indices
  OCTET_ASSIGN_OR_RETURN(const auto offsets, nd_offsets(shapes, *inputs[0].shape, inputs[1]));
  return scatter(reduction, offsets, *num_elements(shapes.inner), inputs, outputs[0]);
}

}  // namespace

const Op kGatherElements = define_op<GatherElementsAttrs>("gather_elements", {2, 2}, infer_gather_elements, reference_gather_elements);
const Op kGatherNd = define_op<GatherNdAttrs>("gather_nd", {2, 2}, infer_gather_nd, reference_gather_nd);
const Op kScatterElements = define_op<ScatterElementsAttrs>("scatter_elements", {3, 3}, infer_scatter_elements, reference_scatter_elements);
const Op kScatterNd = define_op<ScatterNdAttrs>("scatter_nd", {3, 3}, infer_scatter_nd, reference_scatter_nd);

}  // namespace octet
