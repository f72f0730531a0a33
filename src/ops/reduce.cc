// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "ops/copy.h"
#include "ops/widen.h"

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
  if (src.type == DataType::kBool && !node.is(kReduceMax) && !node.is(kReduceMin))
    return shape_error("src '{}' is bool, expected numbers", src.name);
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

// How a reduction gathers elements: start value, and the function that takes in the next element. `T` is float, double,
// std::int64_t or std::uint64_t; sums of the last two wrap, as two's complement does.
template <typename T>
struct Gathering {
  using Acc = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  Acc start;
  Acc (*take)(Acc acc, T x);
};

template <typename T>
Gathering<T> gathering(const Op& op) {
  using Acc = typename Gathering<T>::Acc;
  using Limits = std::numeric_limits<T>;
  const auto acc = [](T x) { return static_cast<Acc>(x); };
  if (&op == &kReduceMax)
    return {acc(Limits::has_infinity ? -Limits::infinity() : Limits::lowest()), [](Acc a, T x) { return static_cast<T>(a) < x ? static_cast<Acc>(x) : a; }};
  if (&op == &kReduceMin)
    return {acc(Limits::has_infinity ? Limits::infinity() : Limits::max()), [](Acc a, T x) { return x < static_cast<T>(a) ? static_cast<Acc>(x) : a; }};
  if (&op == &kReduceProd) return {1, [](Acc a, T x) { return a * static_cast<Acc>(x); }};
  if (&op == &kReduceSumSquare || &op == &kReduceL2) return {0, [](Acc a, T x) { return a + static_cast<Acc>(x) * static_cast<Acc>(x); }};
  if (&op == &kReduceL1) return {0, [](Acc a, T x) { return x < 0 ? a - static_cast<Acc>(x) : a + static_cast<Acc>(x); }};
  return {0, [](Acc a, T x) { return a + static_cast<Acc>(x); }};
}

// A sum of squares that wrapped below 0 has no root.
std::int64_t integer_root(std::int64_t square) {
  return square <= 0 ? 0 : static_cast<std::int64_t>(std::sqrt(static_cast<double>(square)));
}

// The result of `count` gathered elements.
template <typename T>
T finished(const Op& op, typename Gathering<T>::Acc acc, std::int64_t count) {
  if constexpr (std::is_floating_point_v<T>) {
    if (&op == &kReduceMean) return static_cast<T>(acc / static_cast<double>(count));
    if (&op == &kReduceLogSum) return static_cast<T>(std::log(acc));
    return static_cast<T>(&op == &kReduceL2 ? std::sqrt(acc) : acc);
  } else {
    const auto value = static_cast<T>(acc);
    if (&op == &kReduceMean) return static_cast<T>(value / static_cast<T>(count));
    return &op == &kReduceL2 ? static_cast<T>(integer_root(static_cast<std::int64_t>(value))) : value;
  }
}

// log(sum(exp(x))) as max + log(sum(exp(x - max))), which cannot overflow.
template <typename T>
void run_log_sum_exp(const ConstView& src, const View& dst, const Strides& strides, std::size_t num_results) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> max(num_results, -kInfinity), sum(num_results, 0.0);
  const T* const from = src.as<T>();
  for_each_index<1>(*src.shape, {strides}, [&](std::int64_t i, const auto& to) {
    double& m = max[static_cast<std::size_t>(to[0])];
    m = std::max(m, static_cast<double>(from[i]));
  });
  for_each_index<1>(*src.shape, {strides}, [&](std::int64_t i, const auto& to) {
    const auto k = static_cast<std::size_t>(to[0]);
    sum[k] += std::isinf(max[k]) ? (max[k] > 0 ? kInfinity : 0.0) : std::exp(static_cast<double>(from[i]) - max[k]);
  });
  for (std::size_t i = 0; i < num_results; ++i)
    dst.as<T>()[i] = static_cast<T>(std::isinf(max[i]) ? max[i] : max[i] + std::log(sum[i]));
}

// The shape as [outer, reduced, inner], if the reduced dimensions follow each other.
struct ReducedBlock {
  std::size_t outer = 1, reduced = 1, inner = 1;
};
std::optional<ReducedBlock> reduced_block(const Shape& shape, const std::vector<bool>& reduced) {
  ReducedBlock block;
  std::size_t d = 0;
  for (; d < shape.size() && !reduced[d]; ++d) block.outer *= static_cast<std::size_t>(shape[d]);
  for (; d < shape.size() && reduced[d]; ++d) block.reduced *= static_cast<std::size_t>(shape[d]);
  for (; d < shape.size() && !reduced[d]; ++d) block.inner *= static_cast<std::size_t>(shape[d]);
  return d == shape.size() ? std::optional(block) : std::nullopt;
}

// acc[outer, inner] += src[outer, reduced, inner], each sum in the order of the elements.
template <typename T, typename Acc>
void add_up(const T* src, const ReducedBlock& block, Acc* acc) {
  for (std::size_t o = 0; o < block.outer; ++o, acc += block.inner)
    for (std::size_t r = 0; r < block.reduced; ++r, src += block.inner)
      for (std::size_t i = 0; i < block.inner; ++i) acc[i] += static_cast<Acc>(src[i]);
}

