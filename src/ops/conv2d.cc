// SPDX-License-Identifier: Apache-2.0
#include "ops/conv2d.h"

#include <algorithm>

#include "ops/layer_types.h"

namespace octet {
namespace {

Window1d window_of(const Conv2dAttrs& attrs, std::size_t i, std::int64_t size, std::int64_t kernel) {
  return {.size = size, .kernel = kernel, .stride = attrs.strides[i], .dilation = attrs.dilations[i],
          .pad_begin = attrs.pads[2 * i], .pad_end = attrs.pads[2 * i + 1]};
}

Result<Window2d> resolve(const Conv2dAttrs& attrs, const Shape& src, const Shape& weights) {
  const ImageAxes axes = image_axes(attrs.layout);
  auto h = resolve_window(window_of(attrs, 0, src[axes.h], weights[axes.h]), attrs.pad_mode, /*ceil_mode=*/false);
  if (!h) return at("height", std::move(h).error());
  auto w = resolve_window(window_of(attrs, 1, src[axes.w], weights[axes.w]), attrs.pad_mode, /*ceil_mode=*/false);
  if (!w) return at("width", std::move(w).error());
  return Window2d{std::move(h).value(), std::move(w).value()};
}

Result<void> check_channels(std::int64_t group, std::int64_t c, const Tensor& weights, std::size_t c_axis) {
  const std::int64_t k = weights.shape[0], c_per_group = weights.shape[c_axis];
  if (k < 1 || c_per_group < 1) {
    return shape_error("weights '{}' have shape [{}], expected no empty dimension", weights.name,
                       fmt::join(weights.shape, ", "));
  }
  if (group < 1 || k % group != 0) return shape_error("group = {} does not divide K = {} of '{}'", group, k, weights.name);
  if (is_symbolic(c) || (c % group == 0 && c / group == c_per_group)) return {};
  return shape_error("src has C = {} channels in group = {} groups, and weights '{}' have C/group = {}", c, group,
                     weights.name, c_per_group);
}

Result<std::vector<TensorType>> infer_conv2d(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<Conv2dAttrs>();
  const Tensor& src = *inputs[0];
  const Tensor& weights = *inputs[1];
  const Tensor* const bias = optional_input(inputs, 2);
  OCTET_RETURN_IF_ERROR(expect_image(src, attrs.layout));
  OCTET_RETURN_IF_ERROR(expect_rank("weights", weights, 4));
  if (!is_fixed(weights.shape)) {
    return make_error(ErrorCode::kUnsupported, "weights '{}' have shape [{}] (negative: dynamic), expected a fixed shape",
                      weights.name, fmt::join(weights.shape, ", "));
  }
  OCTET_RETURN_IF_ERROR(expect_weights_types(src, weights, bias));
  const ImageAxes axes = image_axes(attrs.layout);
  OCTET_RETURN_IF_ERROR(check_channels(attrs.group, src.shape[axes.c], weights, axes.c));
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, weights.shape[0]));
  OCTET_ASSIGN_OR_RETURN(const Window2d window, resolve(attrs, src.shape, weights.shape));
  Shape shape = src.shape;
  shape[axes.h] = window.h.output_size;
  shape[axes.w] = window.w.output_size;
  shape[axes.c] = weights.shape[0];
  return single_type(src.type, std::move(shape));
}

// What the sum over one window needs to know. All strides are in elements, by n, h, w and c of the layout's axes.
struct WindowSum {
  Window2d window;
  ImageAxes axes;
  std::vector<std::int64_t> src_strides, weights_strides;
  std::int64_t c_per_group;

  // `src` is at channel 0 of the group, `weights` at the filter.
  double operator()(const float* src, const float* weights, std::int64_t oh, std::int64_t ow) const {
    double acc = 0.0;
    for (std::int64_t r = 0; r < window.h.kernel; ++r) {
      const std::int64_t h = oh * window.h.stride - window.h.pad_begin + r * window.h.dilation;
      if (h < 0 || h >= window.h.size) continue;
      for (std::int64_t s = 0; s < window.w.kernel; ++s) {
        const std::int64_t w = ow * window.w.stride - window.w.pad_begin + s * window.w.dilation;
        if (w < 0 || w >= window.w.size) continue;
        const float* const pixel = src + h * src_strides[axes.h] + w * src_strides[axes.w];
        const float* const tap = weights + r * weights_strides[axes.h] + s * weights_strides[axes.w];
        for (std::int64_t c = 0; c < c_per_group; ++c)
          acc += double{pixel[c * src_strides[axes.c]]} * double{tap[c * weights_strides[axes.c]]};
      }
    }
    return acc;
  }
};

Result<void> reference_conv2d(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<Conv2dAttrs>();
  const Shape& src_shape = *inputs[0].shape;
  const Shape& weights_shape = *inputs[1].shape;
  const ImageAxes axes = image_axes(attrs.layout);
  const WindowSum sum = {conv2d_window(attrs, src_shape, weights_shape), axes, dense_strides(src_shape),
                         dense_strides(weights_shape), weights_shape[axes.c]};
  const std::vector<std::int64_t> dst_strides = dense_strides(*outputs[0].shape);
  const float* const bias = optional_floats(inputs, 2);
  const ActivationBounds bounds = activation_bounds(attrs.activation);
  const std::int64_t num_k = weights_shape[0], k_per_group = num_k / attrs.group;
  for (std::int64_t n = 0; n < src_shape[0]; ++n) {
    for (std::int64_t k = 0; k < num_k; ++k) {
      const std::int64_t first_c = k / k_per_group * sum.c_per_group;
      const float* const src = inputs[0].as<float>() + n * sum.src_strides[0] + first_c * sum.src_strides[axes.c];
      const float* const weights = inputs[1].as<float>() + k * sum.weights_strides[0];
      float* const dst = outputs[0].as<float>() + n * dst_strides[0] + k * dst_strides[axes.c];
      for (std::int64_t oh = 0; oh < sum.window.h.output_size; ++oh) {
        for (std::int64_t ow = 0; ow < sum.window.w.output_size; ++ow) {
          const double acc = (bias == nullptr ? 0.0 : double{bias[k]}) + sum(src, weights, oh, ow);
          dst[oh * dst_strides[axes.h] + ow * dst_strides[axes.w]] =
              std::clamp(static_cast<float>(acc), bounds.lo, bounds.hi);
        }
      }
    }
  }
  return {};
}

}  // namespace

const Op kConv2d = define_op<Conv2dAttrs>("conv2d", {2, 3}, infer_conv2d, reference_conv2d);

Window2d conv2d_window(const Conv2dAttrs& attrs, const Shape& src, const Shape& weights) {
  auto window = resolve(attrs, src, weights);
  OCTET_CHECK(window.ok());  // shape inference has accepted these shapes
  return std::move(window).value();
}

bool is_depthwise(const Node& node, const Shape& weights) {
  const auto& attrs = node.as<Conv2dAttrs>();
  return attrs.group > 1 && weights[image_axes(attrs.layout).c] == 1;
}

}  // namespace octet
