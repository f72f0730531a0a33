// SPDX-License-Identifier: Apache-2.0
#include "ops/generate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/copy.h"
#include "ops/scalar.h"
#include "ops/widen.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

Result<void> expect_integers(std::string_view what, const Tensor& tensor) {
  if (tensor.type == DataType::kInt64 || tensor.type == DataType::kInt32) return {};
  return shape_error("{} '{}' is {}, expected i32 or i64", what, tensor.name, data_type_name(tensor.type));
}

// ---- range: dst[i] = start + i * delta, before limit

// The number of elements; the arguments are exact in double up to 2^53.
Result<std::int64_t> range_count(double start, double limit, double delta) {
  constexpr double kMaxExact = 0x1p53;
  // The negations also catch NaN.
  if (!(std::abs(start) < kMaxExact) || !(std::abs(limit) < kMaxExact) || !(std::abs(delta) < kMaxExact) || delta == 0.0)
    return shape_error("range from {} to {} by {} is impossible", start, limit, delta);
  const double count = std::max(std::ceil((limit - start) / delta), 0.0);
  if (count > static_cast<double>(kMaxElements)) return shape_error("range from {} to {} by {} is too long", start, limit, delta);
  return static_cast<std::int64_t>(count);
}

Result<std::vector<TensorType>> infer_range(const Node&, Inputs inputs) {
  bool is_known = true;
  for (const Tensor* input : inputs) {
    if (input->type != inputs[0]->type)
      return shape_error("start, limit and delta are {} and {}, expected one type", data_type_name(inputs[0]->type), data_type_name(input->type));
    is_known = is_known && input->is_constant;
  }
  if (inputs[0]->type == DataType::kBool) return shape_error("there is no range of bool");
  if (!is_known) return single_type(inputs[0]->type, {kUnknownDimension});
  OCTET_ASSIGN_OR_RETURN(const double start, scalar_value(*inputs[0]));
  OCTET_ASSIGN_OR_RETURN(const double limit, scalar_value(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(const double delta, scalar_value(*inputs[2]));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t count, range_count(start, limit, delta));
  return single_type(inputs[0]->type, {count});
}

template <typename T>
void run_range(std::span<const ConstView> inputs, const View& dst) {
  const T start = *inputs[0].as<T>(), delta = *inputs[2].as<T>();
  for (std::int64_t i = 0; i < (*dst.shape)[0]; ++i) {
    if constexpr (std::is_integral_v<T>) dst.as<T>()[i] = start + static_cast<T>(i) * delta;
    else dst.as<T>()[i] = static_cast<T>(static_cast<double>(start) + static_cast<double>(i) * static_cast<double>(delta));
  }
}

Result<void> reference_range(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (outputs[0].type) {
    case DataType::kFloat32: run_range<float>(inputs, outputs[0]); return {};
    case DataType::kFloat64: run_range<double>(inputs, outputs[0]); return {};
    case DataType::kInt64: run_range<std::int64_t>(inputs, outputs[0]); return {};
    case DataType::kUint64: run_range<std::uint64_t>(inputs, outputs[0]); return {};
    default: return run_widened(reference_range, node, inputs, outputs);
  }
}

// ---- fill

Result<std::vector<TensorType>> infer_fill(const Node& node, Inputs inputs) {
  const DataType type = node.as<FillAttrs>().type;
  const Tensor& sizes = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_integers("shape", sizes));
  if (sizes.is_constant) {
    OCTET_ASSIGN_OR_RETURN(Shape shape, integer_values(sizes));
    if (!is_fixed(shape) || !within_limits(shape)) return shape_error("shape is [{}]", fmt::join(shape, ", "));
    return single_type(type, std::move(shape));
  }
  const auto rank = num_elements(sizes.shape);
  if (!rank || *rank > static_cast<std::int64_t>(kMaxRank))
    return shape_error("shape '{}' has shape [{}], and the number of dimensions must be known", sizes.name, fmt::join(sizes.shape, ", "));
  return single_type(type, Shape(static_cast<std::size_t>(*rank), kUnknownDimension));
}

Result<void> reference_fill(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<FillAttrs>();
  const View& dst = outputs[0];
  const std::int64_t count = *num_elements(*dst.shape);
  switch (dst.type) {
    case DataType::kFloat32: std::fill_n(dst.as<float>(), count, attrs.value); return {};
    case DataType::kFloat64: std::fill_n(dst.as<double>(), count, double{attrs.value}); return {};
    case DataType::kInt64: std::fill_n(dst.as<std::int64_t>(), count, attrs.integer); return {};
    case DataType::kUint64: std::fill_n(dst.as<std::uint64_t>(), count, static_cast<std::uint64_t>(attrs.integer)); return {};
    default: return run_widened(reference_fill, node, inputs, outputs, {true});
  }
}

// ---- eye

Result<std::vector<TensorType>> infer_eye(const Node& node, Inputs inputs) {
  OCTET_RETURN_IF_ERROR(expect_rank("src", *inputs[0], 2));
  return single_type(node.as<EyeAttrs>().type, inputs[0]->shape);
}

