// SPDX-License-Identifier: Apache-2.0
#include "ops/resize_nd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/interpolation.h"
#include "ops/layer_types.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

constexpr std::int64_t kMaxTaps = std::int64_t{1} << 20;      // of one output, with antialias
constexpr std::int64_t kMaxAxisTaps = std::int64_t{1} << 26;  // of all outputs of an axis

// One axis: sizes before and after, and the scale between them. Without a given one it is their quotient.
struct Axis {
  std::size_t dimension = 0;
  std::int64_t in = 1, out = 1;
  double scale = 1.0;
  double roi_begin = 0.0, roi_end = 1.0;
};

// The numbers of the inputs behind src, as far as they are there.
struct Numbers {
  std::span<const float> roi, scales;
  std::vector<std::int64_t> sizes;
};

std::vector<std::size_t> axes_of(const ResizeNdAttrs& attrs, std::size_t rank) {
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : attrs.axes) axes.push_back(*normalize_axis(axis, rank));
  if (attrs.axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), std::size_t{0});
  }
  return axes;
}

Result<void> set_by_scales(std::vector<Axis>& axes, std::span<const float> scales) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    // In float32, as ONNX Runtime does: there 10 * 0.7 is 7.
    const float out = std::floor(static_cast<float>(axes[i].in) * scales[i]);
    if (!std::isfinite(scales[i]) || scales[i] <= 0.0f || !(out >= 1.0f && out <= static_cast<float>(kMaxElements)))
      return shape_error("scale {} makes {} of {} pixels, expected 1 to {}", scales[i], out, axes[i].in, kMaxElements);
    axes[i].out = static_cast<std::int64_t>(out);
    axes[i].scale = double{scales[i]};
  }
  return {};
}

Result<void> set_by_sizes(std::vector<Axis>& axes, const std::vector<std::int64_t>& sizes, AspectPolicy policy) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > kMaxElements)
      return shape_error("sizes are [{}], expected 1 to {}", fmt::join(sizes, ", "), kMaxElements);
    axes[i].out = sizes[i];
    axes[i].scale = static_cast<double>(sizes[i]) / static_cast<double>(axes[i].in);
  }
  if (policy == AspectPolicy::kStretch || axes.empty()) return {};
  const auto [least, most] =
      std::minmax_element(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.scale < b.scale; });
  const double scale = policy == AspectPolicy::kNotLarger ? least->scale : most->scale;
  for (Axis& axis : axes) {
    const double out = std::floor(scale * static_cast<double>(axis.in) + 0.5);
    if (!(out >= 1 && out <= static_cast<double>(kMaxElements)))
      return shape_error("scale {} makes {} of {} pixels", scale, out, axis.in);
    axis.out = static_cast<std::int64_t>(out);
    axis.scale = scale;
  }
  return {};
}

// All axes, resolved. Their dimensions of src must be known.
Result<std::vector<Axis>> resolve(const ResizeNdAttrs& attrs, const Shape& src, const Numbers& numbers) {
  std::vector<Axis> axes;
  for (const std::size_t dimension : axes_of(attrs, src.size())) {
    axes.push_back({.dimension = dimension, .in = src[dimension]});
    if (src[dimension] < 1) return shape_error("dimension {} of src is empty", dimension);
  }
  const bool by_scales = !numbers.scales.empty();
  if (by_scales == !numbers.sizes.empty() || (by_scales ? numbers.scales.size() : numbers.sizes.size()) != axes.size())
    return shape_error("{} scales and {} sizes for {} axes, expected one or the other for each", numbers.scales.size(),
                       numbers.sizes.size(), axes.size());
  if (by_scales)
    OCTET_RETURN_IF_ERROR(set_by_scales(axes, numbers.scales));
  else
    OCTET_RETURN_IF_ERROR(set_by_sizes(axes, numbers.sizes, attrs.policy));
  if (attrs.coordinate_mode != CoordinateModeNd::kCrop) return axes;
  if (numbers.roi.size() != 2 * axes.size())
    return shape_error("the roi has {} numbers for {} axes, expected two for each", numbers.roi.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i].roi_begin = double{numbers.roi[i]};
    axes[i].roi_end = double{numbers.roi[axes.size() + i]};
  }
  return axes;
}

