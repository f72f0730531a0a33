// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "ops/copy.h"

namespace octet {
namespace {

// Which dimensions are reduced.
Result<std::vector<bool>> reduced_dimensions(const ReduceAttrs& attrs, std::size_t rank) {
  if (attrs.axes.empty()) return std::vector<bool>(rank, true);
  return expect_axes(attrs.axes, rank);
}

Shape reduced_shape(const Shape& src, const std::vector<bool>& reduced, bool keep_dims) {
  Shape shape;
  for (std::size_t d = 0; d < src.size(); ++d) {
    if (!reduced[d]) shape.push_back(src[d]);
    else if (keep_dims) shape.push_back(1);
  }
  return shape;
}

Result<std::vector<TensorType>> infer_reduce(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<ReduceAttrs>();
  const Tensor& src = *inputs[0];
  if (src.type == DataType::kBool) return shape_error("src '{}' is bool, expected numbers", src.name);
  OCTET_ASSIGN_OR_RETURN(const auto reduced, reduced_dimensions(attrs, src.shape.size()));
  return single_type(src.type, reduced_shape(src.shape, reduced, attrs.keep_dims));
}

Result<std::vector<TensorType>> infer_arg_max(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<ArgMaxAttrs>();
  const Tensor& src = *inputs[0];
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(attrs.axis, src.shape.size()));
  if (src.shape[axis] == 0) return shape_error("axis {} of '{}' is empty", axis, src.name);
  std::vector<bool> reduced(src.shape.size(), false);
  reduced[axis] = true;
  return single_type(DataType::kInt64, reduced_shape(src.shape, reduced, attrs.keep_dims));
}

// Strides into the result by indices of src: 0 along reduced dimensions.
Strides result_strides(const Shape& src, const std::vector<bool>& reduced) {
  const Strides dense = dense_strides(reduced_shape(src, reduced, /*keep_dims=*/true));
  Strides strides(src.size(), 0);
  for (std::size_t d = 0; d < src.size(); ++d)
    if (!reduced[d]) strides[d] = dense[d];
  return strides;
}

// Integer sums and products wrap, as two's complement does; A is std::uint64_t for them.
template <typename A>
using Combine = A (*)(A acc, A x);

// How `op` gathers elements: start value, and the function that takes in the next element.
template <typename T, typename A>
std::pair<A, Combine<A>> gathering(const Op& op) {
  using Limits = std::numeric_limits<T>;
  if (&op == &kReduceMax || &op == &kReduceMin) {
    const bool is_max = &op == &kReduceMax;
    const T infinity = std::is_floating_point_v<T> ? Limits::infinity() : Limits::max();
    const T lowest = std::is_floating_point_v<T> ? -Limits::infinity() : Limits::lowest();
    using Signed = std::conditional_t<std::is_floating_point_v<T>, A, std::int64_t>;
    if (is_max) return {static_cast<A>(lowest), [](A a, A x) { return static_cast<Signed>(a) < static_cast<Signed>(x) ? x : a; }};
    return {static_cast<A>(infinity), [](A a, A x) { return static_cast<Signed>(x) < static_cast<Signed>(a) ? x : a; }};
  }
  if (&op == &kReduceProd) return {A{1}, [](A a, A x) { return static_cast<A>(a * x); }};
  if (&op == &kReduceSumSquare || &op == &kReduceL2) return {A{0}, [](A a, A x) { return static_cast<A>(a + x * x); }};
  return {A{0}, [](A a, A x) { return static_cast<A>(a + x); }};
}

// A sum of squares that wrapped below 0 has no root.
std::int64_t integer_root(std::int64_t square) {
  return square <= 0 ? 0 : static_cast<std::int64_t>(std::sqrt(static_cast<double>(square)));
}

// The result of `count` gathered elements.
template <typename T, typename A>
T finished(const Op& op, A acc, std::int64_t count) {
  if constexpr (std::is_floating_point_v<T>) {
    if (&op == &kReduceMean) return static_cast<T>(acc / static_cast<A>(count));
    return static_cast<T>(&op == &kReduceL2 ? std::sqrt(acc) : acc);
  } else {
    const auto value = static_cast<std::int64_t>(acc);
    if (&op == &kReduceMean) return static_cast<T>(value / count);
    return static_cast<T>(&op == &kReduceL2 ? integer_root(value) : value);
  }
}

template <typename T>
Result<void> run_reduce(const Node& node, const ConstView& src, const View& dst) {
  using A = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  const auto& attrs = node.as<ReduceAttrs>();
  OCTET_ASSIGN_OR_RETURN(const auto reduced, reduced_dimensions(attrs, src.shape->size()));
  const auto num_results = static_cast<std::size_t>(*num_elements(*dst.shape));
  const std::int64_t num_values = *num_elements(*src.shape);
  if (num_results == 0) return {};
  const bool needs_values = node.is(kReduceMax) || node.is(kReduceMin) || node.is(kReduceMean);
  if (num_values == 0 && needs_values) return shape_error("nothing to reduce: src is empty");

  const auto [start, combine] = gathering<T, A>(*node.op);
  std::vector<A> acc(num_results, start);
  const T* const from = src.as<T>();
  for_each_index<1>(*src.shape, {result_strides(*src.shape, reduced)}, [&, &combine_ = combine](std::int64_t i, const auto& to) {
    A& a = acc[static_cast<std::size_t>(to[0])];
    a = combine_(a, static_cast<A>(from[i]));
  });
  const std::int64_t count = num_values / static_cast<std::int64_t>(num_results);
  for (std::size_t i = 0; i < num_results; ++i) dst.as<T>()[i] = finished<T>(*node.op, acc[i], count);
  return {};
}

Result<void> reference_reduce(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_reduce<float>(node, inputs[0], outputs[0]);
    case DataType::kFloat64: return run_reduce<double>(node, inputs[0], outputs[0]);
    case DataType::kInt32: return run_reduce<std::int32_t>(node, inputs[0], outputs[0]);
    case DataType::kInt64: return run_reduce<std::int64_t>(node, inputs[0], outputs[0]);
    default: return no_reference_for(inputs[0].type);
  }
}

