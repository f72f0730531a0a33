// SPDX-License-Identifier: Apache-2.0
// Layers with weights, pooling, normalization.
#include <algorithm>

#include "exporters/ms/ms_writer.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/resize.h"

namespace octet {
namespace {

constexpr auto kNhwc = msl2::Format::NHWC;

std::vector<std::int64_t> pads_of(const Window2d& window) {
  return {window.h.pad_begin, window.h.pad_end, window.w.pad_begin, window.w.pad_end};
}

}  // namespace

Result<MsPrimitive> write_ms_conv2d(MsWriter& writer) {
  const auto& attrs = writer.node.as<Conv2dAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("layout NCHW cannot be stored: run the pass convert_layout");
  const Shape& weights = writer.input(1).shape;
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(std::span(writer.input(0).shape).subspan(1), "image size"));
  const Window2d window = conv2d_window(attrs, writer.input(0).shape, weights);
  auto& b = writer.buffer;
  const auto kernel = writer.vector({window.h.kernel, window.w.kernel});
  const auto stride = writer.vector({attrs.strides[0], attrs.strides[1]});
  const auto dilation = writer.vector({attrs.dilations[0], attrs.dilations[1]});
  const auto pads = writer.vector(pads_of(window));
  return writer.primitive(msl2::CreateConv2DFusion(b, kNhwc, kernel, stride, dilation, msl2::PadMode::PAD, pads, /*mode=*/0,
                                                   attrs.group, writer.input(0).shape[3], weights[0],
                                                   ms_activation(attrs.activation)));
}

Result<MsPrimitive> write_ms_pool2d(MsWriter& writer) {
  const auto& attrs = writer.node.as<Pool2dAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("layout NCHW cannot be stored: run the pass convert_layout");
  if (attrs.dilations != std::array<std::int64_t, 2>{1, 1})
    return writer.unsupported("dilations [{}] {}", fmt::join(attrs.dilations, ", "), kNotInMsFiles);
  // A global average in int8 is a reduction: MindSpore Lite's int8 pool needs equal parameters of input and output.
  if (writer.node.is(kAvgPool2d) && attrs.global && writer.input(0).type == DataType::kInt8) {
    writer.append_input("axes", {1, 2});
    return writer.primitive(msl2::CreateReduceFusion(writer.buffer, /*keep_dims=*/true, msl2::ReduceMode::ReduceMean, false, 0.0f));
  }
  if (!attrs.global) OCTET_RETURN_IF_ERROR(writer.expect_fixed(std::span(writer.input(0).shape).subspan(1), "image size"));
  const Window2d window = pool2d_window(attrs, writer.input(0).shape);
  const bool padded = window.h.pad_begin + window.h.pad_end + window.w.pad_begin + window.w.pad_end > 0;
  if (writer.node.is(kAvgPool2d) && attrs.count_include_pad && padded)
    return writer.unsupported("an average that counts its padding {}", kNotInMsFiles);
  auto& b = writer.buffer;
  const auto kernel = writer.vector(attrs.global ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{attrs.kernel[0], attrs.kernel[1]});
  const auto strides = writer.vector({attrs.strides[0], attrs.strides[1]});
  const auto pads = writer.vector(attrs.global ? std::vector<std::int64_t>(4, 0) : pads_of(window));
  const auto round = attrs.ceil_mode ? msl2::RoundMode::CEIL : msl2::RoundMode::FLOOR;
  const auto activation = ms_activation(attrs.activation);
  if (writer.node.is(kMaxPool2d)) {
    return writer.primitive(msl2::CreateMaxPoolFusion(b, kernel, strides, pads, msl2::PadMode::PAD, round, kNhwc, attrs.global, activation));
  }
  return writer.primitive(msl2::CreateAvgPoolFusion(b, kernel, strides, pads, msl2::PadMode::PAD, round, kNhwc, attrs.global, activation));
}