bool is_absent(const Tensor* tensor) { return tensor == nullptr || num_elements(tensor->shape) == 0; }

Result<void> check(const ResizeNdAttrs& attrs, Inputs inputs) {
  const Tensor& src = *inputs[0];
  if (src.type != DataType::kFloat32)
    return make_error(ErrorCode::kUnsupported, "src '{}' is {}, expected f32", src.name, data_type_name(src.type));
  OCTET_RETURN_IF_ERROR(expect_axes(attrs.axes, src.shape.size()));
  if (!std::isfinite(attrs.cubic_coefficient)) return shape_error("cubic_coefficient is {}", attrs.cubic_coefficient);
  for (const std::size_t i : {1u, 2u}) {
    const Tensor* const tensor = optional_input(inputs, i);
    if (!is_absent(tensor) && tensor->type != DataType::kFloat32)
      return shape_error("'{}' is {}, expected f32", tensor->name, data_type_name(tensor->type));
  }
  if (const Tensor* const sizes = optional_input(inputs, 3);
      !is_absent(sizes) && sizes->type != DataType::kInt64 && sizes->type != DataType::kInt32)
    return shape_error("'{}' is {}, expected i32 or i64", sizes->name, data_type_name(sizes->type));
  return {};
}

Result<std::vector<TensorType>> infer_resize_nd(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ResizeNdAttrs>();
  OCTET_RETURN_IF_ERROR(check(attrs, inputs));
  Shape shape = inputs[0]->shape;
  const std::vector<std::size_t> axes = axes_of(attrs, shape.size());
  const Tensor *const scales = optional_input(inputs, 2), *const sizes = optional_input(inputs, 3);
  if (is_absent(scales) == is_absent(sizes)) return shape_error("expected either scales or sizes");
  bool is_known = (is_absent(scales) || scales->is_constant) && (is_absent(sizes) || sizes->is_constant);
  for (const std::size_t axis : axes) is_known = is_known && !is_symbolic(shape[axis]);
  if (!is_known) {
    for (const std::size_t axis : axes) shape[axis] = kUnknownDimension;
    return single_type(DataType::kFloat32, std::move(shape));
  }
  Numbers numbers;
  if (!is_absent(scales)) numbers.scales = scales->values<float>();
  if (!is_absent(sizes)) {
    OCTET_ASSIGN_OR_RETURN(numbers.sizes, integer_values(*sizes));
  }
  const std::vector<float> no_roi(2 * axes.size(), 0.0f);  // says nothing about sizes
  numbers.roi = no_roi;
  OCTET_ASSIGN_OR_RETURN(const auto resolved, resolve(attrs, shape, numbers));
  for (const Axis& axis : resolved) shape[axis.dimension] = axis.out;
  return single_type(DataType::kFloat32, std::move(shape));
}

// Where output pixel o lies in the image.
double coordinate(CoordinateModeNd mode, const Axis& axis, std::int64_t o) {
  const auto in = static_cast<double>(axis.in), out = static_cast<double>(axis.out), position = static_cast<double>(o);
  const double half_pixel = (position + 0.5) / axis.scale - 0.5;
  switch (mode) {
    case CoordinateModeNd::kHalfPixel:
      break;
    case CoordinateModeNd::kPytorchHalfPixel:
      return axis.out == 1 ? 0.0 : half_pixel;
    case CoordinateModeNd::kAsymmetric:
      return position / axis.scale;
    case CoordinateModeNd::kAlignCorners:
      return axis.out == 1 ? 0.0 : position * (in - 1) / (out - 1);
    case CoordinateModeNd::kHalfPixelSymmetric:
      return in / 2 * (1 - out / (axis.scale * in)) + half_pixel;
    case CoordinateModeNd::kCrop: {
      const double box = (axis.roi_end - axis.roi_begin) * (in - 1);
      return axis.roi_begin * (in - 1) + (axis.out == 1 ? box / 2 : position * box / (out - 1));
    }
  }
  return half_pixel;
}