template <typename T>
Result<void> run_reduce(const Node& node, const ConstView& src, const View& dst) {
  const auto& attrs = node.as<ReduceAttrs>();
  OCTET_ASSIGN_OR_RETURN(const auto reduced, reduced_dimensions(attrs, src.shape->size()));
  const auto num_results = static_cast<std::size_t>(*num_elements(*dst.shape));
  const std::int64_t num_values = *num_elements(*src.shape);
  if (num_results == 0) return {};
  const Strides strides = result_strides(*src.shape, reduced);
  const bool is_logarithm = node.is(kReduceLogSum) || node.is(kReduceLogSumExp);
  if constexpr (std::is_integral_v<T>) {
    const bool needs_values = node.is(kReduceMax) || node.is(kReduceMin) || node.is(kReduceMean);
    if (num_values == 0 && needs_values) return shape_error("nothing to reduce: src is empty");
    if (is_logarithm) return no_reference_for(src.type);
  } else if (node.is(kReduceLogSumExp)) {
    run_log_sum_exp<T>(src, dst, strides, num_results);
    return {};
  }
  const Gathering<T> gather = gathering<T>(*node.op);
  std::vector<typename Gathering<T>::Acc> acc(num_results, gather.start);
  const T* const from = src.as<T>();
  const auto block = reduced_block(*src.shape, reduced);
  if (block && (node.is(kReduceSum) || node.is(kReduceMean))) {
    add_up(from, *block, acc.data());
  } else {
    for_each_index<1>(*src.shape, {strides}, [&](std::int64_t i, const auto& to) {
      auto& a = acc[static_cast<std::size_t>(to[0])];
      a = gather.take(a, from[i]);
    });
  }
  const std::int64_t count = num_values / static_cast<std::int64_t>(num_results);
  for (std::size_t i = 0; i < num_results; ++i) dst.as<T>()[i] = finished<T>(*node.op, acc[i], count);
  return {};
}

Result<void> reference_reduce(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_reduce<float>(node, inputs[0], outputs[0]);
    case DataType::kFloat64: return run_reduce<double>(node, inputs[0], outputs[0]);
    case DataType::kInt64: return run_reduce<std::int64_t>(node, inputs[0], outputs[0]);
    case DataType::kUint64: return run_reduce<std::uint64_t>(node, inputs[0], outputs[0]);
    default: break;
  }
  if (inputs[0].quant != nullptr) return no_reference_for(inputs[0].type);
  return run_widened(reference_reduce, node, inputs, outputs);
}

template <typename T>
Result<void> run_arg_extreme(const Node& node, const ConstView& src, const View& dst) {
  const auto& attrs = node.as<ArgMaxAttrs>();
  const Shape& shape = *src.shape;
  const std::size_t axis = *normalize_axis(attrs.axis, shape.size());
  const bool is_max = node.is(kArgMax);
  std::int64_t inner = 1;
  for (std::size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
  const std::int64_t count = *num_elements(*dst.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const T* const first = src.as<T>() + i / inner * inner * shape[axis] + i % inner;
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < shape[axis]; ++k) {
      const T now = first[best * inner], next = first[k * inner];
      if ((is_max ? now < next : next < now) || (attrs.select_last && next == now)) best = k;
    }
    dst.as<std::int64_t>()[i] = best;
  }
  return {};
}

Result<void> reference_arg_extreme(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (inputs[0].quant != nullptr && inputs[0].quant->per_channel())
    return make_error(ErrorCode::kUnsupported, "elements of different scales cannot be compared");
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_arg_extreme<float>(node, inputs[0], outputs[0]);
    case DataType::kFloat64: return run_arg_extreme<double>(node, inputs[0], outputs[0]);
    case DataType::kInt64: return run_arg_extreme<std::int64_t>(node, inputs[0], outputs[0]);
    case DataType::kUint64: return run_arg_extreme<std::uint64_t>(node, inputs[0], outputs[0]);
    default: return run_widened(reference_arg_extreme, node, inputs, outputs);
  }
}

constexpr Op reduction(std::string_view name) { return define_op<ReduceAttrs>(name, {1, 1}, infer_reduce, reference_reduce); }
constexpr Op arg_extreme(std::string_view name) {
  return define_op<ArgMaxAttrs>(name, {1, 1}, infer_arg_max, reference_arg_extreme);
}

}  // namespace

const Op kReduceMean = reduction("reduce_mean");
const Op kReduceSum = reduction("reduce_sum");
const Op kReduceMax = reduction("reduce_max");
const Op kReduceMin = reduction("reduce_min");
const Op kReduceProd = reduction("reduce_prod");
const Op kReduceSumSquare = reduction("reduce_sum_square");
const Op kReduceL1 = reduction("reduce_l1");
const Op kReduceL2 = reduction("reduce_l2");
const Op kReduceLogSum = reduction("reduce_log_sum");
const Op kReduceLogSumExp = reduction("reduce_log_sum_exp");
const Op kArgMax = arg_extreme("arg_max");
const Op kArgMin = arg_extreme("arg_min");

}  // namespace octet
