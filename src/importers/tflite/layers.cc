// SPDX-License-Identifier: Apache-2.0
// Layers with weights, and pooling.
#include <cmath>
#include <cstring>

#include "importers/tflite/handlers.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/permuted_constant.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"

namespace octet {
namespace {

Result<PadMode> pad_mode(const TfliteNode& node, tfl3::Padding padding) {
  if (padding == tfl3::Padding::SAME) return PadMode::kSameUpper;
  if (padding == tfl3::Padding::VALID) return PadMode::kExplicit;
  return node.error(ErrorCode::kInvalidModel, "padding is {}, expected 0 or 1", static_cast<int>(padding));
}

// In an int8 layer the bias counts in steps of src_scale * weights_scale, whatever the file says: TFLite allows 2 % of
// an output step between the two. Source: its check when a model is prepared.
Result<void> check_bias_scale(const TfliteNode& node, const Tensor& src, const Tensor& weights, const Tensor& bias) {
  if (!src.quant || !weights.quant || !bias.quant || bias.type != DataType::kInt32) return {};
  const auto& spec = node.output_spec().quant;
  for (std::size_t k = 0; k < bias.quant->scale.size(); ++k) {
    const double expected =
        double{src.quant->scale[0]} *
        weights.quant->scale[weights.quant->scale.size() > 1 ? std::min(k, weights.quant->scale.size() - 1) : 0];
    const double difference = std::abs(double{bias.quant->scale[k]} - expected);
    if (spec && difference > 0.02 * spec->scale[0]) {
      return node.error(ErrorCode::kInvalidModel, "its bias '{}' has scale {}, expected src scale * weights scale = {}",
                        bias.name, bias.quant->scale[k], expected);
    }
  }
  return {};
}

// Inputs src, weights and bias of an operator, whose weights lie at `place` and must be constant.
struct LayerInputs {
  TensorId src, weights, bias;  // bias: kNoTensor if absent
};
Result<LayerInputs> layer_inputs(TfliteNode& node, std::size_t rank) {
  LayerInputs in{};
  OCTET_ASSIGN_OR_RETURN(in.src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(in.weights, node.input(1));
  OCTET_ASSIGN_OR_RETURN(in.bias, node.optional_input(2));
  const Tensor& weights = node.tensor(in.weights);
  if (!weights.is_constant || weights.shape.size() != rank) {
    return node.error(ErrorCode::kUnsupported, "its weights '{}' are no constant of {} dimensions", weights.name, rank);
  }
  if (in.bias != kNoTensor)
    OCTET_RETURN_IF_ERROR(check_bias_scale(node, node.tensor(in.src), weights, node.tensor(in.bias)));
  return in;
}

std::vector<TensorId> list(const LayerInputs& in) {
  if (in.bias == kNoTensor) return {in.src, in.weights};
  return {in.src, in.weights, in.bias};
}

}  // namespace

// Weights are [K, kh, kw, C / group], as ours.
Result<void> import_tflite_conv2d(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::Conv2DOptions>());
  OCTET_ASSIGN_OR_RETURN(const FusedActivation activation, node.activation(options->fused_activation_function()));
  OCTET_ASSIGN_OR_RETURN(const LayerInputs in, layer_inputs(node, 4));
  Conv2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.pad_mode, pad_mode(node, options->padding()));
  attrs.strides = {options->stride_h(), options->stride_w()};
  attrs.dilations = {options->dilation_h_factor(), options->dilation_w_factor()};
  const Shape &src = node.shape(in.src), &weights = node.shape(in.weights);
  if (src.size() == 4 && src[3] > 0 && weights[3] > 0 && src[3] % weights[3] == 0) attrs.group = src[3] / weights[3];
  return lower_activated(node, kConv2d, attrs, list(in), activation);
}

// Weights are [1, kh, kw, K]; filter k sees channel k / (K / C).
Result<void> import_tflite_depthwise_conv2d(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::DepthwiseConv2DOptions>());
  OCTET_ASSIGN_OR_RETURN(const FusedActivation activation, node.activation(options->fused_activation_function()));
  OCTET_ASSIGN_OR_RETURN(LayerInputs in, layer_inputs(node, 4));
  if (node.shape(in.weights)[0] != 1) {
    return node.error(ErrorCode::kInvalidModel, "its weights have shape [{}], expected [1, kh, kw, K]",
                      fmt::join(node.shape(in.weights), ", "));
  }
  Conv2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.pad_mode, pad_mode(node, options->padding()));
  attrs.strides = {options->stride_h(), options->stride_w()};
  attrs.dilations = {options->dilation_h_factor(), options->dilation_w_factor()};
  const Shape& src = node.shape(in.src);
  if (src.size() != 4 || is_symbolic(src[3]))
    return node.error(ErrorCode::kInvalidModel, "its input is no image with a fixed number of channels");
  attrs.group = src[3];
  in.weights = node.constant("weights", permuted_constant(node.tensor(in.weights), {3, 1, 2, 0}));
  return lower_activated(node, kConv2d, attrs, list(in), activation);
}