Result<void> reference_eye(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<EyeAttrs>();
  const View& dst = outputs[0];
  const std::int64_t rows = (*dst.shape)[0], columns = (*dst.shape)[1];
  const auto write = [&](auto one) {
    using T = decltype(one);
    std::fill_n(dst.as<T>(), rows * columns, T{0});
    for (std::int64_t i = 0; i < (columns == 0 ? 0 : rows); ++i)
      if (attrs.k >= -i && attrs.k < columns - i) dst.as<T>()[i * columns + i + attrs.k] = one;
  };
  switch (dst.type) {
    case DataType::kFloat32: write(1.0f); return {};
    case DataType::kFloat64: write(1.0); return {};
    case DataType::kInt64: write(std::int64_t{1}); return {};
    case DataType::kUint64: write(std::uint64_t{1}); return {};
    default: return run_widened(reference_eye, node, inputs, outputs, {true});
  }
}

// ---- one_hot: dst[..., k, ...] = index == k ? on : off; a negative index counts from depth, others outside give off

Result<std::size_t> one_hot_axis(const Node& node, const Shape& indices) {
  return expect_axis(node.as<OneHotAttrs>().axis, indices.size() + 1);
}

Result<std::vector<TensorType>> infer_one_hot(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, one_hot_axis(node, inputs[0]->shape));
  if (num_elements(inputs[2]->shape) != 2)
    return shape_error("values '{}' have shape [{}], expected [2]", inputs[2]->name, fmt::join(inputs[2]->shape, ", "));
  std::int64_t depth = kUnknownDimension;
  if (inputs[1]->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const double number, scalar_value(*inputs[1]));
    if (!(number >= 0 && number <= static_cast<double>(kMaxElements))) return shape_error("depth is {}", number);
    depth = static_cast<std::int64_t>(number);
  }
  Shape shape = inputs[0]->shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  return single_type(inputs[2]->type, std::move(shape));
}

Result<void> reference_one_hot(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (wide_type(inputs[0].type) != inputs[0].type) return run_widened(reference_one_hot, node, inputs, outputs, {false, true, true, true});
  const View& dst = outputs[0];
  const Shape& shape = *dst.shape;
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, one_hot_axis(node, *inputs[0].shape));
  const std::int64_t depth = shape[axis], inner = dense_strides(shape)[axis];
  const std::size_t size = data_type_size(dst.type);
  const auto* const off = static_cast<const std::byte*>(inputs[2].data);
  const std::byte* const on = off + size;
  const auto index_of = [&](std::int64_t i) -> std::int64_t {
    if (inputs[0].type == DataType::kFloat32) return static_cast<std::int64_t>(inputs[0].as<float>()[i]);
    if (inputs[0].type == DataType::kFloat64) return static_cast<std::int64_t>(inputs[0].as<double>()[i]);
    return static_cast<const std::int64_t*>(inputs[0].data)[i];
  };
  const std::int64_t count = *num_elements(shape);
  auto* to = static_cast<std::byte*>(dst.data);
  for (std::int64_t i = 0; i < count; ++i, to += size) {
    const std::int64_t k = i / inner % depth;
    const std::int64_t index = index_of(i / inner / depth * inner + i % inner);
    std::memcpy(to, index == k || index == k - depth ? on : off, size);
  }
  return {};
}

// ---- trilu

Result<std::vector<TensorType>> infer_trilu(const Node&, Inputs inputs) {
  if (inputs[0]->shape.size() < 2)
    return shape_error("src '{}' has shape [{}], expected matrices", inputs[0]->name, fmt::join(inputs[0]->shape, ", "));
  if (inputs.size() > 1 && inputs[1] != nullptr && (inputs[1]->type != DataType::kInt64 || num_elements(inputs[1]->shape) != 1))
    return shape_error("k is {}[{}], expected one i64", data_type_name(inputs[1]->type), fmt::join(inputs[1]->shape, ", "));
  return single_type(inputs[0]->type, inputs[0]->shape);
}

Result<void> reference_trilu(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const bool upper = node.as<TriluAttrs>().upper;
  const Shape& shape = *inputs[0].shape;
  const std::int64_t rows = shape[shape.size() - 2], columns = shape.back();
  const bool has_k = inputs.size() > 1 && inputs[1].data != nullptr;
  const std::int64_t k = has_k ? std::clamp<std::int64_t>(*inputs[1].as<std::int64_t>(), -kMaxElements, kMaxElements) : 0;
  const std::size_t size = data_type_size(inputs[0].type);
  const auto* from = static_cast<const std::byte*>(inputs[0].data);
  auto* to = static_cast<std::byte*>(outputs[0].data);
  for (std::int64_t i = 0; i < *num_elements(shape); ++i, from += size, to += size) {
    const std::int64_t diagonal = i % columns - i / columns % rows;
    if (upper ? diagonal >= k : diagonal <= k) std::memcpy(to, from, size);
    else std::memset(to, 0, size);
  }
  return {};
}

// ---- size_of

Result<std::vector<TensorType>> infer_size_of(const Node&, Inputs) { return single_type(DataType::kInt64, {}); }

Result<void> reference_size_of(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  *outputs[0].as<std::int64_t>() = *num_elements(*inputs[0].shape);
  return {};
}

}  // namespace

const Op kRange = define_op<NoAttrs>("range", {3, 3}, infer_range, reference_range);
const Op kFill = define_op<FillAttrs>("fill", {1, 1}, infer_fill, reference_fill);
const Op kEye = define_op<EyeAttrs>("eye", {1, 1}, infer_eye, reference_eye);
const Op kOneHot = define_op<OneHotAttrs>("one_hot", {3, 3}, infer_one_hot, reference_one_hot);
const Op kTrilu = define_op<TriluAttrs>("trilu", {1, 2}, infer_trilu, reference_trilu);
const Op kSizeOf = define_op<NoAttrs>("size_of", {1, 1}, infer_size_of, reference_size_of);

}  // namespace octet
