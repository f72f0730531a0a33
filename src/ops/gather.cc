// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "ops/copy.h"
#include "ops/float16.h"

namespace octet {

void CastAttrs::visit(AttrVisitor& v) { v.visit("to", to, kDataTypeNames); }

namespace {

Result<std::vector<TensorType>> infer_gather(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  const Tensor& indices = *inputs[1];
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<GatherAttrs>().axis, src.shape.size()));
  if (indices.type != DataType::kInt32 && indices.type != DataType::kInt64)
    return shape_error("indices '{}' are {}, expected i32 or i64", indices.name, data_type_name(indices.type));
  Shape shape = src.shape;
  const auto position = shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(position, indices.shape.begin(), indices.shape.end());
  return single_type(src.type, std::move(shape));
}

template <typename I>
Result<void> run_gather(std::size_t axis, const ConstView& src, const ConstView& indices, const View& dst) {
  const Shape& shape = *src.shape;
  const std::int64_t size = shape[axis];
  std::size_t row_bytes = data_type_size(src.type);
  std::int64_t outer = 1;
  for (std::size_t d = 0; d < axis; ++d) outer *= shape[d];
  for (std::size_t d = axis + 1; d < shape.size(); ++d) row_bytes *= static_cast<std::size_t>(shape[d]);
  const std::int64_t num_indices = *num_elements(*indices.shape);
  const I* const index = indices.as<I>();
  for (std::int64_t i = 0; i < num_indices; ++i)
    if (index[i] < -size || index[i] >= size) return shape_error("index {} is outside [-{}, {})", index[i], size, size);
  if (row_bytes == 0) return {};

  const auto* const from = static_cast<const std::byte*>(src.data);
  auto* to = static_cast<std::byte*>(dst.data);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < num_indices; ++i, to += row_bytes) {
      const std::int64_t row = o * size + (index[i] < 0 ? index[i] + size : std::int64_t{index[i]});
      std::memcpy(to, from + static_cast<std::size_t>(row) * row_bytes, row_bytes);
    }
  }
  return {};
}

Result<void> reference_gather(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_same_quant(inputs[0], outputs[0]));
  const std::size_t axis = *normalize_axis(node.as<GatherAttrs>().axis, inputs[0].shape->size());
  if (inputs[1].type == DataType::kInt32) return run_gather<std::int32_t>(axis, inputs[0], inputs[1], outputs[0]);
  return run_gather<std::int64_t>(axis, inputs[0], inputs[1], outputs[0]);
}

Result<std::vector<TensorType>> infer_cast(const Node& node, std::span<const Tensor* const> inputs) {
  return single_type(node.as<CastAttrs>().to, inputs[0]->shape);
}

// Floats are cut towards zero and saturate, a NaN is 0. Integers wrap.
template <typename To, typename From>
To cast_value(From value) {
  if constexpr (std::is_same_v<To, bool> || std::is_floating_point_v<To> || std::is_integral_v<From>) {
    return static_cast<To>(value);
  } else {
    constexpr auto kLo = static_cast<double>(std::numeric_limits<To>::min());
    constexpr auto kHi = static_cast<double>(std::numeric_limits<To>::max());  // 64 bits: 2^63, one too many
    if (std::isnan(value)) return 0;
    if (value >= kHi) return std::numeric_limits<To>::max();
    return static_cast<To>(std::max<double>(value, kLo));
  }
}

// Writes `count` values, each a double, an std::int64_t or an std::uint64_t from read(i), as elements of `dst`.
template <typename Read>
void write_cast(std::int64_t count, Read read, const View& dst) {
  const auto write = [&](auto zero) {
    using To = decltype(zero);
    for (std::int64_t i = 0; i < count; ++i) dst.as<To>()[i] = cast_value<To>(read(i));
  };
  switch (dst.type) {
    case DataType::kFloat32: return write(float{});
    case DataType::kFloat64: return write(double{});
    case DataType::kInt8: return write(std::int8_t{});
    case DataType::kUint8: return write(std::uint8_t{});
    case DataType::kInt16: return write(std::int16_t{});
    case DataType::kInt32: return write(std::int32_t{});
    case DataType::kInt64: return write(std::int64_t{});
    case DataType::kBool: return write(bool{});
    case DataType::kUint16: return write(std::uint16_t{});
    case DataType::kUint32: return write(std::uint32_t{});
    case DataType::kUint64: return write(std::uint64_t{});
    case DataType::kFloat16:
      for (std::int64_t i = 0; i < count; ++i)
        static_cast<std::uint16_t*>(dst.data)[i] = float16_from_double(static_cast<double>(read(i)));
      return;
  }
}

template <typename From>
void run_cast(std::int64_t count, const ConstView& src, const View& dst) {
  using Wide = std::conditional_t<std::is_floating_point_v<From>, double,
                                  std::conditional_t<std::is_same_v<From, std::uint64_t>, std::uint64_t, std::int64_t>>;
  const From* const from = src.as<From>();
  write_cast(count, [from](std::int64_t i) { return static_cast<Wide>(from[i]); }, dst);
}

