// SPDX-License-Identifier: Apache-2.0
#include "ops/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/interpolation.h"
#include "ops/layer_types.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

Result<void> expect_float(const Tensor& tensor) {
  if (tensor.type == DataType::kFloat32) return {};
  return make_error(ErrorCode::kUnsupported, "'{}' is {}, expected f32", tensor.name, data_type_name(tensor.type));
}

Result<void> expect_integers(const Tensor& tensor) {
  if (tensor.type == DataType::kInt32 || tensor.type == DataType::kInt64) return {};
  return shape_error("'{}' is {}, expected i32 or i64", tensor.name, data_type_name(tensor.type));
}

Error do_not_fit(std::string_view expected, Inputs inputs) {
  std::string shapes;
  for (const Tensor* tensor : inputs)
    if (tensor != nullptr) shapes += fmt::format("{}[{}]", shapes.empty() ? "" : ", ", fmt::join(tensor->shape, ", "));
  return shape_error("inputs have shapes {}, expected {}", shapes, expected);
}

// ---------------------------------------------------------------- grid_sample

Result<std::vector<TensorType>> infer_grid_sample(const Node&, Inputs inputs) {
  const Tensor &src = *inputs[0], &grid = *inputs[1];
  OCTET_RETURN_IF_ERROR(expect_float(src));
  OCTET_RETURN_IF_ERROR(expect_float(grid));
  const std::size_t rank = src.shape.size();
  const bool fits = (rank == 4 || rank == 5) && grid.shape.size() == rank &&
                    same_dimension(src.shape[0], grid.shape[0]) &&
                    same_dimension(grid.shape[rank - 1], static_cast<std::int64_t>(rank - 2));
  if (!fits) return do_not_fit("[N, C, ...] of 2 or 3 spatial dimensions and [N, ..., 2 or 3]", inputs);
  for (std::size_t d = 2; d < rank; ++d)
    if (src.shape[d] == 0) return shape_error("src '{}' is empty", src.name);
  Shape shape = {src.shape[0], src.shape[1]};
  shape.insert(shape.end(), grid.shape.begin() + 1, grid.shape.end() - 1);
  return single_type(DataType::kFloat32, std::move(shape));
}

// The pixels of one dimension that a coordinate lies between.
struct AxisTaps {
  int count = 0;
  std::int64_t index[4];
  double weight[4];
};

class GridSampler {
 public:
  GridSampler(const GridSampleAttrs& attrs, const Shape& src)
      : attrs_(attrs), image_(src.begin() + 2, src.end()), strides_(dense_strides(image_)) {}

  // Offsets of pixels in a channel and their weights for one point of the grid.
  struct Tap {
    std::int64_t offset;
    double weight;
  };
  std::span<const Tap> taps(const float* point) {
    taps_.assign(1, {0, 1.0});
    for (std::size_t d = 0; d < image_.size(); ++d) {
      const AxisTaps axis = axis_taps(double{point[image_.size() - 1 - d]}, image_[d]);
      next_.clear();
      for (const Tap& tap : taps_)
        for (int i = 0; i < axis.count; ++i)
          next_.push_back({tap.offset + axis.index[i] * strides_[d], tap.weight * axis.weight[i]});
      taps_.swap(next_);
    }
    return taps_;
  }

 private:
  // Where a tap reads; nothing: a zero.
  std::optional<std::int64_t> place(double pixel, std::int64_t size) const {
    const auto last = static_cast<double>(size - 1);
    if (attrs_.padding == SamplePadding::kReflection && (pixel < 0 || pixel > last)) {
      // Between borders at the middles of the outer pixels, or at their ends.
      const double border = attrs_.align_corners ? 0.0 : -0.5,
                   range = attrs_.align_corners ? last : static_cast<double>(size);
      if (range == 0) return 0;
      const double folded = std::fmod(std::abs(pixel - border), 2 * range);
      pixel = std::floor(border + std::min(folded, 2 * range - folded) + (attrs_.align_corners ? 0.5 : 0.0));
    }
    if (attrs_.padding == SamplePadding::kZeros && (pixel < 0 || pixel > last)) return std::nullopt;
    return static_cast<std::int64_t>(std::clamp(pixel, 0.0, last));
  }

