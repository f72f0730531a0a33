// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/layer_shape.h"

#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "runtime/operators/window_offsets.h"

namespace octet {
namespace {

// Every output pixel reads just the source pixel at its own position.
bool is_pointwise(const Window1d& window) {
  return window.kernel == 1 && window.stride == 1 && window.pad_begin == 0 && window.output_size == window.size;
}

// All sizes are below 2^31, as the image is (window_offsets).
ImageWindow image_window(const Window2d& window) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  const auto& [h, w] = window;
  return {.height = narrow(h.size), .width = narrow(w.size), .output_width = narrow(w.output_size),
          .kernel_height = narrow(h.kernel), .kernel_width = narrow(w.kernel), .stride_y = narrow(h.stride), .stride_x = narrow(w.stride),
          .dilation_y = narrow(h.dilation), .pad_y = narrow(h.pad_begin), .pad_x = narrow(w.pad_begin)};
}

}  // namespace

bool has_constant_parameters(const OperatorContext& context) {
  return context.input(1).is_constant && (!context.has_input(2) || context.input(2).is_constant);
}

bool slides(const Window1d& window) { return window.stride == 1 && window.dilation == 1; }

void mark_parameters_packed(const OperatorContext& context) {
  for (std::size_t i = 1; i < context.packed_inputs.size(); ++i) context.packed_inputs[i] = true;
}

Result<std::optional<LayerShape>> conv2d_shape(const OperatorContext& context) {
  const auto& attrs = context.node.as<Conv2dAttrs>();
  if (attrs.layout != Layout::kNhwc || !has_constant_parameters(context)) return std::optional<LayerShape>();
  const Shape& src = context.input(0).shape;
  const Shape& weights = context.input(1).shape;
  const Window2d window = conv2d_window(attrs, src, weights);
  LayerShape shape;
  shape.batch = static_cast<std::size_t>(src[0]);
  shape.c = static_cast<std::size_t>(src[3]);
  shape.k = static_cast<std::size_t>(weights[0]);
  shape.group = static_cast<std::size_t>(attrs.group);
  shape.taps = static_cast<std::size_t>(window.h.kernel * window.w.kernel);
  shape.pixels = static_cast<std::size_t>(window.h.output_size * window.w.output_size);
  shape.src_image = static_cast<std::size_t>(src[1] * src[2]) * shape.c;
  shape.activation = attrs.activation;
  if (slides(window.h) && slides(window.w)) {
    shape.row_pixels = static_cast<std::size_t>(window.w.output_size);
    shape.row_taps = static_cast<std::size_t>(window.w.kernel);
  }
  if (!(is_pointwise(window.h) && is_pointwise(window.w)) || shape.is_depthwise()) {
    OCTET_ASSIGN_OR_RETURN(shape.offsets, window_offsets(window, src[3]));
    if (window.w.dilation == 1 && shape.group == 1) {
      shape.run_taps = static_cast<std::size_t>(window.w.kernel);
      shape.window = image_window(window);
    }
  }
  return std::optional<LayerShape>(std::move(shape));
}

std::optional<LayerShape> fully_connected_shape(const OperatorContext& context) {
  if (!has_constant_parameters(context)) return std::nullopt;
  if (element_count(context.input(0)) == 0 || element_count(context.input(1)) == 0) return std::nullopt;
  const Shape& weights = context.input(1).shape;
  LayerShape shape;
  shape.c = static_cast<std::size_t>(weights[1]);
  shape.k = static_cast<std::size_t>(weights[0]);
  shape.pixels = element_count(context.input(0)) / shape.c;
  shape.activation = context.node.as<FullyConnectedAttrs>().activation;
  return shape;
}

}  // namespace octet
