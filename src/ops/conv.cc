// SPDX-License-Identifier: Apache-2.0
#include "ops/conv.h"

#include <algorithm>

#include "ops/layer_types.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

// Of the numbers of a transposed convolution; positions stay far from the limits.
constexpr std::int64_t kMaxTransposedNumber = std::int64_t{1} << 30;

std::span<const std::int64_t> spatial(const Shape& shape) { return std::span(shape).subspan(2); }

// src [N, C, ...], weights of as many dimensions and a known shape, bias [num_k].
Result<void> check_layer(Inputs inputs, std::int64_t num_k) {
  const Tensor &src = *inputs[0], &weights = *inputs[1];
  const Tensor* const bias = optional_input(inputs, 2);
  if (src.shape.size() < 3)
    return shape_error("src '{}' has {} dimensions, expected at least 3", src.name, src.shape.size());
  for (const Tensor* tensor : {&src, &weights, bias}) {
    if (tensor == nullptr || tensor->type == DataType::kFloat32) continue;
    return make_error(ErrorCode::kUnsupported, "'{}' is {}, expected f32", tensor->name, data_type_name(tensor->type));
  }
  return expect_vector("bias", bias, num_k);
}

Result<void> check_weights(const Tensor& src, const Tensor& weights) {
  OCTET_RETURN_IF_ERROR(expect_rank("weights", weights, src.shape.size()));
  if (!is_fixed(weights.shape)) {
    return make_error(ErrorCode::kUnsupported,
                      "weights '{}' have shape [{}] (negative: dynamic), expected a fixed shape", weights.name,
                      fmt::join(weights.shape, ", "));
  }
  if (num_elements(weights.shape).value_or(0) == 0)
    return shape_error("weights '{}' have shape [{}], expected no empty dimension", weights.name,
                       fmt::join(weights.shape, ", "));
  return {};
}

Result<std::vector<Window1d>> resolve(const ConvAttrs& attrs, const Shape& src, const Shape& weights) {
  const auto kernel = spatial(weights);
  return resolve_windows({{kernel.begin(), kernel.end()}, attrs.strides, attrs.dilations, attrs.pads, attrs.pad_mode},
                         spatial(src));
}

Result<std::vector<TensorType>> infer_conv(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ConvAttrs>();
  const Tensor &src = *inputs[0], &weights = *inputs[1];
  OCTET_RETURN_IF_ERROR(check_weights(src, weights));
  const std::int64_t num_k = weights.shape[0], c = src.shape.size() > 1 ? src.shape[1] : 0;
  OCTET_RETURN_IF_ERROR(check_layer(inputs, num_k));
  if (attrs.group < 1 || num_k % attrs.group != 0)
    return shape_error("group = {} does not divide K = {}", attrs.group, num_k);
  if (!is_symbolic(c) && (c % attrs.group != 0 || c / attrs.group != weights.shape[1]))
    return shape_error("src has C = {} channels in group = {} groups, and weights have C/group = {}", c, attrs.group,
                       weights.shape[1]);
  OCTET_ASSIGN_OR_RETURN(const auto windows, resolve(attrs, src.shape, weights.shape));
  Shape shape = {src.shape[0], num_k};
  for (const Window1d& window : windows) shape.push_back(window.output_size);
  return single_type(DataType::kFloat32, std::move(shape));
}

// The window on dst along one dimension, of which src has output_size elements. Nothing if a number makes no sense.
std::optional<Window1d> transposed_window(const ConvTransposeAttrs& attrs, std::size_t d, std::int64_t size,
                                          std::int64_t kernel) {
  const auto number = [](const std::vector<std::int64_t>& list, std::size_t i, std::int64_t fallback) {
    return list.empty() ? fallback : list[i];
  };
  Window1d window{.size = kUnknownDimension,
                  .kernel = kernel,
                  .stride = number(attrs.strides, d, 1),
                  .dilation = number(attrs.dilations, d, 1),
                  .pad_begin = number(attrs.pads, 2 * d, 0),
                  .pad_end = number(attrs.pads, 2 * d + 1, 0),
                  .output_size = size};
  const std::int64_t output_padding = number(attrs.output_padding, d, 0);
  const auto within = [](std::int64_t value, std::int64_t least) { return value >= least && value <= kMaxTransposedNumber; };
  if (!within(kernel, 1) || !within(window.stride, 1) || !within(window.dilation, 1) || !within(window.pad_begin, 0) ||
      !within(window.pad_end, 0) || !within(output_padding, 0))
    return std::nullopt;
  if (is_symbolic(size)) return window;
  if (!within(size, 1)) return std::nullopt;
  window.size = (size - 1) * window.stride + (kernel - 1) * window.dilation + 1 + output_padding - window.pad_begin -
                window.pad_end;
  if (!within(window.size, 1)) return std::nullopt;
  return window;
}

