// SPDX-License-Identifier: Apache-2.0
#include "ops/dynamic_quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/layer_types.h"

namespace octet {

DynamicParams dynamic_params(float min, float max, bool symmetric) {
  constexpr float kMost = std::numeric_limits<float>::max(), kLeastScale = std::numeric_limits<float>::min();
  min = std::max(std::min(min, 0.0f), -kMost);
  max = std::min(std::max(max, 0.0f), kMost);
  if (symmetric) return {std::max(std::max(-min, max) / 127.0f, kLeastScale), 0};
  // Halves: the difference of two finite numbers may be infinite.
  const float scale = std::max((max * 0.5f - min * 0.5f) / 127.5f, kLeastScale);
  return {scale, static_cast<std::int32_t>(std::clamp(std::nearbyint(-128.0f - min / scale), -128.0f, 127.0f))};
}

namespace {

std::int64_t row_length(const Shape& shape) { return shape.empty() ? 1 : shape.back(); }

Shape params_shape(const Shape& src, bool per_row) {
  if (!per_row) return {};
  Shape shape = src;
  if (!shape.empty()) shape.back() = 1;
  return shape;
}

Result<std::vector<TensorType>> infer_dynamic_quantize(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  if (src.type != DataType::kFloat32)
    return make_error(ErrorCode::kUnsupported, "src '{}' is {}, expected f32", src.name, data_type_name(src.type));
  const Shape params = params_shape(src.shape, node.as<DynamicQuantizeAttrs>().per_row);
  return std::vector<TensorType>{{DataType::kInt8, src.shape}, {DataType::kFloat32, params}, {DataType::kInt32, params}};
}

Result<void> reference_dynamic_quantize(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<DynamicQuantizeAttrs>();
  const std::int64_t count = *num_elements(*inputs[0].shape);
  const std::int64_t length = attrs.per_row ? row_length(*inputs[0].shape) : count;
  const float* src = inputs[0].as<float>();
  auto* dst = outputs[0].as<std::int8_t>();
  const std::int64_t num_params = *num_elements(*outputs[1].shape);
  for (std::int64_t row = 0; row < num_params; ++row) {
    float min = 0.0f, max = 0.0f;
    for (std::int64_t i = row * length; i < (row + 1) * length; ++i) {
      if (src[i] < min) min = src[i];
      if (src[i] > max) max = src[i];
    }
    const DynamicParams params = dynamic_params(min, max, attrs.symmetric);
    outputs[1].as<float>()[row] = params.scale;
    outputs[2].as<std::int32_t>()[row] = params.zero_point;
    for (std::int64_t i = row * length; i < (row + 1) * length; ++i) {
      const float steps = std::isnan(src[i]) ? 0.0f : std::nearbyint(src[i] / params.scale);
      dst[i] = static_cast<std::int8_t>(std::clamp(steps + static_cast<float>(params.zero_point), -128.0f, 127.0f));
    }
  }
  return {};
}

// src int8 with its parameters, one or one per row.
Result<void> check_dynamic(std::string_view what, std::span<const Tensor* const> inputs) {
  const Tensor &q = *inputs[0], &scale = *inputs[1], &zero_point = *inputs[2];
  if (q.type != DataType::kInt8 || scale.type != DataType::kFloat32 || zero_point.type != DataType::kInt32) {
    return shape_error("{} '{}', its scale and zero point are {}, {} and {}, expected i8, f32 and i32", what, q.name,
                       data_type_name(q.type), data_type_name(scale.type), data_type_name(zero_point.type));
  }
  if (q.shape.empty()) return shape_error("{} '{}' is a scalar, expected at least 1 dimension", what, q.name);
  const bool fits = scale.shape == zero_point.shape && (scale.shape.empty() || scale.shape == params_shape(q.shape, true));
  if (fits) return {};
  return shape_error("{} '{}' of shape [{}] has scales of shape [{}] and zero points of shape [{}]: expected [] or one for each row",
                     what, q.name, fmt::join(q.shape, ", "), fmt::join(scale.shape, ", "), fmt::join(zero_point.shape, ", "));
}

Result<std::vector<TensorType>> infer_dynamic_fully_connected(const Node&, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(check_dynamic("src", inputs.first(3)));
  const Tensor &src = *inputs[0], &weights = *inputs[3];
  const Tensor* const bias = optional_input(inputs, 4);
  OCTET_RETURN_IF_ERROR(expect_rank("weights", weights, 2));
  if (weights.type != DataType::kInt8 || !weights.quant)
    return shape_error("weights '{}' are {}, expected i8 with parameters", weights.name, data_type_name(weights.type));
  const auto& zero_points = weights.quant->zero_point;
  if (std::any_of(zero_points.begin(), zero_points.end(), [](std::int32_t z) { return z != 0; }) ||
      (weights.quant->per_channel() && weights.quant->axis != 0))
    return make_error(ErrorCode::kUnsupported, "weights '{}' have zero points or scales along axis {}, expected none and axis 0",
                      weights.name, weights.quant->axis);
  if (!same_dimension(src.shape.back(), weights.shape[1])) {
    return shape_error("src '{}' has shape [{}] and weights '{}' [{}]: the last dimensions differ", src.name,
                       fmt::join(src.shape, ", "), weights.name, fmt::join(weights.shape, ", "));
  }
  if (bias != nullptr && bias->type != DataType::kFloat32)
    return shape_error("bias '{}' is {}, expected f32", bias->name, data_type_name(bias->type));
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, weights.shape[0]));
  Shape shape = src.shape;
  shape.back() = weights.shape[0];
  return single_type(DataType::kFloat32, std::move(shape));
}