// On a tie the first index wins.
template <typename T>
Result<void> run_arg_max(const Node& node, const ConstView& src, const View& dst) {
  const Shape& shape = *src.shape;
  const std::size_t axis = *normalize_axis(node.as<ArgMaxAttrs>().axis, shape.size());
  std::int64_t inner = 1;
  for (std::size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
  const std::int64_t count = *num_elements(*dst.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const T* const first = src.as<T>() + i / inner * inner * shape[axis] + i % inner;
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < shape[axis]; ++k)
      if (first[best * inner] < first[k * inner]) best = k;
    dst.as<std::int64_t>()[i] = best;
  }
  return {};
}

Result<void> reference_arg_max(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (inputs[0].quant != nullptr && inputs[0].quant->per_channel())
    return make_error(ErrorCode::kUnsupported, "elements of different scales cannot be compared");
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_arg_max<float>(node, inputs[0], outputs[0]);
    case DataType::kFloat64: return run_arg_max<double>(node, inputs[0], outputs[0]);
    case DataType::kInt8: return run_arg_max<std::int8_t>(node, inputs[0], outputs[0]);
    case DataType::kUint8: return run_arg_max<std::uint8_t>(node, inputs[0], outputs[0]);
    case DataType::kInt32: return run_arg_max<std::int32_t>(node, inputs[0], outputs[0]);
    case DataType::kInt64: return run_arg_max<std::int64_t>(node, inputs[0], outputs[0]);
    default: return no_reference_for(inputs[0].type);
  }
}

constexpr Op reduction(std::string_view name) { return define_op<ReduceAttrs>(name, {1, 1}, infer_reduce, reference_reduce); }

}  // namespace

const Op kReduceMean = reduction("reduce_mean");
const Op kReduceSum = reduction("reduce_sum");
const Op kReduceMax = reduction("reduce_max");
const Op kReduceMin = reduction("reduce_min");
const Op kReduceProd = reduction("reduce_prod");
const Op kReduceSumSquare = reduction("reduce_sum_square");
const Op kReduceL2 = reduction("reduce_l2");
const Op kArgMax = define_op<ArgMaxAttrs>("arg_max", {1, 1}, infer_arg_max, reference_arg_max);

}  // namespace octet