  AxisTaps axis_taps(double coordinate, std::int64_t size) const {
    const auto length = static_cast<double>(size);
    // As float32, in which ONNX's coordinates are: rounding of the nearest mode depends on it.
    double x = static_cast<float>(attrs_.align_corners ? (coordinate + 1) / 2 * (length - 1)
                                                       : ((coordinate + 1) * length - 1) / 2);
    if (!std::isfinite(x)) x = attrs_.padding == SamplePadding::kZeros ? -8 : 0;
    AxisTaps taps;
    const auto add = [&](double pixel, double weight) {
      const auto at = place(pixel, size);
      if (!at || weight == 0) return;
      taps.index[taps.count] = *at;
      taps.weight[taps.count++] = weight;
    };
    const double floor = std::floor(x), fraction = x - floor;
    if (attrs_.mode == SampleMode::kNearest) {
      add(std::nearbyint(x), 1);
    } else if (attrs_.mode == SampleMode::kLinear) {
      add(floor, 1 - fraction);
      add(floor + 1, fraction);
    } else {
      const auto weights = cubic_weights(fraction, /*a=*/-0.75);
      for (int i = 0; i < 4; ++i) add(floor - 1 + i, weights[static_cast<std::size_t>(i)]);
    }
    return taps;
  }

  const GridSampleAttrs& attrs_;
  Shape image_;
  std::vector<std::int64_t> strides_;
  std::vector<Tap> taps_, next_;
};

Result<void> reference_grid_sample(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const Shape &src_shape = *inputs[0].shape, &grid_shape = *inputs[1].shape;
  const std::size_t rank = src_shape.size();
  const std::int64_t pixels = num_between(src_shape, 2, rank), points = num_between(grid_shape, 1, rank - 1);
  const std::int64_t num_c = src_shape[1], num_d = static_cast<std::int64_t>(rank) - 2;
  GridSampler sampler(node.as<GridSampleAttrs>(), src_shape);
  for (std::int64_t n = 0; n < src_shape[0]; ++n) {
    const float* const src = inputs[0].as<float>() + n * num_c * pixels;
    float* const dst = outputs[0].as<float>() + n * num_c * points;
    for (std::int64_t o = 0; o < points; ++o) {
      const auto taps = sampler.taps(inputs[1].as<float>() + (n * points + o) * num_d);
      for (std::int64_t c = 0; c < num_c; ++c) {
        double sum = 0;
        for (const auto& tap : taps) sum += tap.weight * double{src[c * pixels + tap.offset]};
        dst[c * points + o] = static_cast<float>(sum);
      }
    }
  }
  return {};
}

// ---------------------------------------------------------------- affine_grid

Result<std::vector<TensorType>> infer_affine_grid(const Node&, Inputs inputs) {
  const Tensor &theta = *inputs[0], &size = *inputs[1];
  OCTET_RETURN_IF_ERROR(expect_float(theta));
  OCTET_RETURN_IF_ERROR(expect_integers(size));
  OCTET_RETURN_IF_ERROR(expect_rank("theta", theta, 3));
  const auto count = num_elements(size.shape);
  const std::int64_t n = count.value_or(0) - 2;
  if ((n != 2 && n != 3) || !same_dimension(theta.shape[1], n) || !same_dimension(theta.shape[2], n + 1))
    return do_not_fit("[N, n, n + 1] and [n + 2] for n = 2 or 3", inputs);
  Shape shape(static_cast<std::size_t>(n) + 1, kUnknownDimension);
  shape[0] = theta.shape[0];
  shape.push_back(n);
  if (!size.is_constant) return single_type(DataType::kFloat32, std::move(shape));
  OCTET_ASSIGN_OR_RETURN(const auto sizes, integer_values(size));
  if (!same_dimension(theta.shape[0], sizes[0]))
    return shape_error("size is [{}], and theta has {} maps", fmt::join(sizes, ", "), theta.shape[0]);
  for (std::size_t d = 0; d < static_cast<std::size_t>(n); ++d) {
    if (sizes[d + 2] < 1 || sizes[d + 2] > kMaxElements)
      return shape_error("size is [{}], expected positive numbers", fmt::join(sizes, ", "));
    shape[d + 1] = sizes[d + 2];
  }
  return single_type(DataType::kFloat32, std::move(shape));
}

