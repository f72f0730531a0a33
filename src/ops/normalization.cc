// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include <algorithm>
#include <cmath>

#include "ops/layer_types.h"

namespace octet {
namespace {

Result<void> expect_floats(std::span<const Tensor* const> inputs) {
  for (const Tensor* input : inputs) {
    if (input == nullptr || input->type == DataType::kFloat32) continue;
    return make_error(ErrorCode::kUnsupported, "'{}' is {}; Octet computes this in f32 only", input->name,
                      data_type_name(input->type));
  }
  return {};
}

// A dense tensor around one axis: element (o, i, k) is at (o * size + i) * inner + k.
struct AxisView {
  std::int64_t outer = 1, size = 1, inner = 1;
};
AxisView view_axis(const Shape& shape, std::size_t axis) {
  AxisView view;
  for (std::size_t d = 0; d < axis; ++d) view.outer *= shape[d];
  view.size = shape[axis];
  for (std::size_t d = axis + 1; d < shape.size(); ++d) view.inner *= shape[d];
  return view;
}

// dst = function(c, src) for each element; c is its index along the axis.
template <typename Function>
void map_channels(const ConstView& src, const View& dst, std::int64_t axis, Function&& function) {
  const AxisView view = view_axis(*src.shape, *normalize_axis(axis, src.shape->size()));
  const std::int64_t count = view.outer * view.size * view.inner;
  for (std::int64_t i = 0; i < count; ++i)
    dst.as<float>()[i] = function(i / view.inner % view.size, double{src.as<float>()[i]});
}

Result<std::vector<TensorType>> infer_batch_norm(const Node& node, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(expect_floats(inputs));
  const Tensor& src = *inputs[0];
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<BatchNormAttrs>().axis, src.shape.size()));
  constexpr std::array<std::string_view, 5> kNames = {"src", "gamma", "beta", "mean", "variance"};
  for (std::size_t i = 1; i < kNames.size(); ++i) OCTET_RETURN_IF_ERROR(expect_vector(kNames[i], inputs[i], src.shape[axis]));
  return single_type(src.type, src.shape);
}

Result<void> reference_batch_norm(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<BatchNormAttrs>();
  const float *gamma = inputs[1].as<float>(), *beta = inputs[2].as<float>();
  const float *mean = inputs[3].as<float>(), *variance = inputs[4].as<float>();
  map_channels(inputs[0], outputs[0], attrs.axis, [&](std::int64_t c, double x) {
    const double deviation = std::sqrt(double{variance[c]} + double{attrs.epsilon});
    return static_cast<float>((x - double{mean[c]}) / deviation * double{gamma[c]} + double{beta[c]});
  });
  return {};
}

Result<std::vector<TensorType>> infer_scale(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  const Tensor* const bias = optional_input(inputs, 2);
  OCTET_RETURN_IF_ERROR(expect_weights_types(src, *inputs[1], bias));
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<ScaleAttrs>().axis, src.shape.size()));
  OCTET_RETURN_IF_ERROR(expect_vector("scale", inputs[1], src.shape[axis]));
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, src.shape[axis]));
  return single_type(src.type, src.shape);
}

Result<void> reference_scale(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<ScaleAttrs>();
  const float *scale = inputs[1].as<float>(), *bias = optional_floats(inputs, 2);
  const ActivationBounds bounds = activation_bounds(attrs.activation);
  map_channels(inputs[0], outputs[0], attrs.axis, [&](std::int64_t c, double x) {
    const double value = x * double{scale[c]} + (bias == nullptr ? 0.0 : double{bias[c]});
    return std::clamp(static_cast<float>(value), bounds.lo, bounds.hi);
  });
  return {};
}

Result<void> expect_normalized_shape(std::string_view what, const Tensor* tensor, const Shape& src, std::size_t axis) {
  if (tensor == nullptr) return {};
  OCTET_RETURN_IF_ERROR(expect_rank(what, *tensor, src.size() - axis));
  for (std::size_t d = axis; d < src.size(); ++d) {
    if (same_dimension(src[d], tensor->shape[d - axis])) continue;
    return shape_error("{} '{}' has shape [{}], expected the dimensions of src [{}] from {} on", what, tensor->name,
                       fmt::join(tensor->shape, ", "), fmt::join(src, ", "), axis);
  }
  return {};
}

