// SPDX-License-Identifier: Apache-2.0
#include "ops/lines.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/copy.h"
#include "ops/scalar.h"
#include "ops/widen.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

// The lines of a tensor along an axis: `n` elements each, `stride` apart.
struct Lines {
  std::int64_t count, n, stride;
  std::int64_t first(std::int64_t line) const { return line / stride * stride * n + line % stride; }
};
Lines lines_along(const Shape& shape, std::size_t axis) {
  Lines lines{0, shape[axis], dense_strides(shape)[axis]};
  if (const std::int64_t elements = *num_elements(shape); elements > 0) lines.count = elements / lines.n;
  return lines;
}

// ---- cum_sum

Result<std::vector<TensorType>> infer_cum_sum(const Node&, Inputs inputs) {
  const Tensor& axis = *inputs[1];
  if ((axis.type != DataType::kInt64 && axis.type != DataType::kInt32) || num_elements(axis.shape) != 1)
    return shape_error("axis '{}' is {}[{}], expected one integer", axis.name, data_type_name(axis.type), fmt::join(axis.shape, ", "));
  if (inputs[0]->type == DataType::kBool) return shape_error("src '{}' is bool, expected numbers", inputs[0]->name);
  if (axis.is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t value, integer_scalar(axis));
    OCTET_RETURN_IF_ERROR(expect_axis(value, inputs[0]->shape.size()));
  }
  return single_type(inputs[0]->type, inputs[0]->shape);
}

template <typename T>
void run_cum_sum(const CumSumAttrs& attrs, const Lines& lines, const T* src, T* dst) {
  using Acc = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;  // integers wrap
  for (std::int64_t line = 0; line < lines.count; ++line) {
    Acc sum = 0;
    for (std::int64_t k = 0; k < lines.n; ++k) {
      const std::int64_t i = lines.first(line) + (attrs.reverse ? lines.n - 1 - k : k) * lines.stride;
      if (attrs.exclusive) dst[i] = static_cast<T>(sum);
      sum += static_cast<Acc>(src[i]);
      if (!attrs.exclusive) dst[i] = static_cast<T>(sum);
    }
  }
}

Result<void> reference_cum_sum(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (wide_type(inputs[0].type) != inputs[0].type) return run_widened(reference_cum_sum, node, inputs, outputs, {false, true});
  const std::int64_t wanted = inputs[1].type == DataType::kInt32 ? *inputs[1].as<std::int32_t>() : *inputs[1].as<std::int64_t>();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(wanted, inputs[0].shape->size()));
  const auto& attrs = node.as<CumSumAttrs>();
  const Lines lines = lines_along(*inputs[0].shape, axis);
  const View& dst = outputs[0];
  switch (dst.type) {
    case DataType::kFloat32: run_cum_sum(attrs, lines, inputs[0].as<float>(), dst.as<float>()); return {};
    case DataType::kFloat64: run_cum_sum(attrs, lines, inputs[0].as<double>(), dst.as<double>()); return {};
    case DataType::kInt64: run_cum_sum(attrs, lines, inputs[0].as<std::int64_t>(), dst.as<std::int64_t>()); return {};
    case DataType::kUint64: run_cum_sum(attrs, lines, inputs[0].as<std::uint64_t>(), dst.as<std::uint64_t>()); return {};
    default: return no_reference_for(dst.type);
  }
}

// ---- hardmax

Result<std::vector<TensorType>> infer_hardmax(const Node& node, Inputs inputs) {
  if (!is_float(inputs[0]->type)) return shape_error("src '{}' is {}, expected floats", inputs[0]->name, data_type_name(inputs[0]->type));
  OCTET_RETURN_IF_ERROR(expect_axis(node.as<SoftmaxAttrs>().axis, inputs[0]->shape.size()));
  return single_type(inputs[0]->type, inputs[0]->shape);
}

Result<void> reference_hardmax(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (inputs[0].type == DataType::kFloat16) return run_widened(reference_hardmax, node, inputs, outputs);
  if (inputs[0].type != DataType::kFloat32) return no_reference_for(inputs[0].type);
  const Lines lines = lines_along(*inputs[0].shape, *normalize_axis(node.as<SoftmaxAttrs>().axis, inputs[0].shape->size()));
  for (std::int64_t line = 0; line < lines.count; ++line) {
    const float* const src = inputs[0].as<float>() + lines.first(line);
    float* const dst = outputs[0].as<float>() + lines.first(line);
    std::int64_t best = 0;
    for (std::int64_t k = 0; k < lines.n; ++k) {
      if (src[best * lines.stride] < src[k * lines.stride]) best = k;
      dst[k * lines.stride] = 0.0f;
    }
    dst[best * lines.stride] = 1.0f;
  }
  return {};
}

// ---- reverse_sequence