Result<void> reference_affine_grid(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const Shape& shape = *outputs[0].shape;
  const std::size_t n = shape.size() - 2;
  const std::int64_t points = num_between(shape, 1, n + 1);
  // Of pixel i of a dimension; a dimension of one pixel has it in the middle where pixels have a size, else at the
  // beginning.
  const auto coordinate = [&](std::int64_t i, std::int64_t size) {
    if (!node.as<AffineGridAttrs>().align_corners)
      return (2.0 * static_cast<double>(i) + 1.0) / static_cast<double>(size) - 1.0;
    return size == 1 ? -1.0 : 2.0 * static_cast<double>(i) / static_cast<double>(size - 1) - 1.0;
  };
  float* dst = outputs[0].as<float>();
  for (std::int64_t map = 0; map < shape[0]; ++map) {
    const float* const theta = inputs[0].as<float>() + map * static_cast<std::int64_t>(n * (n + 1));
    for (std::int64_t point = 0; point < points; ++point) {
      double at[3];  // the last dimension first
      std::int64_t rest = point;
      for (std::size_t d = n; d-- > 0; rest /= shape[d + 1])
        at[n - 1 - d] = coordinate(rest % shape[d + 1], shape[d + 1]);
      for (std::size_t row = 0; row < n; ++row) {
        double sum = double{theta[row * (n + 1) + n]};
        for (std::size_t i = 0; i < n; ++i) sum += double{theta[row * (n + 1) + i]} * at[i];
        *dst++ = static_cast<float>(sum);
      }
    }
  }
  return {};
}

// ---------------------------------------------------------------- roi_align

constexpr std::int64_t kMaxPoints = 1 << 12;  // per bin and dimension

Result<std::vector<TensorType>> infer_roi_align(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<RoiAlignAttrs>();
  const Tensor &src = *inputs[0], &boxes = *inputs[1], &images = *inputs[2];
  OCTET_RETURN_IF_ERROR(expect_float(src));
  OCTET_RETURN_IF_ERROR(expect_float(boxes));
  OCTET_RETURN_IF_ERROR(expect_integers(images));
  const bool fits = src.shape.size() == 4 && boxes.shape.size() == 2 && same_dimension(boxes.shape[1], 4) &&
                    images.shape.size() == 1 && same_dimension(boxes.shape[0], images.shape[0]) && src.shape[2] != 0 &&
                    src.shape[3] != 0;
  if (!fits) return do_not_fit("[N, C, H, W], [R, 4] and [R]", inputs);
  if (attrs.height < 1 || attrs.width < 1 || attrs.height > kMaxElements || attrs.width > kMaxElements ||
      attrs.points < 0 || attrs.points > kMaxPoints || !std::isfinite(attrs.scale))
    return shape_error("{} x {} bins of {} points with scale {} make no sense", attrs.height, attrs.width, attrs.points,
                       attrs.scale);
  return single_type(DataType::kFloat32,
                     {*same_dimension(boxes.shape[0], images.shape[0]), src.shape[1], attrs.height, attrs.width});
}

// The four pixels around a point and their weights; all weights are 0 outside the image.
struct Bilinear {
  std::int64_t offset[4] = {};
  double weight[4] = {};
};

// A point up to one pixel outside counts as one on the border.
Bilinear roi_point(double y, double x, std::int64_t height, std::int64_t width) {
  Bilinear taps;
  if (!(y >= -1.0 && y <= static_cast<double>(height) && x >= -1.0 && x <= static_cast<double>(width))) return taps;
  y = std::clamp(y, 0.0, static_cast<double>(height - 1));
  x = std::clamp(x, 0.0, static_cast<double>(width - 1));
  const auto y0 = static_cast<std::int64_t>(y), x0 = static_cast<std::int64_t>(x);
  const std::int64_t ys[] = {y0, std::min(y0 + 1, height - 1)}, xs[] = {x0, std::min(x0 + 1, width - 1)};
  const double fy = y - static_cast<double>(y0), fx = x - static_cast<double>(x0);
  const double wy[] = {1 - fy, fy}, wx[] = {1 - fx, fx};
  for (std::size_t i = 0; i < 4; ++i) {
    taps.offset[i] = ys[i / 2] * width + xs[i % 2];
    taps.weight[i] = wy[i / 2] * wx[i % 2];
  }
  return taps;
}

// Where the points of the bins of a box lie along one dimension.
struct BoxAxis {
  double begin, bin;
  std::int64_t points;
  double at(std::int64_t bin_index, std::int64_t point) const {
    return begin + static_cast<double>(bin_index) * bin +
           (static_cast<double>(point) + 0.5) * bin / static_cast<double>(points);
  }
};

Result<BoxAxis> box_axis(const RoiAlignAttrs& attrs, float first, float last, std::int64_t bins) {
  const double shift = attrs.half_pixel ? 0.5 : 0.0;
  const double begin = double{first} * double{attrs.scale} - shift;
  double length = double{last} * double{attrs.scale} - shift - begin;
  if (!attrs.half_pixel) length = std::max(length, 1.0);
  const double bin = length / static_cast<double>(bins),
               points = attrs.points > 0 ? static_cast<double>(attrs.points) : std::ceil(bin);
  if (!(points <= static_cast<double>(kMaxPoints)))
    return make_error(ErrorCode::kInvalidData, "a box from {} to {} has more than {} pixels in a bin", first, last,
                      kMaxPoints);
  return BoxAxis{begin, bin, std::max<std::int64_t>(0, static_cast<std::int64_t>(points))};
}

