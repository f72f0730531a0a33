// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include <algorithm>
#include <cmath>

#include "importers/caffe/handlers.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/softmax.h"

namespace octet {
namespace {

// The dimensions of src that a Scale or Bias layer's own blob has: num_axes from axis on, or all if that is -1.
struct AxisRange {
  std::size_t begin, end;
};
template <typename Param>
Result<AxisRange> axis_range(const CaffeLayer& layer, const Param& param, std::size_t rank) {
  if (param.num_axes() == 0) return AxisRange{rank, rank};  // a scalar, wherever `axis` is
  OCTET_ASSIGN_OR_RETURN(const std::size_t begin, layer.axis("axis", param.axis(), rank));
  if (param.num_axes() == -1) return AxisRange{begin, rank};
  if (param.num_axes() < -1 || static_cast<std::size_t>(param.num_axes()) > rank - begin) {
    return layer.error(ErrorCode::kInvalidModel,
                       "num_axes = {}, expected -1 to {} for an input of {} dimensions with axis = {}",
                       param.num_axes(), rank - begin, rank, begin);
  }
  return AxisRange{begin, begin + static_cast<std::size_t>(param.num_axes())};
}

// The range that the second bottom covers, whose dimensions must be those of src from axis on.
Result<AxisRange> bottom_range(const CaffeLayer& layer, const CaffeGraph& graph, std::int64_t axis) {
  const Shape &src = graph.src_shape(layer), &other = graph.src_shape(layer, 1);
  if (other.empty()) return AxisRange{src.size(), src.size()};
  OCTET_ASSIGN_OR_RETURN(const std::size_t begin, layer.axis("axis", axis, src.size()));
  const auto src_begin = src.begin() + static_cast<std::ptrdiff_t>(begin);
  if (other.size() <= src.size() - begin && std::equal(other.begin(), other.end(), src_begin))
    return AxisRange{begin, begin + other.size()};
  return layer.error(ErrorCode::kInvalidModel,
                     "its second bottom has shape [{}], expected dimensions of the first, [{}], from {} on",
                     fmt::join(other, ", "), fmt::join(src, ", "), begin);
}

Shape covered(const Shape& src, AxisRange range) {
  return {src.begin() + static_cast<std::ptrdiff_t>(range.begin), src.begin() + static_cast<std::ptrdiff_t>(range.end)};
}

// `id` of the covered dimensions' shape, with dimensions of 1 for those behind them, so that it broadcasts over src.
Result<TensorId> aligned(const CaffeLayer& layer, CaffeGraph& graph, std::string_view suffix, TensorId id,
                         AxisRange range) {
  const std::size_t rank = graph.src_shape(layer).size();
  if (range.end == rank) return id;
  Shape shape = graph.shape(id);
  shape.resize(shape.size() + rank - range.end, 1);
  return graph.add_inner(layer, suffix, kReshape, ReshapeAttrs{.shape = shape}, {id});
}

// src * scale, or with a bias src * scale + bias, where both have the shape of the covered dimensions.
Result<void> add_scale(const CaffeLayer& layer, CaffeGraph& graph, AxisRange range, TensorId scale, TensorId bias) {
  const TensorId src = layer.bottoms()[0];
  OCTET_ASSIGN_OR_RETURN(scale, aligned(layer, graph, "scale_aligned", scale, range));
  if (bias == kNoTensor) return graph.add(layer, kMul, BinaryAttrs{}, {src, scale});
  OCTET_ASSIGN_OR_RETURN(bias, aligned(layer, graph, "bias_aligned", bias, range));
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, graph.add_inner(layer, "scaled", kMul, BinaryAttrs{}, {src, scale}));
  return graph.add(layer, kAdd, BinaryAttrs{}, {scaled, bias});
}

}  // namespace