Result<std::vector<TensorType>> infer_layer_norm(const Node& node, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(expect_floats(inputs));
  const Tensor& src = *inputs[0];
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<LayerNormAttrs>().axis, src.shape.size()));
  OCTET_RETURN_IF_ERROR(expect_normalized_shape("gamma", inputs[1], src.shape, axis));
  OCTET_RETURN_IF_ERROR(expect_normalized_shape("beta", optional_input(inputs, 2), src.shape, axis));
  return single_type(src.type, src.shape);
}

Result<void> reference_layer_norm(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<LayerNormAttrs>();
  const Shape& shape = *inputs[0].shape;
  const AxisView view = view_axis(shape, *normalize_axis(attrs.axis, shape.size()));
  const std::int64_t n = view.size * view.inner;
  const float *gamma = inputs[1].as<float>(), *beta = optional_floats(inputs, 2);
  for (std::int64_t o = 0; o < view.outer; ++o) {
    const float* const src = inputs[0].as<float>() + o * n;
    float* const dst = outputs[0].as<float>() + o * n;
    double mean = 0.0, variance = 0.0;
    for (std::int64_t i = 0; i < n; ++i) mean += double{src[i]} / static_cast<double>(n);
    for (std::int64_t i = 0; i < n; ++i) {
      const double difference = double{src[i]} - mean;
      variance += difference * difference / static_cast<double>(n);
    }
    const double deviation = std::sqrt(variance + double{attrs.epsilon});
    for (std::int64_t i = 0; i < n; ++i) {
      const double value = (double{src[i]} - mean) / deviation * double{gamma[i]};
      dst[i] = static_cast<float>(value + (beta == nullptr ? 0.0 : double{beta[i]}));
    }
  }
  return {};
}

Result<std::vector<TensorType>> infer_lrn(const Node& node, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(expect_floats(inputs));
  const auto& attrs = node.as<LrnAttrs>();
  const Tensor& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_axis(attrs.axis, src.shape.size()));
  if (attrs.size < 1) return shape_error("size is {}, expected at least 1", attrs.size);
  return single_type(src.type, src.shape);
}

// An even `size` has one channel more behind than before, as in ONNX.
Result<void> reference_lrn(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<LrnAttrs>();
  const Shape& shape = *inputs[0].shape;
  const AxisView view = view_axis(shape, *normalize_axis(attrs.axis, shape.size()));
  const std::int64_t before = (attrs.size - 1) / 2, behind = attrs.size - 1 - before;
  for (std::int64_t line = 0; line < view.outer * view.inner; ++line) {
    const std::int64_t first = line / view.inner * view.size * view.inner + line % view.inner;
    const float* const src = inputs[0].as<float>() + first;
    float* const dst = outputs[0].as<float>() + first;
    for (std::int64_t c = 0; c < view.size; ++c) {
      double sum = 0.0;
      const std::int64_t last = c + std::min(behind, view.size - 1 - c);
      for (std::int64_t i = std::max<std::int64_t>(0, c - before); i <= last; ++i)
        sum += double{src[i * view.inner]} * double{src[i * view.inner]};
      const double base = double{attrs.bias} + double{attrs.alpha} / static_cast<double>(attrs.size) * sum;
      dst[c * view.inner] = static_cast<float>(double{src[c * view.inner]} / std::pow(base, double{attrs.beta}));
    }
  }
  return {};
}

}  // namespace

const Op kBatchNorm = define_op<BatchNormAttrs>("batch_norm", {5, 5}, infer_batch_norm, reference_batch_norm);
const Op kScale = define_op<ScaleAttrs>("scale", {2, 3}, infer_scale, reference_scale);
const Op kLayerNorm = define_op<LayerNormAttrs>("layer_norm", {2, 3}, infer_layer_norm, reference_layer_norm);
const Op kLrn = define_op<LrnAttrs>("lrn", {1, 1}, infer_lrn, reference_lrn);

}  // namespace octet