Result<void> reference_cast(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  const View& dst = outputs[0];
  if (src.quant != nullptr || dst.quant != nullptr)
    return make_error(ErrorCode::kUnsupported, "cast does not know quantization; use quantize or dequantize");
  const std::int64_t count = *num_elements(*src.shape);
  switch (src.type) {
    case DataType::kFloat32: run_cast<float>(count, src, dst); break;
    case DataType::kFloat64: run_cast<double>(count, src, dst); break;
    case DataType::kInt8: run_cast<std::int8_t>(count, src, dst); break;
    case DataType::kUint8: run_cast<std::uint8_t>(count, src, dst); break;
    case DataType::kInt16: run_cast<std::int16_t>(count, src, dst); break;
    case DataType::kInt32: run_cast<std::int32_t>(count, src, dst); break;
    case DataType::kInt64: run_cast<std::int64_t>(count, src, dst); break;
    case DataType::kBool: run_cast<bool>(count, src, dst); break;
    case DataType::kUint16: run_cast<std::uint16_t>(count, src, dst); break;
    case DataType::kUint32: run_cast<std::uint32_t>(count, src, dst); break;
    case DataType::kUint64: run_cast<std::uint64_t>(count, src, dst); break;
    case DataType::kFloat16: {
      const auto* const from = static_cast<const std::uint16_t*>(src.data);
      write_cast(count, [from](std::int64_t i) { return double{float16_to_float(from[i])}; }, dst);
      break;
    }
  }
  return {};
}

// [begin, end) of src's dimensions that shape_of gives, with Python's rules for slices.
std::pair<std::size_t, std::size_t> dimension_range(const ShapeOfAttrs& attrs, std::size_t rank) {
  const auto size = static_cast<std::int64_t>(rank);
  const auto bound = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  const std::int64_t begin = bound(attrs.start);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(std::max(begin, bound(attrs.end)))};
}

Result<std::vector<TensorType>> infer_shape_of(const Node& node, std::span<const Tensor* const> inputs) {
  const auto [begin, end] = dimension_range(node.as<ShapeOfAttrs>(), inputs[0]->shape.size());
  return single_type(DataType::kInt64, {static_cast<std::int64_t>(end - begin)});
}

Result<void> reference_shape_of(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const Shape& shape = *inputs[0].shape;
  const auto [begin, end] = dimension_range(node.as<ShapeOfAttrs>(), shape.size());
  std::int64_t* to = outputs[0].as<std::int64_t>();
  for (std::size_t d = begin; d < end; ++d) {
    if (is_symbolic(shape[d])) return shape_error("dimension {} of src is not fixed", d);
    *to++ = shape[d];
  }
  return {};
}

Result<std::vector<TensorType>> infer_expand(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<ExpandAttrs>();
  const Tensor& src = *inputs[0];
  const bool is_valid = within_limits(attrs.shape) && is_fixed(attrs.shape);
  auto shape = is_valid ? broadcast_shapes(src.shape, attrs.shape) : std::nullopt;
  if (!shape) {
    return shape_error("'{}' of shape [{}] cannot be broadcast with [{}]", src.name, fmt::join(src.shape, ", "),
                       fmt::join(attrs.shape, ", "));
  }
  return single_type(src.type, std::move(*shape));
}

Result<void> reference_expand(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  const View& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(src, dst));
  copy_strided(*dst.shape, data_type_size(src.type), static_cast<const std::byte*>(src.data),
               broadcast_strides(*src.shape, *dst.shape), static_cast<std::byte*>(dst.data), dense_strides(*dst.shape));
  return {};
}

Result<std::vector<TensorType>> infer_tile(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& repeats = node.as<TileAttrs>().repeats;
  Shape shape = inputs[0]->shape;
  if (repeats.size() != shape.size())
    return shape_error("{} repeats for {} dimensions, expected one for each", repeats.size(), shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (repeats[d] < 0 || repeats[d] > kMaxElements || (shape[d] > 0 && repeats[d] > kMaxElements / shape[d]))
      return shape_error("dimension {} of size {} cannot be repeated {} times", d, shape[d], repeats[d]);
    if (!is_symbolic(shape[d])) shape[d] *= repeats[d];
    else if (repeats[d] != 1) shape[d] = repeats[d] == 0 ? 0 : kUnknownDimension;
  }
  return single_type(inputs[0]->type, std::move(shape));
}

// dst is dense in [repeats[0], src[0], repeats[1], src[1], ...], and src is read without moving along the repeats.
Result<void> reference_tile(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(src, outputs[0]));
  const auto& repeats = node.as<TileAttrs>().repeats;
  const Strides dense = dense_strides(*src.shape);
  Shape shape;
  Strides strides;
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    shape.insert(shape.end(), {repeats[d], (*src.shape)[d]});
    strides.insert(strides.end(), {0, dense[d]});
  }
  copy_strided(shape, data_type_size(src.type), static_cast<const std::byte*>(src.data), strides,
               static_cast<std::byte*>(outputs[0].data), dense_strides(shape));
  return {};
}

}  // namespace

const Op kGather = define_op<GatherAttrs>("gather", {2, 2}, infer_gather, reference_gather);
const Op kCast = define_op<CastAttrs>("cast", {1, 1}, infer_cast, reference_cast);
const Op kShapeOf = define_op<ShapeOfAttrs>("shape_of", {1, 1}, infer_shape_of, reference_shape_of);
const Op kExpand = define_op<ExpandAttrs>("expand", {1, 1}, infer_expand, reference_expand);
const Op kTile = define_op<TileAttrs>("tile", {1, 1}, infer_tile, reference_tile);

}  // namespace octet
