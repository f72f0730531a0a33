// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "importers/caffe/handlers.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

// scale * src + shift, as few operators as that takes; src itself if there is nothing to do.
Result<TensorId> affine(const CaffeLayer& layer, CaffeGraph& graph, TensorId src, float scale, float shift) {
  OCTET_RETURN_IF_ERROR(layer.expect_finite("scale", scale));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("shift", shift));
  if (scale != 1.0f) {
    const TensorId factor = graph.scalar(layer, "scale", scale);
    OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(layer, "scaled", kMul, BinaryAttrs{}, {src, factor}));
  }
  if (shift != 0.0f) {
    const TensorId summand = graph.scalar(layer, "shift", shift);
    OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(layer, "shifted", kAdd, BinaryAttrs{}, {src, summand}));
  }
  return src;
}

// log(base), where -1 stands for e.
Result<float> log_of_base(const CaffeLayer& layer, float base) {
  if (base == -1.0f) return 1.0f;
  if (base > 0.0f && std::isfinite(base)) return std::log(base);
  return layer.error(ErrorCode::kInvalidModel, "base = {}, expected a positive number, or -1 for e", base);
}

}  // namespace

Result<void> import_unary(const CaffeLayer& layer, CaffeGraph& graph, const Op& op) {
  return graph.add(layer, op, NoAttrs{}, layer.bottoms());
}

Result<void> import_relu(const CaffeLayer& layer, CaffeGraph& graph) {
  const float slope = layer.param().relu_param().negative_slope();
  OCTET_RETURN_IF_ERROR(layer.expect_finite("negative_slope", slope));
  if (slope == 0.0f) return import_unary(layer, graph, kRelu);
  return graph.add(layer, kLeakyRelu, SlopeAttrs{.alpha = slope}, layer.bottoms());
}

// src < 0 ? slope[c] * src : src, with a slope for each channel or one for all.
Result<void> import_prelu(const CaffeLayer& layer, CaffeGraph& graph) {
  const Shape src = graph.src_shape(layer);
  if (src.size() < 2)
    return layer.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected 2 or more", src.size());
  if (layer.param().prelu_param().channel_shared()) {
    OCTET_ASSIGN_OR_RETURN(const auto slope, graph.take_blobs(layer, {{"slope", {}}}));
    return graph.add(layer, kLeakyRelu, SlopeAttrs{.alpha = slope[0][0]}, layer.bottoms());
  }
  OCTET_ASSIGN_OR_RETURN(const auto slope, graph.take_blobs(layer, {{"slope", {src[1]}}}));
  Shape shape(src.size() - 1, 1);  // [C, 1, 1] broadcasts over [N, C, H, W]
  shape[0] = src[1];
  const TensorId slope_id = graph.constant(layer, "slope", shape, slope[0]);
  return graph.add(layer, kPrelu, BinaryAttrs{}, {layer.bottoms()[0], slope_id});
}

Result<void> import_elu(const CaffeLayer& layer, CaffeGraph& graph) {
  const float alpha = layer.param().elu_param().alpha();
  OCTET_RETURN_IF_ERROR(layer.expect_finite("alpha", alpha));
  return graph.add(layer, kElu, SlopeAttrs{.alpha = alpha}, layer.bottoms());
}

Result<void> import_clip(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ClipParameter& param = layer.param().clip_param();
  if (!param.has_min() || !param.has_max()) return layer.error(ErrorCode::kInvalidModel, "lacks min or max");
  if (!(param.min() <= param.max()))
    return layer.error(ErrorCode::kInvalidModel, "min = {} and max = {}, expected min <= max", param.min(),
                       param.max());
  return graph.add(layer, kClip, ClipAttrs{.min = param.min(), .max = param.max()}, layer.bottoms());
}

// src * sigmoid(beta * src)
Result<void> import_swish(const CaffeLayer& layer, CaffeGraph& graph) {
  const float beta = layer.param().swish_param().beta();
  if (beta == 1.0f) return import_unary(layer, graph, kSilu);
  const TensorId src = layer.bottoms()[0];
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, affine(layer, graph, src, beta, 0.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId gate, graph.add_inner(layer, "gate", kSigmoid, NoAttrs{}, {scaled}));
  return graph.add(layer, kMul, BinaryAttrs{}, {src, gate});
}

// (scale * src + shift) ^ power
Result<void> import_power(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::PowerParameter& param = layer.param().power_param();
  OCTET_RETURN_IF_ERROR(layer.expect_finite("power", param.power()));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("scale", param.scale()));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("shift", param.shift()));
  const TensorId src = layer.bottoms()[0];
  // The last operator is the one that makes the top.
  if (param.power() == 1.0f && param.shift() == 0.0f) {
    if (param.scale() == 1.0f) return import_unary(layer, graph, kIdentity);
    return graph.add(layer, kMul, BinaryAttrs{}, {src, graph.scalar(layer, "scale", param.scale())});
  }
  if (param.power() == 1.0f) {
    OCTET_ASSIGN_OR_RETURN(const TensorId scaled, affine(layer, graph, src, param.scale(), 0.0f));
    return graph.add(layer, kAdd, BinaryAttrs{}, {scaled, graph.scalar(layer, "shift", param.shift())});
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId base, affine(layer, graph, src, param.scale(), param.shift()));
  return graph.add(layer, kPow, BinaryAttrs{}, {base, graph.scalar(layer, "power", param.power())});
}

// base ^ (scale * src + shift) = exp(log(base) * (scale * src + shift))
Result<void> import_exp(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ExpParameter& param = layer.param().exp_param();
  OCTET_ASSIGN_OR_RETURN(const float log_base, log_of_base(layer, param.base()));
  OCTET_ASSIGN_OR_RETURN(const TensorId exponent,
                         affine(layer, graph, layer.bottoms()[0], log_base * param.scale(), log_base * param.shift()));
  return graph.add(layer, kExp, NoAttrs{}, {exponent});
}

// log(scale * src + shift) / log(base)
Result<void> import_log(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::LogParameter& param = layer.param().log_param();
  OCTET_ASSIGN_OR_RETURN(const float log_base, log_of_base(layer, param.base()));
  if (log_base == 0.0f) return layer.error(ErrorCode::kInvalidModel, "base = 1 has no logarithm");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, affine(layer, graph, layer.bottoms()[0], param.scale(), param.shift()));
  if (log_base == 1.0f) return graph.add(layer, kLog, NoAttrs{}, {src});
  OCTET_ASSIGN_OR_RETURN(const TensorId natural, graph.add_inner(layer, "natural", kLog, NoAttrs{}, {src}));
  return graph.add(layer, kMul, BinaryAttrs{}, {natural, graph.scalar(layer, "per_base", 1.0f / log_base)});
}

}  // namespace octet
