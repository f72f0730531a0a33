// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul.h"

#include <algorithm>
#include <optional>

#include "ops/copy.h"
#include "ops/layer_types.h"

namespace octet {
namespace {

// One operand as matrices: leading dimensions, rows and columns after transposing.
struct Matrices {
  Shape batch;
  std::int64_t rows, columns;
  bool added_dimension;  // rank 1: a row as first operand, a column as second

  // Elements between rows and between columns.
  std::int64_t row_stride, column_stride;
};

// The shape must have at least 1 dimension. Strides mean nothing if it is not fixed.
Matrices first_matrices(const Shape& shape, bool transpose) {
  if (shape.size() == 1) return {{}, 1, shape[0], true, 0, 1};
  const std::int64_t last = shape.back(), before = shape[shape.size() - 2];
  const Shape batch(shape.begin(), shape.end() - 2);
  if (transpose) return {batch, last, before, false, 1, last};
  return {batch, before, last, false, last, 1};
}
Matrices second_matrices(const Shape& shape, bool transpose) {
  if (shape.size() == 1) return {{}, shape[0], 1, true, 1, 0};
  return first_matrices(shape, transpose);
}

Result<void> check_operand(std::string_view what, const Tensor& tensor, bool transpose) {
  if (tensor.shape.empty()) return shape_error("{} '{}' is a scalar, expected at least 1 dimension", what, tensor.name);
  if (!transpose || tensor.shape.size() > 1) return {};
  return shape_error("{} '{}' has 1 dimension, which cannot be transposed", what, tensor.name);
}

Result<std::vector<TensorType>> infer_matmul(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<MatmulAttrs>();
  const Tensor& a = *inputs[0];
  const Tensor& b = *inputs[1];
  const Tensor* const bias = optional_input(inputs, 2);
  OCTET_RETURN_IF_ERROR(expect_weights_types(a, b, bias));
  OCTET_RETURN_IF_ERROR(check_operand("a", a, attrs.transpose_a));
  OCTET_RETURN_IF_ERROR(check_operand("b", b, attrs.transpose_b));
  const Matrices first = first_matrices(a.shape, attrs.transpose_a), second = second_matrices(b.shape, attrs.transpose_b);
  std::optional<Shape> shape = broadcast_shapes(first.batch, second.batch);
  if (!shape || !same_dimension(first.columns, second.rows)) {
    return shape_error("a '{}' of shape [{}]{} cannot be multiplied with b '{}' of shape [{}]{}", a.name,
                       fmt::join(a.shape, ", "), attrs.transpose_a ? " (transposed)" : "", b.name, fmt::join(b.shape, ", "),
                       attrs.transpose_b ? " (transposed)" : "");
  }
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, second.columns));
  if (!first.added_dimension) shape->push_back(first.rows);
  if (!second.added_dimension) shape->push_back(second.columns);
  return single_type(a.type, std::move(*shape));
}

// Strides from one matrix of `operand` to the next, over the batch dimensions of dst.
Strides batch_strides(const Matrices& operand, const Shape& batch) {
  Strides strides = broadcast_strides(operand.batch, batch);
  for (std::int64_t& stride : strides) stride *= operand.rows * operand.columns;
  return strides;
}

Result<void> reference_matmul(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<MatmulAttrs>();
  const Matrices a = first_matrices(*inputs[0].shape, attrs.transpose_a);
  const Matrices b = second_matrices(*inputs[1].shape, attrs.transpose_b);
  const Shape batch = *broadcast_shapes(a.batch, b.batch);
  const float* const bias = optional_floats(inputs, 2);
  const ActivationBounds bounds = activation_bounds(attrs.activation);
  for_each_index<2>(batch, {batch_strides(a, batch), batch_strides(b, batch)}, [&](std::int64_t i, const auto& offsets) {
    float* const dst = outputs[0].as<float>() + i * a.rows * b.columns;
    for (std::int64_t m = 0; m < a.rows; ++m) {
      for (std::int64_t n = 0; n < b.columns; ++n) {
        const float* const row = inputs[0].as<float>() + offsets[0] + m * a.row_stride;
        const float* const column = inputs[1].as<float>() + offsets[1] + n * b.column_stride;
        double acc = bias == nullptr ? 0.0 : double{bias[n]};
        for (std::int64_t k = 0; k < a.columns; ++k) acc += double{row[k * a.column_stride]} * double{column[k * b.row_stride]};
        dst[m * b.columns + n] = std::clamp(static_cast<float>(acc), bounds.lo, bounds.hi);
      }
    }
  });
  return {};
}

}  // namespace

const Op kMatmul = define_op<MatmulAttrs>("matmul", {2, 3}, infer_matmul, reference_matmul);

}  // namespace octet