// dst = (src - mean[c]) / sqrt(variance[c] + eps) by the running statistics. The file holds both multiplied with a
// factor, its third blob; a factor of 0 means that nothing was gathered, and statistics of 0.
Result<void> import_batch_norm(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::BatchNormParameter& param = layer.param().batch_norm_param();
  const Shape src = graph.src_shape(layer);
  if (src.size() < 2)
    return layer.error(ErrorCode::kUnsupported, "its input has {} dimensions, expected 2 or more", src.size());
  if (!param.use_global_stats()) {
    return layer.error(
        ErrorCode::kUnsupported,
        "use_global_stats = false normalizes by the images at hand; set it to true to use the trained statistics");
  }
  const std::int64_t c = src[1];
  OCTET_ASSIGN_OR_RETURN(auto blobs, graph.take_blobs(layer, {{"mean", {c}}, {"variance", {c}}, {"factor", {1}}}));
  const float factor = blobs[2][0] == 0.0f ? 0.0f : 1.0f / blobs[2][0];
  for (std::size_t i = 0; i < static_cast<std::size_t>(c); ++i) {
    float &mean = blobs[0][i], &variance = blobs[1][i];
    mean *= factor;
    variance *= factor;
    if (std::isfinite(mean) && std::isfinite(variance) && variance + param.eps() > 0.0f) continue;
    return layer.error(ErrorCode::kInvalidModel,
                       "channel {} has mean {} and variance {} with eps = {}, expected variance + eps > 0", i, mean,
                       variance, param.eps());
  }
  const auto channels = [&](std::string_view suffix, const std::vector<float>& values) {
    return graph.constant(layer, suffix, {c}, values);
  };
  const std::vector<float> ones(blobs[0].size(), 1.0f), zeros(blobs[0].size(), 0.0f);
  return graph.add(layer, kBatchNorm, BatchNormAttrs{.epsilon = param.eps(), .axis = 1},
                   {layer.bottoms()[0], channels("gamma", ones), channels("beta", zeros), channels("mean", blobs[0]),
                    channels("variance", blobs[1])});
}

// dst = src * scale (+ bias), where scale is the layer's own blob or its second bottom, and bias a blob of the same
// shape.
Result<void> import_scale(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ScaleParameter& param = layer.param().scale_param();
  const Shape src = graph.src_shape(layer);
  const bool own_scale = layer.bottoms().size() == 1;
  OCTET_ASSIGN_OR_RETURN(const AxisRange range,
                         own_scale ? axis_range(layer, param, src.size()) : bottom_range(layer, graph, param.axis()));
  std::vector<BlobSpec> specs;
  if (own_scale) specs.push_back({"scale", covered(src, range)});
  if (param.bias_term()) specs.push_back({"bias", covered(src, range)});
  std::vector<TensorId> blobs;
  if (!specs.empty()) {
    OCTET_ASSIGN_OR_RETURN(blobs, graph.take_weights(layer, specs));
  }
  const TensorId scale = own_scale ? blobs[0] : layer.bottoms()[1];
  const TensorId bias = param.bias_term() ? blobs.back() : kNoTensor;
  if (!own_scale || range.end - range.begin != 1) return add_scale(layer, graph, range, scale, bias);
  return graph.add(layer, kScale, ScaleAttrs{.axis = static_cast<std::int64_t>(range.begin)},
                   {layer.bottoms()[0], scale, bias});
}

// dst = src + bias, where bias is the layer's own blob or its second bottom.
Result<void> import_bias(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::BiasParameter& param = layer.param().bias_param();
  const Shape src = graph.src_shape(layer);
  const bool own_bias = layer.bottoms().size() == 1;
  OCTET_ASSIGN_OR_RETURN(const AxisRange range,
                         own_bias ? axis_range(layer, param, src.size()) : bottom_range(layer, graph, param.axis()));
  TensorId bias = layer.bottoms().back();
  if (own_bias) {
    OCTET_ASSIGN_OR_RETURN(const auto blobs, graph.take_weights(layer, {{"bias", covered(src, range)}}));
    bias = blobs[0];
  }
  OCTET_ASSIGN_OR_RETURN(bias, aligned(layer, graph, "bias_aligned", bias, range));
  return graph.add(layer, kAdd, BinaryAttrs{}, {layer.bottoms()[0], bias});
}

// dst = src / (k + alpha / local_size * sum of src^2 over local_size channels) ^ beta
Result<void> import_lrn(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::LRNParameter& param = layer.param().lrn_param();
  if (param.norm_region() != caffe::LRNParameter::ACROSS_CHANNELS)
    return layer.error(ErrorCode::kUnsupported, "norm_region = WITHIN_CHANNEL, Octet has ACROSS_CHANNELS");
  if (param.local_size() % 2 != 1)
    return layer.error(ErrorCode::kInvalidModel, "local_size = {}, expected an odd number", param.local_size());
  OCTET_RETURN_IF_ERROR(layer.expect_finite("alpha", param.alpha()));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("beta", param.beta()));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("k", param.k()));
  const LrnAttrs attrs{
      .size = param.local_size(), .alpha = param.alpha(), .beta = param.beta(), .bias = param.k(), .axis = 1};
  return graph.add(layer, kLrn, attrs, layer.bottoms());
}

Result<void> import_softmax(const CaffeLayer& layer, CaffeGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis,
                         layer.axis("axis", layer.param().softmax_param().axis(), graph.src_shape(layer).size()));
  return graph.add(layer, kSoftmax, SoftmaxAttrs{.axis = static_cast<std::int64_t>(axis)}, layer.bottoms());
}

}  // namespace octet