double roi_bin(const RoiAlignAttrs& attrs, std::span<const Bilinear> points, const float* src) {
  double result = 0.0;
  for (std::size_t p = 0; p < points.size(); ++p) {
    double sum = 0.0, max = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < 4; ++i) {
      const double value = points[p].weight[i] * double{src[points[p].offset[i]]};
      sum += value;
      max = std::max(max, value);
    }
    if (!attrs.max)
      result += sum / static_cast<double>(points.size());
    else
      result = p == 0 ? max : std::max(result, max);
  }
  return result;
}

Result<void> reference_roi_align(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<RoiAlignAttrs>();
  const Shape& shape = *inputs[0].shape;
  const std::int64_t num_c = shape[1], height = shape[2], width = shape[3], bins = attrs.height * attrs.width;
  std::vector<Bilinear> points;
  for (std::int64_t r = 0; r < (*outputs[0].shape)[0]; ++r) {
    const float* const box = inputs[1].as<float>() + 4 * r;
    const std::int64_t image =
        inputs[2].type == DataType::kInt64 ? inputs[2].as<std::int64_t>()[r] : inputs[2].as<std::int32_t>()[r];
    if (image < 0 || image >= shape[0])
      return make_error(ErrorCode::kInvalidData, "box {} is of image {} of {}", r, image, shape[0]);
    OCTET_ASSIGN_OR_RETURN(const BoxAxis x, box_axis(attrs, box[0], box[2], attrs.width));
    OCTET_ASSIGN_OR_RETURN(const BoxAxis y, box_axis(attrs, box[1], box[3], attrs.height));
    for (std::int64_t bin = 0; bin < bins; ++bin) {
      points.clear();
      for (std::int64_t i = 0; i < y.points; ++i)
        for (std::int64_t j = 0; j < x.points; ++j)
          points.push_back(roi_point(y.at(bin / attrs.width, i), x.at(bin % attrs.width, j), height, width));
      for (std::int64_t c = 0; c < num_c; ++c)
        outputs[0].as<float>()[(r * num_c + c) * bins + bin] =
            static_cast<float>(roi_bin(attrs, points, inputs[0].as<float>() + (image * num_c + c) * height * width));
    }
  }
  return {};
}

// ---------------------------------------------------------------- deform_conv

Result<std::vector<Window1d>> deform_windows(const DeformConvAttrs& attrs, const Shape& src, const Shape& weights) {
  return resolve_windows({{weights[2], weights[3]}, attrs.strides, attrs.dilations, attrs.pads},
                         std::span(src).subspan(2));
}

Result<std::vector<TensorType>> infer_deform_conv(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<DeformConvAttrs>();
  const Tensor &src = *inputs[0], &weights = *inputs[1], &offsets = *inputs[2];
  const Tensor *const bias = optional_input(inputs, 3), *const mask = optional_input(inputs, 4);
  for (const Tensor* tensor : {&src, &weights, &offsets, bias, mask})
    if (tensor != nullptr) OCTET_RETURN_IF_ERROR(expect_float(*tensor));
  if (src.shape.size() != 4 || weights.shape.size() != 4 || !is_fixed(weights.shape) ||
      num_elements(weights.shape).value_or(0) == 0)
    return do_not_fit("[N, C, H, W] and weights [K, C/group, kh, kw] of a fixed shape", inputs.first(2));
  const std::int64_t c = src.shape[1], num_k = weights.shape[0], taps = weights.shape[2] * weights.shape[3];
  if (is_symbolic(c) || attrs.group < 1 || attrs.offset_group < 1 || num_k % attrs.group != 0 || c % attrs.group != 0 ||
      c / attrs.group != weights.shape[1] || c % attrs.offset_group != 0)
    return shape_error("{} channels, {} filters [{}], group = {} and offset_group = {} do not go together", c, num_k,
                       fmt::join(weights.shape, ", "), attrs.group, attrs.offset_group);
  OCTET_ASSIGN_OR_RETURN(const auto windows, deform_windows(attrs, src.shape, weights.shape));
  const Shape dst = {src.shape[0], num_k, windows[0].output_size, windows[1].output_size};
  const auto fits = [&](const Tensor& tensor, std::int64_t per_tap) {
    return tensor.shape.size() == 4 && same_dimension(tensor.shape[0], dst[0]) &&
           same_dimension(tensor.shape[1], attrs.offset_group * taps * per_tap) &&
           same_dimension(tensor.shape[2], dst[2]) && same_dimension(tensor.shape[3], dst[3]);
  };
  if (!fits(offsets, 2) || (mask != nullptr && !fits(*mask, 1))) {
    return do_not_fit(fmt::format("offsets [N, {}, {}, {}] and mask [N, {}, {}, {}]", attrs.offset_group * taps * 2,
                                  dst[2], dst[3], attrs.offset_group * taps, dst[2], dst[3]),
                      inputs);
  }
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, num_k));
  return single_type(DataType::kFloat32, dst);
}

