// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "ops/interpolation.h"
#include "ops/layer_types.h"

namespace octet {
namespace {

Result<void> check_attrs(const ResizeAttrs& attrs) {
  if (!attrs.scales.empty() && attrs.scales.size() != 2)
    return shape_error("has {} scales, expected 2 (height and width) or none", attrs.scales.size());
  for (const float scale : attrs.scales)
    if (!std::isfinite(scale) || scale <= 0.0f)
      return shape_error("scales are [{}], expected positive numbers", fmt::join(attrs.scales, ", "));
  for (const std::int64_t size : attrs.size) {
    if (size < 0 || size > kMaxElements) return shape_error("size is {}, expected 1 to {}, or 0 for 'by scale'", size, kMaxElements);
    if (size == 0 && attrs.scales.empty()) return shape_error("has neither a size nor scales");
  }
  if (!std::isfinite(attrs.cubic_coefficient)) return shape_error("cubic_coefficient is {}", attrs.cubic_coefficient);
  return {};
}

Result<std::int64_t> output_size(const ResizeAttrs& attrs, std::size_t i, std::int64_t in) {
  if (in == 0) return shape_error("the image is empty");
  if (attrs.size[i] > 0) return attrs.size[i];
  const float scale = attrs.scales[i];
  if (is_symbolic(in)) return scale == 1.0f ? in : kUnknownDimension;
  // In float32, as ONNX Runtime does: there 10 * 0.7 is 7.
  const float out = std::floor(static_cast<float>(in) * scale);
  if (out >= 1.0f && out <= static_cast<float>(kMaxElements)) return static_cast<std::int64_t>(out);
  return shape_error("scale {} makes an image of {} pixels {} pixels long, expected 1 to {}", scale, in, out, kMaxElements);
}

Result<std::vector<TensorType>> infer_resize(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<ResizeAttrs>();
  const Tensor& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_image(src, attrs.layout));
  OCTET_RETURN_IF_ERROR(check_attrs(attrs));
  const ImageAxes axes = image_axes(attrs.layout);
  Shape shape = src.shape;
  OCTET_ASSIGN_OR_RETURN(shape[axes.h], output_size(attrs, 0, src.shape[axes.h]));
  OCTET_ASSIGN_OR_RETURN(shape[axes.w], output_size(attrs, 1, src.shape[axes.w]));
  return single_type(src.type, std::move(shape));
}

// How output positions of one dimension map to positions in the image.
struct Coordinates {
  CoordinateMode mode;
  std::int64_t in, out;
  const float* scale;  // null: out / in

  // A given scale is applied in float32, as ONNX Runtime does, so that both round 10 / 3.3333333 to 3. Without one the
  // quotient of integers is rounded just once.
  double divided(double position) const {
    if (scale != nullptr) return double{static_cast<float>(position) / *scale};
    return position * static_cast<double>(in) / static_cast<double>(out);
  }

  double operator()(std::int64_t o) const {
    const auto position = static_cast<double>(o);
    switch (mode) {
      case CoordinateMode::kAsymmetric: return divided(position);
      case CoordinateMode::kAlignCorners:
        return out == 1 ? 0.0 : position * static_cast<double>(in - 1) / static_cast<double>(out - 1);
      case CoordinateMode::kPytorchHalfPixel:
        if (out == 1) return 0.0;
        break;
      case CoordinateMode::kHalfPixel: break;
    }
    return divided(position + 0.5) - 0.5;
  }
};

}  // namespace

ResizeTaps resize_taps(const ResizeAttrs& attrs, int dimension, std::int64_t in, std::int64_t out) {
  const float* const scale = attrs.scales.empty() ? nullptr : &attrs.scales[static_cast<std::size_t>(dimension)];
  const Coordinates coordinates = {attrs.coordinate_mode, in, out, scale};
  ResizeTaps taps;
  taps.num_taps = attrs.mode == ResizeMode::kNearest ? 1 : attrs.mode == ResizeMode::kLinear ? 2 : 4;
  const auto add = [&](double position, double weight) {
    taps.index.push_back(static_cast<std::int64_t>(std::clamp(position, 0.0, static_cast<double>(in - 1))));
    taps.weight.push_back(static_cast<float>(weight));
  };
  for (std::int64_t o = 0; o < out; ++o) {
    const double x = coordinates(o), floor = std::floor(x), fraction = x - floor;
    if (attrs.mode == ResizeMode::kNearest) {
      add(nearest_pixel(x, attrs.nearest_mode), 1.0);
    } else if (attrs.mode == ResizeMode::kLinear) {
      add(floor, 1.0 - fraction);
      add(floor + 1, fraction);
    } else {
      const std::array<double, 4> weights = cubic_weights(fraction, double{attrs.cubic_coefficient});
      for (std::size_t t = 0; t < 4; ++t) add(floor - 1 + static_cast<double>(t), weights[t]);
    }
  }
  return taps;
}

namespace {

Result<void> reference_resize(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<ResizeAttrs>();
  const Shape &src_shape = *inputs[0].shape, &dst_shape = *outputs[0].shape;
  const ImageAxes axes = image_axes(attrs.layout);
  const ResizeTaps h = resize_taps(attrs, 0, src_shape[axes.h], dst_shape[axes.h]);
  const ResizeTaps w = resize_taps(attrs, 1, src_shape[axes.w], dst_shape[axes.w]);
  const auto src_strides = dense_strides(src_shape), dst_strides = dense_strides(dst_shape);
  const auto num_taps = static_cast<std::size_t>(h.num_taps);

  const auto pixel = [&](const float* plane, std::size_t oh, std::size_t ow) {
    double sum = 0.0;
    for (std::size_t r = oh * num_taps; r < (oh + 1) * num_taps; ++r) {
      for (std::size_t s = ow * num_taps; s < (ow + 1) * num_taps; ++s) {
        const double weight = double{h.weight[r]} * double{w.weight[s]};
        sum += weight * double{plane[h.index[r] * src_strides[axes.h] + w.index[s] * src_strides[axes.w]]};
      }
    }
    return static_cast<float>(sum);
  };
  for (std::int64_t n = 0; n < src_shape[0]; ++n) {
    for (std::int64_t c = 0; c < src_shape[axes.c]; ++c) {
      const float* const src = inputs[0].as<float>() + n * src_strides[0] + c * src_strides[axes.c];
      float* const dst = outputs[0].as<float>() + n * dst_strides[0] + c * dst_strides[axes.c];
      for (std::int64_t oh = 0; oh < dst_shape[axes.h]; ++oh)
        for (std::int64_t ow = 0; ow < dst_shape[axes.w]; ++ow)
          dst[oh * dst_strides[axes.h] + ow * dst_strides[axes.w]] =
              pixel(src, static_cast<std::size_t>(oh), static_cast<std::size_t>(ow));
    }
  }
  return {};
}

}  // namespace

const Op kResize = define_op<ResizeAttrs>("resize", {1, 1}, infer_resize, reference_resize);

}  // namespace octet