Result<std::vector<Window1d>> resolve_transposed(const ConvTransposeAttrs& attrs, const Shape& src,
                                                 const Shape& weights) {
  const std::size_t n = src.size() - 2;
  const auto given = [n](const std::vector<std::int64_t>& list, std::size_t count) {
    return list.empty() || list.size() == count * n;
  };
  if (!given(attrs.strides, 1) || !given(attrs.dilations, 1) || !given(attrs.pads, 2) ||
      !given(attrs.output_padding, 1))
    return shape_error(
        "{} spatial dimensions, {} strides, {} dilations, {} pads and {} output paddings do not go together", n,
        attrs.strides.size(), attrs.dilations.size(), attrs.pads.size(), attrs.output_padding.size());
  std::vector<Window1d> windows;
  for (std::size_t d = 0; d < n; ++d) {
    const auto window = transposed_window(attrs, d, src[2 + d], weights[2 + d]);
    if (!window) {
      return shape_error(
          "spatial dimension {}: an image of {} and a kernel of {} with strides [{}], dilations [{}], pads [{}] and "
          "output "
          "padding [{}] give no image",
          d, src[2 + d], weights[2 + d], fmt::join(attrs.strides, ", "), fmt::join(attrs.dilations, ", "),
          fmt::join(attrs.pads, ", "), fmt::join(attrs.output_padding, ", "));
    }
    windows.push_back(*window);
  }
  return windows;
}

Result<std::vector<TensorType>> infer_conv_transpose(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ConvTransposeAttrs>();
  const Tensor &src = *inputs[0], &weights = *inputs[1];
  OCTET_RETURN_IF_ERROR(check_weights(src, weights));
  const std::int64_t num_c = weights.shape[0];
  if (attrs.group < 1 || num_c % attrs.group != 0)
    return shape_error("group = {} does not divide C = {}", attrs.group, num_c);
  const std::int64_t num_k =
      weights.shape.size() > 1 && weights.shape[1] <= kMaxElements / attrs.group ? weights.shape[1] * attrs.group : 0;
  OCTET_RETURN_IF_ERROR(check_layer(inputs, num_k));
  if (!same_dimension(src.shape[1], num_c))
    return shape_error("src has C = {} channels, and weights have {}", src.shape[1], num_c);
  OCTET_ASSIGN_OR_RETURN(const auto windows, resolve_transposed(attrs, src.shape, weights.shape));
  Shape shape = {src.shape[0], num_k};
  for (const Window1d& window : windows) shape.push_back(window.size);
  return single_type(DataType::kFloat32, std::move(shape));
}

// Calls visit(o, t, i) for each window o, tap t of it and pixel i of the image below, which has windows[d].size pixels.
template <typename Visit>
void visit_taps(const std::vector<Window1d>& windows, Visit&& visit) {
  Shape image;
  for (const Window1d& window : windows) image.push_back(window.size);
  const auto strides = dense_strides(image);
  visit_indices(output_sizes(windows), [&](std::int64_t o, const Shape& at) {
    visit_indices(kernel_sizes(windows), [&](std::int64_t t, const Shape& tap) {
      std::int64_t pixel = 0;
      for (std::size_t d = 0; d < windows.size(); ++d) {
        const std::int64_t x = at[d] * windows[d].stride - windows[d].pad_begin + tap[d] * windows[d].dilation;
        if (x < 0 || x >= windows[d].size) return;
        pixel += x * strides[d];
      }
      visit(o, t, pixel);
    });
  });
}

// Elements of one channel.
std::int64_t plane(const Shape& shape) { return *num_elements(Shape(shape.begin() + 2, shape.end())); }