// The weight of a pixel at a distance from the output's place: a triangle, or the cubic kernel.
double kernel_weight(const ResizeNdAttrs& attrs, double distance) {
  if (attrs.mode == ResizeMode::kLinear) return std::max(0.0, 1 - std::abs(distance));
  return cubic_weight(distance, double{attrs.cubic_coefficient});
}

// The input pixels of each output pixel of one axis, and their weights.
struct Taps {
  std::size_t count = 0;            // per output
  std::vector<std::int64_t> index;  // [out * count], in [0, in)
  std::vector<double> weight;       // [out * count]
  std::vector<bool> is_outside;     // [out]: takes the extrapolation value
};

Result<Taps> make_taps(const ResizeNdAttrs& attrs, const Axis& axis) {
  const bool is_nearest = attrs.mode == ResizeMode::kNearest;
  const double radius = attrs.mode == ResizeMode::kCubic ? 2 : 1;
  // A smaller image has wider kernels, of the same integral.
  const double squeeze = attrs.antialias && !is_nearest ? std::min(axis.scale, 1.0) : 1.0;
  const double reach = std::ceil(radius / squeeze);
  if (!(2 * reach <= static_cast<double>(kMaxTaps)))
    return shape_error("scale {} needs more than {} pixels for one", axis.scale, kMaxTaps);
  Taps taps;
  taps.count = is_nearest ? 1 : static_cast<std::size_t>(2 * reach);
  if (static_cast<double>(taps.count) * static_cast<double>(axis.out) > static_cast<double>(kMaxAxisTaps))
    return shape_error("{} outputs of {} pixels each are too many", axis.out, taps.count);
  const auto last = static_cast<double>(axis.in - 1);
  for (std::int64_t o = 0; o < axis.out; ++o) {
    const double x = coordinate(attrs.coordinate_mode, axis, o);
    taps.is_outside.push_back(attrs.coordinate_mode == CoordinateModeNd::kCrop && !(x >= 0 && x <= last));
    const double first = is_nearest ? nearest_pixel(x, attrs.nearest_mode) : std::ceil(x) - reach;
    double sum = 0;
    const std::size_t begin = taps.weight.size();
    for (std::size_t t = 0; t < taps.count; ++t) {
      const double pixel = first + static_cast<double>(t);
      const bool counts = !attrs.exclude_outside || (pixel >= 0 && pixel <= last);
      const double weight = !counts ? 0.0 : is_nearest ? 1.0 : kernel_weight(attrs, (pixel - x) * squeeze);
      taps.index.push_back(pixel > 0 ? static_cast<std::int64_t>(std::min(pixel, last)) : 0);
      taps.weight.push_back(weight);
      sum += weight;
    }
    if (sum == 0 || is_nearest) continue;
    for (std::size_t t = begin; t < taps.weight.size(); ++t) taps.weight[t] /= sum;
  }
  return taps;
}

// [outer, in, inner] -> [outer, out, inner]
void resize_axis(const Taps& taps, const Axis& axis, std::int64_t outer, std::int64_t inner, const float* src,
                 float* dst) {
  std::vector<double> sums(static_cast<std::size_t>(inner));
  for (std::int64_t i = 0; i < outer; ++i, src += axis.in * inner) {
    for (std::int64_t o = 0; o < axis.out; ++o, dst += inner) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t t = static_cast<std::size_t>(o) * taps.count; t < (static_cast<std::size_t>(o) + 1) * taps.count;
           ++t) {
        if (taps.weight[t] == 0) continue;  // of a pixel that may be infinite
        const float* const row = src + taps.index[t] * inner;
        for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += taps.weight[t] * double{row[k]};
      }
      std::transform(sums.begin(), sums.end(), dst, [](double sum) { return static_cast<float>(sum); });
    }
  }
}