Result<std::vector<TensorType>> infer_reverse_sequence(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ReverseSequenceAttrs>();
  const Shape& shape = inputs[0]->shape;
  OCTET_ASSIGN_OR_RETURN(const std::size_t batch, expect_axis(attrs.batch_axis, shape.size()));
  OCTET_ASSIGN_OR_RETURN(const std::size_t time, expect_axis(attrs.time_axis, shape.size()));
  if (batch == time) return shape_error("batch_axis and time_axis are both {}", batch);
  OCTET_RETURN_IF_ERROR(expect_rank("lengths", *inputs[1], 1));
  if (inputs[1]->type != DataType::kInt64 || !same_dimension(inputs[1]->shape[0], shape[batch]))
    return shape_error("lengths are {}[{}], expected i64[{}]", data_type_name(inputs[1]->type), inputs[1]->shape[0], shape[batch]);
  return single_type(inputs[0]->type, shape);
}

Result<void> reference_reverse_sequence(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<ReverseSequenceAttrs>();
  const Shape& shape = *inputs[0].shape;
  const std::size_t batch = *normalize_axis(attrs.batch_axis, shape.size()), time = *normalize_axis(attrs.time_axis, shape.size());
  const auto* const lengths = inputs[1].as<std::int64_t>();
  for (std::int64_t b = 0; b < shape[batch]; ++b)
    if (lengths[b] < 0 || lengths[b] > shape[time]) return shape_error("length {} is outside [0, {}]", lengths[b], shape[time]);
  const Strides dense = dense_strides(shape);
  Strides batch_index(shape.size(), 0), time_index(shape.size(), 0);  // count the two indices
  batch_index[batch] = 1;
  time_index[time] = 1;
  const auto size = static_cast<std::int64_t>(data_type_size(inputs[0].type));
  const auto* const from = static_cast<const std::byte*>(inputs[0].data);
  auto* const to = static_cast<std::byte*>(outputs[0].data);
  for_each_index<3>(shape, {dense, batch_index, time_index}, [&](std::int64_t i, const auto& at) {
    const std::int64_t length = lengths[at[1]], t = at[2];
    const std::int64_t source = t < length ? at[0] + (length - 1 - 2 * t) * dense[time] : at[0];
    std::memcpy(to + i * size, from + source * size, static_cast<std::size_t>(size));
  });
  return {};
}

// ---- is_inf, is_nan

Result<std::vector<TensorType>> infer_float_test(const Node&, Inputs inputs) {
  if (!is_float(inputs[0]->type)) return shape_error("src '{}' is {}, expected floats", inputs[0]->name, data_type_name(inputs[0]->type));
  return single_type(DataType::kBool, inputs[0]->shape);
}

template <typename T>
void run_float_test(const Node& node, const ConstView& src, bool* dst) {
  const std::int64_t count = *num_elements(*src.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const T x = src.as<T>()[i];
    if (node.is(kIsNan)) dst[i] = std::isnan(x);
    else dst[i] = std::isinf(x) && (x < 0 ? node.as<IsInfAttrs>().negative : node.as<IsInfAttrs>().positive);
  }
}

Result<void> reference_float_test(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: run_float_test<float>(node, inputs[0], outputs[0].as<bool>()); return {};
    case DataType::kFloat64: run_float_test<double>(node, inputs[0], outputs[0].as<bool>()); return {};
    default: return run_widened(reference_float_test, node, inputs, outputs, {false, true});
  }
}

// ---- det

Result<std::vector<TensorType>> infer_det(const Node&, Inputs inputs) {
  const Shape& shape = inputs[0]->shape;
  if (inputs[0]->type != DataType::kFloat32 || shape.size() < 2 || !same_dimension(shape[shape.size() - 2], shape.back()))
    return shape_error("src is {}[{}], expected square matrices of f32", data_type_name(inputs[0]->type), fmt::join(shape, ", "));
  return single_type(inputs[0]->type, {shape.begin(), shape.end() - 2});
}

double determinant(std::vector<double> a, std::size_t n) {
  double det = 1;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(a.begin() + static_cast<std::ptrdiff_t>(k * n), a.begin() + static_cast<std::ptrdiff_t>((k + 1) * n),
                       a.begin() + static_cast<std::ptrdiff_t>(pivot * n));
      det = -det;
    }
    det *= a[k * n + k];
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return det;
}

Result<void> reference_det(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto n = static_cast<std::size_t>(inputs[0].shape->back());
  const float* src = inputs[0].as<float>();
  for (std::int64_t i = 0; i < *num_elements(*outputs[0].shape); ++i, src += n * n)
    outputs[0].as<float>()[i] = static_cast<float>(determinant(std::vector<double>(src, src + n * n), n));
  return {};
}

}  // namespace

const Op kCumSum = define_op<CumSumAttrs>("cum_sum", {2, 2}, infer_cum_sum, reference_cum_sum);
const Op kHardmax = define_op<SoftmaxAttrs>("hardmax", {1, 1}, infer_hardmax, reference_hardmax);
const Op kReverseSequence = define_op<ReverseSequenceAttrs>("reverse_sequence", {2, 2}, infer_reverse_sequence, reference_reverse_sequence);
const Op kIsInf = define_op<IsInfAttrs>("is_inf", {1, 1}, infer_float_test, reference_float_test);
const Op kIsNan = define_op<NoAttrs>("is_nan", {1, 1}, infer_float_test, reference_float_test);
const Op kDet = define_op<NoAttrs>("det", {1, 1}, infer_det, reference_det);

}  // namespace octet