Result<MsPrimitive> write_ms_resize(MsWriter& writer) {
  const auto& attrs = writer.node.as<ResizeAttrs>();
  if (attrs.layout != Layout::kNhwc) return writer.unsupported("layout NCHW cannot be stored: run the pass convert_layout");
  const Shape& dst = writer.output().shape;
  OCTET_RETURN_IF_ERROR(writer.expect_fixed(std::span(dst).subspan(1), "image size"));
  static constexpr msl2::ResizeMethod kMethods[] = {msl2::ResizeMethod::NEAREST, msl2::ResizeMethod::LINEAR, msl2::ResizeMethod::CUBIC};
  msl2::CoordinateTransformMode mode = msl2::CoordinateTransformMode::ASYMMETRIC;
  switch (attrs.coordinate_mode) {
    case CoordinateMode::kAsymmetric: break;
    case CoordinateMode::kAlignCorners: mode = msl2::CoordinateTransformMode::ALIGN_CORNERS; break;
    case CoordinateMode::kPytorchHalfPixel:  // differs from half pixel for an output of one pixel only
      if (dst[1] == 1 || dst[2] == 1) return writer.unsupported("pytorch_half_pixel to one pixel {}", kNotInMsFiles);
      [[fallthrough]];
    case CoordinateMode::kHalfPixel: mode = msl2::CoordinateTransformMode::HALF_PIXEL; break;
  }
  static constexpr msl2::NearestMode kNearest[] = {msl2::NearestMode::ROUND_HALF_DOWN, msl2::NearestMode::ROUND_HALF_UP,
                                                   msl2::NearestMode::FLOOR, msl2::NearestMode::CEIL};
  return writer.primitive(msl2::CreateResize(writer.buffer, kNhwc, kMethods[static_cast<int>(attrs.mode)], dst[1], dst[2],
                                             /*preserve_aspect_ratio=*/false, mode, attrs.cubic_coefficient, 0, 0.0f,
                                             kNearest[static_cast<int>(attrs.nearest_mode)]));
}

Result<MsPrimitive> write_ms_fully_connected(MsWriter& writer) {
  const auto activation = ms_activation(writer.node.as<FullyConnectedAttrs>().activation);
  return writer.primitive(msl2::CreateMatMulFusion(writer.buffer, false, /*transpose_b=*/true, activation));
}

Result<MsPrimitive> write_ms_matmul(MsWriter& writer) {
  const auto& attrs = writer.node.as<MatmulAttrs>();
  return writer.primitive(msl2::CreateMatMulFusion(writer.buffer, attrs.transpose_a, attrs.transpose_b, ms_activation(attrs.activation)));
}

namespace {

// The format's normalizations work on the last dimension.
bool is_last_axis(const MsWriter& writer, std::int64_t axis) {
  const std::size_t rank = writer.input(0).shape.size();
  return normalize_axis(axis, rank) == rank - 1;
}

}  // namespace

Result<MsPrimitive> write_ms_batch_norm(MsWriter& writer) {
  const auto& attrs = writer.node.as<BatchNormAttrs>();
  if (!is_last_axis(writer, attrs.axis)) return writer.unsupported("axis {} {}", attrs.axis, kNotInMsFiles);
  return writer.primitive(msl2::CreateFusedBatchNorm(writer.buffer, attrs.epsilon, 0.9f, 0));
}

Result<MsPrimitive> write_ms_scale(MsWriter& writer) {
  const auto& attrs = writer.node.as<ScaleAttrs>();
  return writer.primitive(msl2::CreateScaleFusion(writer.buffer, attrs.axis, ms_activation(attrs.activation)));
}

Result<MsPrimitive> write_ms_layer_norm(MsWriter& writer) {
  const auto& attrs = writer.node.as<LayerNormAttrs>();
  return writer.primitive(msl2::CreateLayerNormFusion(writer.buffer, attrs.axis, attrs.epsilon, /*elementwise_affine=*/true, attrs.axis));
}

Result<MsPrimitive> write_ms_lrn(MsWriter& writer) {
  const auto& attrs = writer.node.as<LrnAttrs>();
  if (!is_last_axis(writer, attrs.axis) || attrs.size % 2 == 0)
    return writer.unsupported("LRN of size {} along axis {} {}", attrs.size, attrs.axis, kNotInMsFiles);
  const auto region = writer.buffer.CreateString("ACROSS_CHANNELS");
  // The format's alpha is per neighbour, ours for the whole neighbourhood.
  return writer.primitive(msl2::CreateLRN(writer.buffer, attrs.size / 2, attrs.bias, attrs.alpha / static_cast<float>(attrs.size),
                                          attrs.beta, region));
}

}  // namespace octet
