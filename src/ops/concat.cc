// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"

#include <cstring>

#include "ops/copy.h"

namespace octet {
namespace {

// What both tensors' dimension `d` is in the joined tensor.
Result<std::int64_t> joined_dimension(const Shape& a, const Tensor& b, std::size_t d, std::size_t axis) {
  if (d == axis) return is_symbolic(a[d]) || is_symbolic(b.shape[d]) ? kUnknownDimension : a[d] + b.shape[d];
  if (const auto same = same_dimension(a[d], b.shape[d])) return *same;
  return shape_error("'{}' has shape [{}], which differs from [{}] in another dimension than axis {}", b.name,
                     fmt::join(b.shape, ", "), fmt::join(a, ", "), axis);
}

Result<std::vector<TensorType>> infer_concat(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& first = *inputs[0];
  Shape shape = first.shape;
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<ConcatAttrs>().axis, shape.size()));
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) return shape_error("input {} is missing", i);
    const Tensor& next = *inputs[i];
    if (next.type != first.type) {
      return shape_error("'{}' is {} and '{}' is {}, expected one type", first.name, data_type_name(first.type), next.name,
                         data_type_name(next.type));
    }
    OCTET_RETURN_IF_ERROR(expect_rank("input", next, shape.size()));
    for (std::size_t d = 0; d < shape.size(); ++d) {
      OCTET_ASSIGN_OR_RETURN(shape[d], joined_dimension(shape, next, d, axis));
    }
    if (!within_limits(shape)) return shape_error("the joined shape [{}] is too large", fmt::join(shape, ", "));
  }
  return single_type(first.type, std::move(shape));
}

Result<std::vector<TensorType>> infer_split(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<SplitAttrs>();
  const Tensor& src = *inputs[0];
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(attrs.axis, src.shape.size()));
  std::vector<TensorType> types;
  std::int64_t sum = 0;
  for (const std::int64_t size : attrs.sizes) {
    if (size < 0 || size > kMaxElements - sum) return shape_error("size {} is not a size along axis {}", size, axis);
    sum += size;
    types.push_back({src.type, src.shape});
    types.back().shape[axis] = size;
  }
  if (types.empty()) return shape_error("sizes are missing");
  if (!is_symbolic(src.shape[axis]) && sum != src.shape[axis])
    return shape_error("sizes [{}] sum to {}, axis {} has {}", fmt::join(attrs.sizes, ", "), sum, axis, src.shape[axis]);
  return types;
}

// A tensor as rows: one for each index of the dimensions before the axis, holding all the others.
struct Rows {
  std::int64_t count;
  std::size_t inner_bytes;  // of one index along the axis
};
Rows rows(const Shape& shape, std::size_t axis, DataType type) {
  Rows result{1, data_type_size(type)};
  for (std::size_t d = 0; d < axis; ++d) result.count *= shape[d];
  for (std::size_t d = axis + 1; d < shape.size(); ++d) result.inner_bytes *= static_cast<std::size_t>(shape[d]);
  return result;
}

void copy_rows(std::int64_t count, std::size_t bytes, const std::byte* src, std::size_t src_pitch, std::byte* dst,
               std::size_t dst_pitch) {
  if (bytes == 0) return;
  for (std::int64_t i = 0; i < count; ++i, src += src_pitch, dst += dst_pitch) std::memcpy(dst, src, bytes);
}

Result<void> reference_concat(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const View& dst = outputs[0];
  const std::size_t axis = *normalize_axis(node.as<ConcatAttrs>().axis, dst.shape->size());
  const Rows row = rows(*dst.shape, axis, dst.type);
  const std::size_t dst_pitch = row.inner_bytes * static_cast<std::size_t>((*dst.shape)[axis]);
  auto* to = static_cast<std::byte*>(dst.data);
  for (const ConstView& src : inputs) {
    OCTET_RETURN_IF_ERROR(expect_same_quant(src, dst));
    const std::size_t bytes = row.inner_bytes * static_cast<std::size_t>((*src.shape)[axis]);
    copy_rows(row.count, bytes, static_cast<const std::byte*>(src.data), bytes, to, dst_pitch);
    to += bytes;
  }
  return {};
}

Result<void> reference_split(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  const std::size_t axis = *normalize_axis(node.as<SplitAttrs>().axis, src.shape->size());
  const Rows row = rows(*src.shape, axis, src.type);
  const std::size_t src_pitch = row.inner_bytes * static_cast<std::size_t>((*src.shape)[axis]);
  const auto* from = static_cast<const std::byte*>(src.data);
  for (const View& dst : outputs) {
    OCTET_RETURN_IF_ERROR(expect_same_quant(src, dst));
    const std::size_t bytes = row.inner_bytes * static_cast<std::size_t>((*dst.shape)[axis]);
    copy_rows(row.count, bytes, from, src_pitch, static_cast<std::byte*>(dst.data), bytes);
    from += bytes;
  }
  return {};
}

}  // namespace

const Op kConcat = define_op<ConcatAttrs>("concat", {1, kAnyNumber}, infer_concat, reference_concat);
const Op kSplit = define_op<SplitAttrs>("split", {1, 1}, infer_split, reference_split, kAnyNumber);

}  // namespace octet
