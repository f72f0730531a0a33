// SPDX-License-Identifier: Apache-2.0
// Layers with weights, pooling, resizing.
#include <limits>

#include "exporters/tflite/tflite_writer.h"
#include "ops/conv2d.h"
#include "ops/copy.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/resize.h"

namespace octet {
namespace {

using Code = tfl3::BuiltinOperator;

constexpr const char* kWrongLayout = "layout NCHW cannot be stored in a .tflite file: run the pass convert_layout";

// Padding that makes ceil(size / stride) windows, an odd pixel at the end.
bool is_same_padding(const Window1d& w) {
  const auto same = resolve_window({.size = w.size, .kernel = w.kernel, .stride = w.stride, .dilation = w.dilation},
                                   PadMode::kSameUpper, false);
  return same && same->pad_begin == w.pad_begin && same->pad_end == w.pad_end && same->output_size == w.output_size;
}

bool is_valid_padding(const Window1d& w) {
  const auto valid = resolve_window({.size = w.size, .kernel = w.kernel, .stride = w.stride, .dilation = w.dilation},
                                    PadMode::kExplicit, false);
  return w.pad_begin == 0 && w.pad_end == 0 && valid && valid->output_size == w.output_size;
}

// How many pixels the windows reach beyond the end of the image: the padding, or (where windows are dropped) less.
std::int64_t used_end(const Window1d& w) {
  const std::int64_t reached = (w.output_size - 1) * w.stride - w.pad_begin + (w.kernel - 1) * w.dilation + 1;
  return std::max<std::int64_t>(reached - w.size, 0);
}

struct PaddedSrc {
  Place src;
  tfl3::Padding padding;
};

// The format knows SAME and VALID. Other paddings are an operator of their own, with zeros or with the lowest value.
PaddedSrc padded_src(TfliteWriter& writer, Place src, const Window2d& window, bool with_lowest) {
  if (is_valid_padding(window.h) && is_valid_padding(window.w)) return {src, tfl3::Padding::VALID};
  if (is_same_padding(window.h) && is_same_padding(window.w)) return {src, tfl3::Padding::SAME};
  const std::vector<std::int32_t> paddings = {0,
                                              0,
                                              static_cast<std::int32_t>(window.h.pad_begin),
                                              static_cast<std::int32_t>(used_end(window.h)),
                                              static_cast<std::int32_t>(window.w.pad_begin),
                                              static_cast<std::int32_t>(used_end(window.w)),
                                              0,
                                              0};
  Tensor like = writer.file.tensor(src);
  Shape shape = like.shape;
  shape[1] += paddings[2] + paddings[3];
  shape[2] += paddings[4] + paddings[5];
  const Place amounts = writer.constant("paddings", make_constant("", {4, 2}, paddings));
  const Place padded = writer.intermediate("padded", like, std::move(shape));
  if (!with_lowest) {
    writer.add(Code::PAD, {src, amounts}, {padded}, tfl3::CreatePadOptions(writer.file.buffer()));
    return {padded, tfl3::Padding::VALID};
  }
  Tensor lowest = like.type == DataType::kInt8
                      ? make_constant("", {1}, std::vector<std::int8_t>{-128})
                      : make_constant("", {1}, std::vector<float>{std::numeric_limits<float>::lowest()});
  lowest.quant = like.quant;
  const Place value = writer.constant("lowest", std::move(lowest));
  writer.add(Code::PADV2, {src, amounts, value}, {padded}, tfl3::CreatePadV2Options(writer.file.buffer()));
  return {padded, tfl3::Padding::VALID};
}

// The bias, or zeros: kernels expect one.
Place bias_of(TfliteWriter& writer, std::int64_t channels) {
  if (writer.has_input(2)) return writer.src(2);
  const auto count = static_cast<std::size_t>(channels);
  if (!writer.is_int8()) return writer.constant("bias", make_constant("", {channels}, std::vector<float>(count)));
  Tensor bias = make_constant("", {channels}, std::vector<std::int32_t>(count));
  QuantParams quant = *writer.input(1).quant;
  for (float& scale : quant.scale) scale *= writer.input().quant->scale[0];
  quant.zero_point.assign(quant.scale.size(), 0);
  quant.bits = 32;
  bias.quant = std::move(quant);
  return writer.constant("bias", std::move(bias));
}

// [K, kh, kw, 1] -> [1, kh, kw, K]
Tensor depthwise_weights(const Tensor& weights) {
  const Shape shape = {1, weights.shape[1], weights.shape[2], weights.shape[0]};
  const auto dense = dense_strides(weights.shape);
  std::vector<std::byte> bytes(weights.data.size_bytes());
  copy_strided(shape, data_type_size(weights.type), weights.data.bytes().data(), {0, dense[1], dense[2], dense[0]},
               bytes.data(), dense_strides(shape));
  Tensor result = make_constant(weights.name, weights.type, shape, std::move(bytes));
  result.quant = weights.quant;
  if (result.quant && result.quant->axis >= 0) result.quant->axis = 3;
  return result;
}

Result<void> check_weights(const TfliteWriter& writer) {
  const Tensor& weights = writer.input(1);
  if (!weights.is_constant) return writer.unsupported("its weights are not constant");
  if (!writer.is_int8()) return {};
  if (!weights.quant) return writer.unsupported("its int8 weights have no parameters");
  for (const std::int32_t zero_point : weights.quant->zero_point)
    if (zero_point != 0)
      return writer.unsupported("int8 weights with a zero point ({}) cannot be stored in a .tflite file", zero_point);
  return {};
}

}  // namespace

Result<void> write_tflite_conv2d(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<Conv2dAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("{}", kWrongLayout);
  OCTET_RETURN_IF_ERROR(check_weights(writer));
  const Tensor& weights = writer.input(1);
  const Window2d window = conv2d_window(attrs, writer.input().shape, weights.shape);
  const PaddedSrc padded = padded_src(writer, writer.src(), window, /*with_lowest=*/false);
  const std::int64_t k = weights.shape[0], c = writer.input().shape[3];
  auto& buffer = writer.file.buffer();
  const auto activation = tflite_activation(attrs.activation);
  if (attrs.group == c && weights.shape[3] == 1 && c > 1) {
    const Place stored = writer.file.add_tensor(depthwise_weights(weights));
    const auto options = tfl3::CreateDepthwiseConv2DOptions(buffer, padded.padding, narrow(attrs.strides[1]),
                                                            narrow(attrs.strides[0]), narrow(k / c), activation,
                                                            narrow(attrs.dilations[1]), narrow(attrs.dilations[0]));
    writer.add(Code::DEPTHWISE_CONV_2D, {padded.src, stored, bias_of(writer, k)}, {writer.dst()}, options);
    return {};
  }
  const auto options =
      tfl3::CreateConv2DOptions(buffer, padded.padding, narrow(attrs.strides[1]), narrow(attrs.strides[0]), activation,
                                narrow(attrs.dilations[1]), narrow(attrs.dilations[0]));
  writer.add(Code::CONV_2D, {padded.src, writer.src(1), bias_of(writer, k)}, {writer.dst()}, options);
  return {};
}

Result<void> write_tflite_pool2d(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<Pool2dAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("{}", kWrongLayout);
  if (attrs.dilations != std::array<std::int64_t, 2>{1, 1})
    return writer.unsupported("dilations [{}] cannot be stored in a .tflite file", fmt::join(attrs.dilations, ", "));
  auto& buffer = writer.file.buffer();
  const bool is_max = writer.node.is(kMaxPool2d);
  if (!is_max && attrs.global &&
      attrs.activation == Activation::kNone) {  // takes any parameters, which a pool does not
    writer.add(Code::MEAN, {writer.src(), writer.integers("axes", {1, 2})}, {writer.dst()},
               tfl3::CreateReducerOptions(buffer, true));
    return {};
  }
  const Window2d window = pool2d_window(attrs, writer.input().shape);
  const bool is_padded = !is_valid_padding(window.h) || !is_valid_padding(window.w);
  const bool is_same = is_same_padding(window.h) && is_same_padding(window.w);
  if (!is_max && is_padded && (!is_same || attrs.count_include_pad))
    return writer.unsupported("this padding of an average cannot be stored in a .tflite file");
  const PaddedSrc padded = padded_src(writer, writer.requantized_src(), window, /*with_lowest=*/true);
  const auto options =
      tfl3::CreatePool2DOptions(buffer, padded.padding, narrow(window.w.stride), narrow(window.h.stride),
                                narrow(window.w.kernel), narrow(window.h.kernel), tflite_activation(attrs.activation));
  writer.add(is_max ? Code::MAX_POOL_2D : Code::AVERAGE_POOL_2D, {padded.src}, {writer.dst()}, options);
  return {};
}

Result<void> write_tflite_resize(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<ResizeAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("{}", kWrongLayout);
  const bool align_corners = attrs.coordinate_mode == CoordinateMode::kAlignCorners;
  const bool half_pixel = attrs.coordinate_mode == CoordinateMode::kHalfPixel;
  if (attrs.mode == ResizeMode::kCubic || attrs.coordinate_mode == CoordinateMode::kPytorchHalfPixel ||
      !attrs.scales.empty())
    return writer.unsupported("this way of resizing cannot be stored in a .tflite file");
  // Of equal distances the format's nearest neighbour takes the pixel that floor (asymmetric) or rounding up gives.
  const NearestMode nearest = align_corners || half_pixel ? NearestMode::kRoundPreferCeil : NearestMode::kFloor;
  const bool is_nearest = attrs.mode == ResizeMode::kNearest;
  if (is_nearest && attrs.nearest_mode != nearest)
    return writer.unsupported("this choice of the nearest pixel cannot be stored in a .tflite file");
  const Place size = writer.integers("size", {writer.output().shape[1], writer.output().shape[2]});
  const std::vector<Place> inputs = {writer.requantized_src(), size};
  auto& buffer = writer.file.buffer();
  if (is_nearest)
    writer.add(Code::RESIZE_NEAREST_NEIGHBOR, inputs, {writer.dst()},
               tfl3::CreateResizeNearestNeighborOptions(buffer, align_corners, half_pixel));
  else
    writer.add(Code::RESIZE_BILINEAR, inputs, {writer.dst()},
               tfl3::CreateResizeBilinearOptions(buffer, align_corners, half_pixel));
  return {};
}

Result<void> write_tflite_fully_connected(TfliteWriter& writer) {
  OCTET_RETURN_IF_ERROR(check_weights(writer));
  const auto options = tfl3::CreateFullyConnectedOptions(
      writer.file.buffer(), tflite_activation(writer.node.as<FullyConnectedAttrs>().activation),
      tfl3::FullyConnectedOptionsWeightsFormat::DEFAULT, /*keep_num_dims=*/writer.input().shape.size() != 2);
  writer.add(Code::FULLY_CONNECTED, {writer.src(), writer.src(1), bias_of(writer, writer.input(1).shape[0])},
             {writer.dst()}, options);
  return {};
}

// Of parameters that are known, an int8 layer that gives floats. LiteRT has none: it computes in float with what the
// integers mean.
Result<void> write_tflite_dynamic_fully_connected(TfliteWriter& writer) {
  const DynamicActivation activation = writer.node.as<DynamicFullyConnectedAttrs>().activation;
  if (!writer.input(1).is_constant || !writer.input(2).is_constant || !writer.input(0).quant)
    return writer.unsupported(
        "activations that are quantized while the model runs cannot be stored in a .tflite file; a .ms file can hold "
        "them");
  if (activation > DynamicActivation::kRelu6)
    return writer.unsupported("a fused GELU cannot be stored in a .tflite file");
  std::vector<Place> inputs;
  for (const std::size_t i : {0u, 3u}) {
    Tensor real = writer.output();
    real.name = writer.input(i).name + "_float";
    real.shape = writer.input(i).shape;
    inputs.push_back(writer.file.add_tensor(std::move(real)));
    writer.add(Code::DEQUANTIZE, {writer.src(i)}, {inputs.back()}, tfl3::CreateDequantizeOptions(writer.file.buffer()));
  }
  inputs.push_back(writer.src(4));
  const auto options =
      tfl3::CreateFullyConnectedOptions(writer.file.buffer(), tflite_activation(static_cast<Activation>(activation)),
                                        tfl3::FullyConnectedOptionsWeightsFormat::DEFAULT,
                                        /*keep_num_dims=*/writer.input().shape.size() != 2);
  writer.file.add_operator(Code::FULLY_CONNECTED, /*version=*/1, inputs, {writer.dst()},
                           tfl3::BuiltinOptions::FullyConnectedOptions, options.Union());
  return {};
}

Result<void> write_tflite_matmul(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<MatmulAttrs>();
  const bool is_plain = !writer.has_input(2) && attrs.activation == Activation::kNone &&
                        writer.input(0).shape.size() >= 2 && writer.input(1).shape.size() >= 2;
  if (!is_plain)
    return writer.unsupported(
        "a product of vectors, or with a bias or an activation, cannot be stored in a .tflite file");
  writer.add(Code::BATCH_MATMUL, {writer.src(0), writer.src(1)}, {writer.dst()},
             tfl3::CreateBatchMatMulOptions(writer.file.buffer(), attrs.transpose_a, attrs.transpose_b));
  return {};
}

// src * scale + bias over the last dimension.
Result<void> write_tflite_scale(TfliteWriter& writer) {
  const auto& attrs = writer.node.as<ScaleAttrs>();
  const std::size_t rank = writer.input().shape.size();
  if (normalize_axis(attrs.axis, rank) != rank - 1)
    return writer.unsupported("axis {} cannot be stored in a .tflite file, which broadcasts the last one", attrs.axis);
  if (writer.is_int8()) return writer.no_int8_kernel();
  auto& buffer = writer.file.buffer();
  const auto activation = tflite_activation(attrs.activation);
  if (!writer.has_input(2)) {
    writer.add(Code::MUL, {writer.src(), writer.src(1)}, {writer.dst()}, tfl3::CreateMulOptions(buffer, activation));
    return {};
  }
  const Place scaled = writer.intermediate("scaled", writer.output(), writer.output().shape);
  writer.add(Code::MUL, {writer.src(), writer.src(1)}, {scaled}, tfl3::CreateMulOptions(buffer));
  writer.add(Code::ADD, {scaled, writer.src(2)}, {writer.dst()}, tfl3::CreateAddOptions(buffer, activation));
  return {};
}

}  // namespace octet