double activate(DynamicActivation activation, double x) {
  switch (activation) {
    case DynamicActivation::kNone: return x;
    case DynamicActivation::kRelu: return std::max(x, 0.0);
    case DynamicActivation::kRelu6: return std::clamp(x, 0.0, 6.0);
    case DynamicActivation::kGelu: return 0.5 * x * (1.0 + std::erf(x * 0.70710678118654752440));
    case DynamicActivation::kGeluApproximate:
      return 0.5 * x * (1.0 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  }
  return x;
}

// A dynamically quantized operand.
struct Operand {
  const std::int8_t* q;
  const float* scale;
  const std::int32_t* zero_point;
  bool per_row;

  explicit Operand(std::span<const ConstView> inputs)
      : q(inputs[0].as<std::int8_t>()), scale(inputs[1].as<float>()), zero_point(inputs[2].as<std::int32_t>()),
        per_row(*num_elements(*inputs[1].shape) > 1) {}
  double row_scale(std::int64_t row) const { return double{scale[per_row ? row : 0]}; }
  std::int64_t row_zero_point(std::int64_t row) const { return zero_point[per_row ? row : 0]; }
};

Result<void> reference_dynamic_fully_connected(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const DynamicActivation activation = node.as<DynamicFullyConnectedAttrs>().activation;
  const Operand src(inputs);
  const std::int64_t num_n = (*inputs[3].shape)[0], num_k = (*inputs[3].shape)[1];
  if (inputs[3].quant == nullptr) return shape_error("weights have no quantization parameters");
  const std::vector<float>& scale = inputs[3].quant->scale;
  const float* const bias = optional_floats(inputs, 4);
  const std::int64_t count = *num_elements(*outputs[0].shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = i / num_n, n = i % num_n;
    const std::int8_t* const weights = inputs[3].as<std::int8_t>() + n * num_k;
    std::int64_t acc = 0;
    for (std::int64_t k = 0; k < num_k; ++k) acc += (src.q[row * num_k + k] - src.row_zero_point(row)) * weights[k];
    const double weights_scale = double{scale[scale.size() > 1 ? static_cast<std::size_t>(n) : 0]};
    const double x = static_cast<double>(acc) * src.row_scale(row) * weights_scale + (bias == nullptr ? 0.0 : double{bias[n]});
    outputs[0].as<float>()[i] = static_cast<float>(activate(activation, x));
  }
  return {};
}

// Rows and columns of b as it is multiplied.
struct MatrixB {
  std::int64_t k, n;
};
MatrixB matrix_b(const Shape& shape, bool transpose_b) {
  const std::int64_t last = shape.back(), before = shape[shape.size() - 2];
  return transpose_b ? MatrixB{last, before} : MatrixB{before, last};
}

Result<std::vector<TensorType>> infer_dynamic_matmul(const Node& node, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(check_dynamic("a", inputs.first(3)));
  OCTET_RETURN_IF_ERROR(check_dynamic("b", inputs.subspan(3, 3)));
  const Tensor &a = *inputs[0], &b = *inputs[3];
  if (!inputs[1]->shape.empty() || !inputs[4]->shape.empty())
    return make_error(ErrorCode::kUnsupported, "operands '{}' and '{}' have scales per row, expected one scale each", a.name, b.name);
  const bool fits = a.shape.size() >= 2 && a.shape.size() == b.shape.size() &&
                    std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin()) &&
                    same_dimension(a.shape.back(), matrix_b(b.shape, node.as<DynamicMatmulAttrs>().transpose_b).k);
  if (!fits) {
    return shape_error("a '{}' of shape [{}] cannot be multiplied with b '{}' of shape [{}]", a.name, fmt::join(a.shape, ", "),
                       b.name, fmt::join(b.shape, ", "));
  }
  Shape shape = a.shape;
  shape.back() = matrix_b(b.shape, node.as<DynamicMatmulAttrs>().transpose_b).n;
  return single_type(DataType::kFloat32, std::move(shape));
}

