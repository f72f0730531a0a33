// SPDX-License-Identifier: Apache-2.0
#include "ops/pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/layer_types.h"

namespace octet {
namespace {

constexpr std::int64_t kMaxPower = 1 << 10;

Result<std::vector<Window1d>> resolve(const PoolAttrs& attrs, const Shape& src) {
  return resolve_windows({attrs.kernel, attrs.strides, attrs.dilations, attrs.pads, attrs.pad_mode, attrs.ceil_mode},
                         std::span(src).subspan(2));
}

Result<std::vector<TensorType>> infer_pool(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<PoolAttrs>();
  const Tensor& src = *inputs[0];
  if (src.shape.size() < 3)
    return shape_error("src '{}' has {} dimensions, expected at least 3", src.name, src.shape.size());
  const bool is_8_bit = src.type == DataType::kInt8 || src.type == DataType::kUint8;
  if (src.type != DataType::kFloat32 && !(is_8_bit && node.is(kMaxPool)))
    return make_error(ErrorCode::kUnsupported, "src '{}' is {}, expected f32", src.name, data_type_name(src.type));
  if (attrs.p < 1 || attrs.p > kMaxPower) return shape_error("p is {}, expected 1 to {}", attrs.p, kMaxPower);
  OCTET_ASSIGN_OR_RETURN(const auto windows, resolve(attrs, src.shape));
  Shape shape = {src.shape[0], src.shape[1]};
  for (const Window1d& window : windows) shape.push_back(window.output_size);
  std::vector<TensorType> types = {{src.type, shape}};
  if (node.is(kMaxPool)) types.push_back({DataType::kInt64, shape});
  return types;
}

// Calls visit(pixel) with the offset of each pixel that the taps of all dimensions meet in, in row-major order.
template <typename Visit>
void visit_pixels(const std::vector<WindowTaps>& taps, const std::vector<std::int64_t>& strides, Visit&& visit) {
  for (const WindowTaps& t : taps)
    if (t.begin >= t.end) return;
  const std::size_t last = taps.size() - 1;
  std::vector<std::int64_t> at;
  for (const WindowTaps& t : taps) at.push_back(t.begin);
  for (;;) {
    std::int64_t row = 0;
    for (std::size_t d = 0; d < last; ++d) row += at[d] * strides[d];
    for (std::int64_t x = taps[last].begin; x < taps[last].end; x += taps[last].dilation) visit(row + x);
    std::size_t d = last;
    while (d > 0) {
      --d;
      at[d] += taps[d].dilation;
      if (at[d] < taps[d].end) break;
      at[d] = taps[d].begin;
      if (d == 0) return;
    }
    if (last == 0) return;
  }
}

// Calls compute(plane, o, taps) for each plane [N * C] and output position.
template <typename Compute>
void visit_windows(const std::vector<Window1d>& windows, std::int64_t planes, Compute&& compute) {
  const Shape sizes = output_sizes(windows);
  const std::int64_t positions = *num_elements(sizes);
  Shape index(sizes.size(), 0);
  std::vector<WindowTaps> taps;
  for (const Window1d& window : windows) taps.push_back(taps_of(window, 0));
  for (std::int64_t o = 0; o < positions; ++o) {
    for (std::int64_t plane = 0; plane < planes; ++plane) compute(plane, o, taps);
    for (std::size_t d = sizes.size(); d-- > 0;) {
      index[d] = index[d] + 1 < sizes[d] ? index[d] + 1 : 0;
      taps[d] = taps_of(windows[d], index[d]);
      if (index[d] != 0) break;
    }
  }
}

struct Geometry {
  std::vector<Window1d> windows;
  std::vector<std::int64_t> strides;  // of the image
  std::int64_t planes, pixels, positions;
};

Geometry geometry(const Node& node, const Shape& src) {
  auto windows = resolve(node.as<PoolAttrs>(), src);
  OCTET_CHECK(windows.ok());  // shape inference has accepted this shape
  const Shape image(src.begin() + 2, src.end());
  return {*windows, dense_strides(image), src[0] * src[1], *num_elements(image), *num_elements(output_sizes(*windows))};
}

// The index of a pixel where the image's first dimension counts fastest.
std::int64_t column_major(std::int64_t pixel, const Shape& src) {
  std::int64_t index = 0, stride = 1;
  const auto strides = dense_strides(src);
  for (std::size_t d = 2; d < src.size(); ++d) {
    index += pixel / strides[d] % src[d] * stride;
    stride *= src[d];
  }
  return index;
}

template <typename T>
void max_pool(const Node& node, const ConstView& src, std::span<const View> outputs) {
  const Geometry g = geometry(node, *src.shape);
  std::int64_t* const indices = outputs.size() > 1 ? outputs[1].as<std::int64_t>() : nullptr;
  visit_windows(g.windows, g.planes, [&](std::int64_t plane, std::int64_t o, const std::vector<WindowTaps>& taps) {
    const T* const pixels = src.as<T>() + plane * g.pixels;
    T max =
        std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
    std::int64_t best = -1;
    visit_pixels(taps, g.strides, [&](std::int64_t pixel) {
      if (best >= 0 && !(pixels[pixel] > max)) return;
      max = pixels[pixel];
      best = pixel;
    });
    outputs[0].as<T>()[plane * g.positions + o] = max;
    if (indices == nullptr) return;
    const std::int64_t in_plane =
        best < 0 || !node.as<PoolAttrs>().column_major ? best : column_major(best, *src.shape);
    indices[plane * g.positions + o] = best < 0 ? 0 : plane * g.pixels + in_plane;
  });
}

Result<void> reference_max_pool(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32:
      max_pool<float>(node, inputs[0], outputs);
      return {};
    case DataType::kInt8:
      max_pool<std::int8_t>(node, inputs[0], outputs);
      return {};
    case DataType::kUint8:
      max_pool<std::uint8_t>(node, inputs[0], outputs);
      return {};
    default:
      return no_reference_for(inputs[0].type);
  }
}

Result<void> reference_avg_pool(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const Geometry g = geometry(node, *inputs[0].shape);
  visit_windows(g.windows, g.planes, [&](std::int64_t plane, std::int64_t o, const std::vector<WindowTaps>& taps) {
    const float* const pixels = inputs[0].as<float>() + plane * g.pixels;
    double sum = 0.0;
    std::int64_t count = 0;
    visit_pixels(taps, g.strides, [&](std::int64_t pixel) {
      sum += double{pixels[pixel]};
      ++count;
    });
    if (node.as<PoolAttrs>().count_include_pad) {
      count = 1;
      for (const WindowTaps& t : taps) count *= t.num_padded;
    }
    outputs[0].as<float>()[plane * g.positions + o] =
        count == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(count));
  });
  return {};
}

Result<void> reference_lp_pool(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const Geometry g = geometry(node, *inputs[0].shape);
  const auto p = static_cast<double>(node.as<PoolAttrs>().p);
  visit_windows(g.windows, g.planes, [&](std::int64_t plane, std::int64_t o, const std::vector<WindowTaps>& taps) {
    const float* const pixels = inputs[0].as<float>() + plane * g.pixels;
    double sum = 0.0;
    visit_pixels(taps, g.strides, [&](std::int64_t pixel) {
      const double value = std::abs(double{pixels[pixel]});
      sum += p == 2 ? value * value : std::pow(value, p);
    });
    outputs[0].as<float>()[plane * g.positions + o] =
        static_cast<float>(p == 2 ? std::sqrt(sum) : std::pow(sum, 1.0 / p));
  });
  return {};
}

}  // namespace

const Op kMaxPool = define_op<PoolAttrs>("max_pool", {1, 1}, infer_pool, reference_max_pool, 2);
const Op kAvgPool = define_op<PoolAttrs>("avg_pool", {1, 1}, infer_pool, reference_avg_pool);
const Op kLpPool = define_op<PoolAttrs>("lp_pool", {1, 1}, infer_pool, reference_lp_pool);

}  // namespace octet