void fill_outside(const Taps& taps, const Axis& axis, std::int64_t outer, std::int64_t inner, float value, float* dst) {
  for (std::int64_t i = 0; i < outer; ++i)
    for (std::int64_t o = 0; o < axis.out; ++o, dst += inner)
      if (taps.is_outside[static_cast<std::size_t>(o)]) std::fill_n(dst, inner, value);
}

Numbers numbers_of(std::span<const ConstView> inputs) {
  Numbers numbers;
  const auto count = [&](std::size_t i) {
    return i < inputs.size() && inputs[i].data != nullptr
               ? static_cast<std::size_t>(num_elements(*inputs[i].shape).value_or(0))
               : 0;
  };
  if (count(1) > 0) numbers.roi = {inputs[1].as<float>(), count(1)};
  if (count(2) > 0) numbers.scales = {inputs[2].as<float>(), count(2)};
  for (std::size_t i = 0; i < count(3); ++i)
    numbers.sizes.push_back(inputs[3].type == DataType::kInt64 ? inputs[3].as<std::int64_t>()[i]
                                                               : inputs[3].as<std::int32_t>()[i]);
  return numbers;
}

// One axis after the other, those that shrink most first: what lies between is no larger than src and dst.
Result<void> reference_resize_nd(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<ResizeNdAttrs>();
  if (inputs[0].type != DataType::kFloat32) return no_reference_for(inputs[0].type);
  OCTET_ASSIGN_OR_RETURN(auto axes, resolve(attrs, *inputs[0].shape, numbers_of(inputs)));
  const auto growth = [](const Axis& axis) { return static_cast<double>(axis.out) / static_cast<double>(axis.in); };
  std::stable_sort(axes.begin(), axes.end(), [&](const Axis& a, const Axis& b) { return growth(a) < growth(b); });
  Shape shape = *inputs[0].shape;
  const float* const src = inputs[0].as<float>();
  std::vector<float> values(src, src + *num_elements(shape));
  std::vector<Taps> all_taps;
  for (const Axis& axis : axes) {
    OCTET_ASSIGN_OR_RETURN(all_taps.emplace_back(), make_taps(attrs, axis));
    const bool keeps = axis.in == axis.out && axis.scale == 1.0 && attrs.coordinate_mode != CoordinateModeNd::kCrop;
    if (keeps) continue;
    shape[axis.dimension] = axis.out;
    if (!within_limits(shape)) return shape_error("[{}] is too large", fmt::join(shape, ", "));
    std::vector<float> next(static_cast<std::size_t>(*num_elements(shape)));
    resize_axis(all_taps.back(), axis, num_between(shape, 0, axis.dimension),
                num_between(shape, axis.dimension + 1, shape.size()), values.data(), next.data());
    values.swap(next);
  }
  for (std::size_t i = 0; i < axes.size(); ++i)
    fill_outside(all_taps[i], axes[i], num_between(shape, 0, axes[i].dimension),
                 num_between(shape, axes[i].dimension + 1, shape.size()), attrs.extrapolation, values.data());
  std::copy(values.begin(), values.end(), outputs[0].as<float>());
  return {};
}

}  // namespace

std::optional<ResizeAttrs> image_resize(const ResizeNdAttrs& nd) {
  const bool has_mode = nd.coordinate_mode != CoordinateModeNd::kHalfPixelSymmetric && nd.coordinate_mode != CoordinateModeNd::kCrop;
  if (!has_mode || nd.policy != AspectPolicy::kStretch || (nd.exclude_outside && nd.mode != ResizeMode::kNearest) ||
      (nd.antialias && nd.mode != ResizeMode::kNearest))
    return std::nullopt;
  ResizeAttrs attrs;
  attrs.mode = nd.mode;
  attrs.coordinate_mode = static_cast<CoordinateMode>(nd.coordinate_mode);
  attrs.nearest_mode = nd.nearest_mode;
  attrs.cubic_coefficient = nd.cubic_coefficient;
  return attrs;
}

const Op kResizeNd = define_op<ResizeNdAttrs>("resize_nd", {1, 4}, infer_resize_nd, reference_resize_nd);

}  // namespace octet