Result<void> reference_dynamic_matmul(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const bool transpose_b = node.as<DynamicMatmulAttrs>().transpose_b;
  const Operand a(inputs), b(inputs.subspan(3));
  const auto [num_k, num_n] = matrix_b(*inputs[3].shape, transpose_b);
  const std::int64_t num_m = (*inputs[0].shape)[inputs[0].shape->size() - 2], count = *num_elements(*outputs[0].shape);
  const double scale = a.row_scale(0) * b.row_scale(0);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t n = i % num_n, row = i / num_n, batch = row / num_m;
    const std::int8_t* const from = b.q + batch * num_k * num_n;
    std::int64_t acc = 0;
    for (std::int64_t k = 0; k < num_k; ++k)
      acc += (a.q[row * num_k + k] - a.row_zero_point(0)) * (from[transpose_b ? n * num_k + k : k * num_n + n] - b.row_zero_point(0));
    outputs[0].as<float>()[i] = static_cast<float>(static_cast<double>(acc) * scale);
  }
  return {};
}

}  // namespace

const Op kDynamicQuantize =
    define_op<DynamicQuantizeAttrs>("dynamic_quantize", {1, 1}, infer_dynamic_quantize, reference_dynamic_quantize, 3);
const Op kDynamicFullyConnected = define_op<DynamicFullyConnectedAttrs>(
    "dynamic_fully_connected", {4, 5}, infer_dynamic_fully_connected, reference_dynamic_fully_connected);
const Op kDynamicMatmul = define_op<DynamicMatmulAttrs>("dynamic_matmul", {6, 6}, infer_dynamic_matmul, reference_dynamic_matmul);

std::vector<std::size_t> value_inputs(const Node& node) {
  if (node.is(kDynamicMatmul)) return {0, 3};
  std::vector<std::size_t> inputs(node.inputs.size());
  std::iota(inputs.begin(), inputs.end(), std::size_t{0});
  if (node.is(kDynamicFullyConnected)) inputs.erase(inputs.begin() + 1, inputs.begin() + 3);
  return inputs;
}

std::vector<std::size_t> value_outputs(const Node& node) {
  std::vector<std::size_t> outputs(node.is(kDynamicQuantize) ? 1 : node.outputs.size());
  std::iota(outputs.begin(), outputs.end(), std::size_t{0});
  return outputs;
}

}  // namespace octet