// The value of a plane at a point; zeros lie around it.
double bilinear(const float* plane, std::int64_t height, std::int64_t width, double y, double x) {
  if (!(y > -1.0 && y < static_cast<double>(height) && x > -1.0 && x < static_cast<double>(width))) return 0.0;
  const double fy = y - std::floor(y), fx = x - std::floor(x);
  const auto y0 = static_cast<std::int64_t>(std::floor(y)), x0 = static_cast<std::int64_t>(std::floor(x));
  const auto at = [&](std::int64_t i, std::int64_t j) {
    return i < 0 || i >= height || j < 0 || j >= width ? 0.0 : double{plane[i * width + j]};
  };
  return (1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x0 + 1)) +
         fy * ((1 - fx) * at(y0 + 1, x0) + fx * at(y0 + 1, x0 + 1));
}

Result<void> reference_deform_conv(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const auto& attrs = node.as<DeformConvAttrs>();
  const Shape &src = *inputs[0].shape, &weights = *inputs[1].shape, &dst = *outputs[0].shape;
  OCTET_ASSIGN_OR_RETURN(const auto windows, deform_windows(attrs, src, weights));
  const std::int64_t num_c = src[1], taps = weights[2] * weights[3], positions = dst[2] * dst[3],
                     filter = weights[1] * taps;
  const std::int64_t c_per_offset = num_c / attrs.offset_group, k_per_group = weights[0] / attrs.group;
  const float *const bias = optional_floats(inputs, 3), *const mask = optional_floats(inputs, 4);
  std::vector<double> seen(static_cast<std::size_t>(num_c * taps));  // by all filters at one position
  for (std::int64_t n = 0; n < src[0]; ++n) {
    for (std::int64_t o = 0; o < positions; ++o) {
      for (std::int64_t c = 0; c < num_c; ++c) {
        for (std::int64_t t = 0; t < taps; ++t) {
          const std::int64_t place = (n * attrs.offset_group + c / c_per_offset) * taps + t;
          const float* const offset = inputs[2].as<float>() + 2 * place * positions + o;
          const double y = static_cast<double>(o / dst[3] * windows[0].stride - windows[0].pad_begin +
                                               t / weights[3] * windows[0].dilation);
          const double x = static_cast<double>(o % dst[3] * windows[1].stride - windows[1].pad_begin +
                                               t % weights[3] * windows[1].dilation);
          const double value = bilinear(inputs[0].as<float>() + (n * num_c + c) * src[2] * src[3], src[2], src[3],
                                        y + double{offset[0]}, x + double{offset[positions]});
          seen[static_cast<std::size_t>(c * taps + t)] =
              mask == nullptr ? value : value * double{mask[place * positions + o]};
        }
      }
      for (std::int64_t k = 0; k < weights[0]; ++k) {
        const float* const w = inputs[1].as<float>() + k * filter;
        const double* const s = seen.data() + k / k_per_group * filter;
        double sum = bias == nullptr ? 0.0 : double{bias[k]};
        for (std::int64_t i = 0; i < filter; ++i) sum += s[i] * double{w[i]};
        outputs[0].as<float>()[(n * weights[0] + k) * positions + o] = static_cast<float>(sum);
      }
    }
  }
  return {};
}

}  // namespace

const Op kGridSample = define_op<GridSampleAttrs>("grid_sample", {2, 2}, infer_grid_sample, reference_grid_sample);
const Op kAffineGrid = define_op<AffineGridAttrs>("affine_grid", {2, 2}, infer_affine_grid, reference_affine_grid);
const Op kRoiAlign = define_op<RoiAlignAttrs>("roi_align", {3, 3}, infer_roi_align, reference_roi_align);
const Op kDeformConv = define_op<DeformConvAttrs>("deform_conv", {3, 5}, infer_deform_conv, reference_deform_conv);

}  // namespace octet