// Inputs: shape of the output, weights [K, kh, kw, C], src, bias (optional).
Result<void> import_tflite_transpose_conv(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::TransposeConvOptions>());
  OCTET_ASSIGN_OR_RETURN(const PadMode mode, pad_mode(node, options->padding()));
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(0, "output shape", 4));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, node.input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(2));
  OCTET_ASSIGN_OR_RETURN(const TensorId bias, node.optional_input(3));
  if (shape.size() != 4 || node.rank(src) != 4 || node.rank(weights) != 4)
    return node.error(ErrorCode::kInvalidModel, "its output shape, input or weights have no 4 dimensions");
  TransposedConv conv;
  OCTET_ASSIGN_OR_RETURN(conv.activation, node.activation(options->fused_activation_function()));
  conv.strides = {options->stride_h(), options->stride_w()};
  conv.output_size = {shape[1], shape[2]};
  if (mode == PadMode::kSameUpper) {
    for (std::size_t i = 0; i < 2; ++i)
      conv.pads[i] =
          same_transposed_pad(node.shape(src)[i + 1], node.shape(weights)[i + 1], conv.strides[i], conv.output_size[i]);
  }
  return lower_transposed_conv(node, src, weights, bias, conv);
}

// Inputs: src, weights [K, kh, kw, C], bias. The options are a struct of three int32: padding (1 same, 2 valid), stride
// in x, in y. Source: MediaPipe's custom operator, whose results the shared tests compare.
Result<void> import_tflite_transpose_conv_bias(TfliteNode& node) {
  const auto* bytes = node.custom_options();
  std::array<std::int32_t, 3> params{};
  if (bytes == nullptr || bytes->size() < sizeof(params))
    return node.error(ErrorCode::kInvalidModel, "its custom options have {} bytes, expected {}",
                      bytes == nullptr ? 0 : bytes->size(), sizeof(params));
  std::memcpy(params.data(), bytes->Data(), sizeof(params));
  const auto [padding, stride_w, stride_h] = params;
  if ((padding != 1 && padding != 2) || stride_w < 1 || stride_h < 1)
    return node.error(ErrorCode::kInvalidModel, "padding {} or strides {} and {} make no sense", padding, stride_h,
                      stride_w);
  OCTET_ASSIGN_OR_RETURN(const LayerInputs in, layer_inputs(node, 4));
  if (node.rank(in.src) != 4)
    return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected 4", node.rank(in.src));
  TransposedConv conv;
  conv.strides = {stride_h, stride_w};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t size = node.shape(in.src)[i + 1], kernel = node.shape(in.weights)[i + 1],
                       stride = conv.strides[i];
    if (size < 1 || size > kMaxElements / stride)
      return node.error(ErrorCode::kInvalidModel, "its image has a dimension of {}", size);
    conv.output_size[i] = padding == 1 ? size * stride : (size - 1) * stride + kernel;
    if (padding == 1) conv.pads[i] = same_transposed_pad(size, kernel, stride, conv.output_size[i]);
  }
  return lower_transposed_conv(node, in.src, in.weights, in.bias, conv);
}

// src is flattened to rows of K, unless all its dimensions but the last are kept.
Result<void> import_tflite_fully_connected(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::FullyConnectedOptions>());
  if (options->weights_format() != tfl3::FullyConnectedOptionsWeightsFormat::DEFAULT)
    return node.error(ErrorCode::kUnsupported, "weights_format {} is not supported",
                      static_cast<int>(options->weights_format()));
  OCTET_ASSIGN_OR_RETURN(const FusedActivation activation, node.activation(options->fused_activation_function()));
  OCTET_ASSIGN_OR_RETURN(LayerInputs in, layer_inputs(node, 2));
  const std::int64_t k = node.shape(in.weights)[1];
  if (k < 1) return node.error(ErrorCode::kInvalidModel, "its weights have no column");
  const Shape& src = node.shape(in.src);
  const bool is_flat = src.size() == 2 && src[1] == k;
  if (!is_flat && !(options->keep_num_dims() && !src.empty() && src.back() == k)) {
    OCTET_ASSIGN_OR_RETURN(in.src, node.inner("flattened", kReshape, ReshapeAttrs{{-1, k}}, {in.src}));
  }
  return lower_activated(node, kFullyConnected, FullyConnectedAttrs{}, list(in), activation);
}

Result<void> import_tflite_batch_matmul(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::BatchMatMulOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return node.add(kMatmul, MatmulAttrs{.transpose_a = options->adj_x(), .transpose_b = options->adj_y()}, {a, b});
}

namespace {

Result<void> import_pool(TfliteNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::Pool2DOptions>());
  OCTET_ASSIGN_OR_RETURN(const FusedActivation activation, node.activation(options->fused_activation_function()));
  Pool2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.pad_mode, pad_mode(node, options->padding()));
  attrs.kernel = {options->filter_height(), options->filter_width()};
  attrs.strides = {options->stride_h(), options->stride_w()};
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_activated(node, op, attrs, {src}, activation);
}

}  // namespace

Result<void> import_tflite_average_pool(TfliteNode& node) { return import_pool(node, kAvgPool2d); }
Result<void> import_tflite_max_pool(TfliteNode& node) { return import_pool(node, kMaxPool2d); }

}  // namespace octet
