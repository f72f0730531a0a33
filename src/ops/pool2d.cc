// SPDX-License-Identifier: Apache-2.0
#include "ops/pool2d.h"

#include <algorithm>
#include <limits>

#include "ops/layer_types.h"

namespace octet {
namespace {

Result<Window1d> resolve(const Pool2dAttrs& attrs, std::size_t i, std::int64_t size) {
  if (attrs.global) {
    if (size == 0) return shape_error("image size is 0, expected at least 1");
    return Window1d{.size = size, .kernel = size};
  }
  const Window1d window = {.size = size, .kernel = attrs.kernel[i], .stride = attrs.strides[i],
                           .dilation = attrs.dilations[i], .pad_begin = attrs.pads[2 * i], .pad_end = attrs.pads[2 * i + 1]};
  return resolve_window(window, attrs.pad_mode, attrs.ceil_mode);
}

Result<Window2d> resolve(const Pool2dAttrs& attrs, const Shape& src) {
  const ImageAxes axes = image_axes(attrs.layout);
  auto h = resolve(attrs, 0, src[axes.h]);
  if (!h) return at("height", std::move(h).error());
  auto w = resolve(attrs, 1, src[axes.w]);
  if (!w) return at("width", std::move(w).error());
  return Window2d{std::move(h).value(), std::move(w).value()};
}

Result<std::vector<TensorType>> infer_pool2d(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<Pool2dAttrs>();
  const Tensor& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_image(src, attrs.layout));
  OCTET_ASSIGN_OR_RETURN(const Window2d window, resolve(attrs, src.shape));
  const ImageAxes axes = image_axes(attrs.layout);
  Shape shape = src.shape;
  shape[axes.h] = window.h.output_size;
  shape[axes.w] = window.w.output_size;
  return single_type(src.type, std::move(shape));
}

struct Strides2d {
  std::int64_t h, w;
};

float max_of(const float* src, Strides2d strides, const WindowTaps& h, const WindowTaps& w, const Window2d& window) {
  float max = -std::numeric_limits<float>::infinity();
  for (std::int64_t y = h.begin; y < h.end; y += window.h.dilation)
    for (std::int64_t x = w.begin; x < w.end; x += window.w.dilation)
      max = std::max(max, src[y * strides.h + x * strides.w]);
  return max;
}

// A window without a pixel is 0.
float average_of(const float* src, Strides2d strides, const WindowTaps& h, const WindowTaps& w, const Window2d& window, bool count_pad) {
  double sum = 0.0;
  for (std::int64_t y = h.begin; y < h.end; y += window.h.dilation)
    for (std::int64_t x = w.begin; x < w.end; x += window.w.dilation) sum += double{src[y * strides.h + x * strides.w]};
  const std::int64_t count = count_pad ? h.num_padded * w.num_padded : h.num_inside * w.num_inside;
  return count == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(count));
}

Result<void> reference_pool2d(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<Pool2dAttrs>();
  const Shape& shape = *inputs[0].shape;
  const ImageAxes axes = image_axes(attrs.layout);
  const Window2d window = pool2d_window(attrs, shape);
  const ActivationBounds bounds = activation_bounds(attrs.activation);
  const auto src_strides = dense_strides(shape), dst_strides = dense_strides(*outputs[0].shape);
  const Strides2d strides = {src_strides[axes.h], src_strides[axes.w]};
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t oh = 0; oh < window.h.output_size; ++oh) {
      const WindowTaps h = taps_of(window.h, oh);
      for (std::int64_t ow = 0; ow < window.w.output_size; ++ow) {
        const WindowTaps w = taps_of(window.w, ow);
        for (std::int64_t c = 0; c < shape[axes.c]; ++c) {
          const float* const src = inputs[0].as<float>() + n * src_strides[0] + c * src_strides[axes.c];
          float* const dst = outputs[0].as<float>() + n * dst_strides[0] + c * dst_strides[axes.c];
          const float value = node.is(kMaxPool2d) ? max_of(src, strides, h, w, window)
                                                  : average_of(src, strides, h, w, window, attrs.count_include_pad);
          dst[oh * dst_strides[axes.h] + ow * dst_strides[axes.w]] = std::clamp(value, bounds.lo, bounds.hi);
        }
      }
    }
  }
  return {};
}

}  // namespace

const Op kMaxPool2d = define_op<Pool2dAttrs>("max_pool2d", {1, 1}, infer_pool2d, reference_pool2d);
const Op kAvgPool2d = define_op<Pool2dAttrs>("avg_pool2d", {1, 1}, infer_pool2d, reference_pool2d);

Window2d pool2d_window(const Pool2dAttrs& attrs, const Shape& src) {
  auto window = resolve(attrs, src);
  OCTET_CHECK(window.ok());  // shape inference has accepted this shape
  return std::move(window).value();
}

}  // namespace octet