Result<void> reference_conv(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<ConvAttrs>();
  const Shape &src_shape = *inputs[0].shape, &weights_shape = *inputs[1].shape, &dst_shape = *outputs[0].shape;
  const std::vector<Window1d> windows = conv_windows(attrs, src_shape, weights_shape);
  const float* const bias = optional_floats(inputs, 2);
  const std::int64_t num_k = weights_shape[0], num_c = weights_shape[1], taps = plane(weights_shape);
  const std::int64_t pixels = plane(src_shape), positions = plane(dst_shape);
  std::vector<double> sums(static_cast<std::size_t>(positions));
  for (std::int64_t n = 0; n < src_shape[0]; ++n) {
    for (std::int64_t k = 0; k < num_k; ++k) {
      std::fill(sums.begin(), sums.end(), bias == nullptr ? 0.0 : double{bias[k]});
      const std::int64_t first_c = k / (num_k / attrs.group) * num_c;
      const float* const src = inputs[0].as<float>() + (n * src_shape[1] + first_c) * pixels;
      const float* const weights = inputs[1].as<float>() + k * num_c * taps;
      visit_taps(windows, [&](std::int64_t o, std::int64_t t, std::int64_t i) {
        for (std::int64_t c = 0; c < num_c; ++c)
          sums[static_cast<std::size_t>(o)] += double{src[c * pixels + i]} * double{weights[c * taps + t]};
      });
      std::transform(sums.begin(), sums.end(), outputs[0].as<float>() + (n * num_k + k) * positions,
                     [](double sum) { return static_cast<float>(sum); });
    }
  }
  return {};
}

Result<void> reference_conv_transpose(const Node& node, std::span<const ConstView> inputs,
                                      std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<ConvTransposeAttrs>();
  const Shape &src_shape = *inputs[0].shape, &weights_shape = *inputs[1].shape, &dst_shape = *outputs[0].shape;
  const std::vector<Window1d> windows = conv_transpose_windows(attrs, src_shape, weights_shape);
  const float* const bias = optional_floats(inputs, 2);
  const std::int64_t num_k = dst_shape[1], k_per_group = weights_shape[1], c_per_group = weights_shape[0] / attrs.group;
  const std::int64_t taps = plane(weights_shape), positions = plane(src_shape), pixels = plane(dst_shape);
  std::vector<double> sums(static_cast<std::size_t>(pixels));
  for (std::int64_t n = 0; n < src_shape[0]; ++n) {
    for (std::int64_t k = 0; k < num_k; ++k) {
      std::fill(sums.begin(), sums.end(), bias == nullptr ? 0.0 : double{bias[k]});
      const std::int64_t first_c = k / k_per_group * c_per_group;
      const float* const src = inputs[0].as<float>() + (n * src_shape[1] + first_c) * positions;
      const float* const weights = inputs[1].as<float>() + (first_c * k_per_group + k % k_per_group) * taps;
      visit_taps(windows, [&](std::int64_t o, std::int64_t t, std::int64_t i) {
        for (std::int64_t c = 0; c < c_per_group; ++c)
          sums[static_cast<std::size_t>(i)] +=
              double{src[c * positions + o]} * double{weights[c * k_per_group * taps + t]};
      });
      std::transform(sums.begin(), sums.end(), outputs[0].as<float>() + (n * num_k + k) * pixels,
                     [](double sum) { return static_cast<float>(sum); });
    }
  }
  return {};
}

}  // namespace

const Op kConv = define_op<ConvAttrs>("conv", {2, 3}, infer_conv, reference_conv);
const Op kConvTranspose =
    define_op<ConvTransposeAttrs>("conv_transpose", {2, 3}, infer_conv_transpose, reference_conv_transpose);

std::vector<Window1d> conv_windows(const ConvAttrs& attrs, const Shape& src, const Shape& weights) {
  auto windows = resolve(attrs, src, weights);
  OCTET_CHECK(windows.ok());  // shape inference has accepted these shapes
  return std::move(windows).value();
}

std::vector<Window1d> conv_transpose_windows(const ConvTransposeAttrs& attrs, const Shape& src, const Shape& weights) {
  auto windows = resolve_transposed(attrs, src, weights);
  OCTET_CHECK(windows.ok());
  return std::move(windows).value();
}

}  // namespace octet
