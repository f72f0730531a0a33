// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions by operators that have fast kernels, in float and in int8.
#include <algorithm>

#include "importers/lowering.h"
#include "ops/conv2d.h"
#include "ops/permuted_constant.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

struct Sizes {
  std::int64_t h, w, c, k, kh, kw;
};

Result<Sizes> sizes_of(NodeBuilder& node, TensorId src, TensorId weights, TensorId bias, const TransposedConv& conv) {
  const Shape &image = node.shape(src), &filter = node.shape(weights);
  if (image.size() != 4 || filter.size() != 4)
    return node.error(ErrorCode::kInvalidModel, "its input has {} and its weights have {} dimensions, expected 4",
                      image.size(), filter.size());
  if (!node.is_constant(weights) || (bias != kNoTensor && !node.is_constant(bias)))
    return node.error(ErrorCode::kUnsupported, "its weights or its bias are computed while the model runs");
  if (!is_fixed(Shape(image.begin() + 1, image.end())))
    return node.error(ErrorCode::kUnsupported,
                      "its image has no fixed size; fix the inputs with --inputShape=NAME:1,...");
  const Sizes sizes = {image[1], image[2], image[3], filter[0], filter[1], filter[2]};
  if (filter[3] != sizes.c || num_elements(filter).value_or(0) == 0)
    return node.error(ErrorCode::kInvalidModel, "its weights have shape [{}], expected [K, kh, kw, {}]",
                      fmt::join(filter, ", "), sizes.c);
  for (std::size_t i = 0; i < 2; ++i) {
    const bool fits = conv.strides[i] >= 1 && conv.strides[i] <= (1 << 16) && conv.output_size[i] >= 1 &&
                      conv.output_size[i] <= kMaxElements;
    if (!fits)
      return node.error(ErrorCode::kInvalidModel, "stride {} or output size {} makes no sense", conv.strides[i],
                        conv.output_size[i]);
  }
  return sizes;
}

Tensor repeated(const Tensor& vector, std::int64_t times) {
  std::vector<std::byte> bytes;
  for (std::int64_t i = 0; i < times; ++i)
    bytes.insert(bytes.end(), vector.data.bytes().begin(), vector.data.bytes().end());
  return make_constant(vector.name, vector.type, {times * vector.shape[0]}, std::move(bytes));
}

QuantParams repeated(const QuantParams& quant, std::int64_t times) {
  QuantParams result = quant;
  result.axis = 0;
  for (std::int64_t i = 1; i < times; ++i) {
    result.scale.insert(result.scale.end(), quant.scale.begin(), quant.scale.end());
    result.zero_point.insert(result.zero_point.end(), quant.zero_point.begin(), quant.zero_point.end());
  }
  return result;
}

// Windows that touch each other: every pixel becomes a block of its own, by a convolution of one pixel.
//   weights [K, s, t, C] -> [s * t * K, 1, 1, C];  [N, H, W, s * t * K] -> [N, H, W, s, t, K] -> [N, H, s, W, t, K]
Result<void> lower_blocks(NodeBuilder& node, TensorId src, TensorId weights, TensorId bias, const TransposedConv& conv,
                          const Sizes& z) {
  const std::int64_t blocks = z.kh * z.kw;
  Tensor filter =
      reshaped_constant(permuted_constant(node.tensor(weights), {1, 2, 0, 3}), {blocks * z.k, 1, 1, z.c}, 0);
  if (filter.quant && filter.quant->per_channel()) filter.quant = repeated(*filter.quant, blocks);
  std::vector<TensorId> inputs = {src, node.constant("weights", std::move(filter))};
  if (bias != kNoTensor) {
    Tensor all = repeated(node.tensor(bias), blocks);
    all.quant = node.tensor(bias).quant;
    if (all.quant && all.quant->per_channel()) all.quant = repeated(*all.quant, blocks);
    inputs.push_back(node.constant("bias", std::move(all)));
  }
  Conv2dAttrs attrs;
  attrs.activation = fused(conv.activation);
  const auto& quant = node.output_spec().quant;
  OCTET_ASSIGN_OR_RETURN(TensorId id, node.inner("conv", kConv2d, attrs, std::move(inputs), quant));
  OCTET_ASSIGN_OR_RETURN(id, node.inner("blocks", kReshape, ReshapeAttrs{{-1, z.h, z.w, z.kh, z.kw, z.k}}, {id}));
  OCTET_ASSIGN_OR_RETURN(id, node.inner("moved", kTranspose, TransposeAttrs{{0, 1, 3, 2, 4, 5}}, {id}));
  return node.add(kReshape, ReshapeAttrs{{-1, z.h * z.kh, z.w * z.kw, z.k}}, {id});
}

// src with strides - 1 zeros behind every pixel: [N, H * s, W * t, C].
Result<TensorId> spread(NodeBuilder& node, TensorId src, const TransposedConv& conv, const Sizes& z) {
  const auto [s, t] = conv.strides;
  if (s == 1 && t == 1) return src;
  OCTET_ASSIGN_OR_RETURN(TensorId id, node.inner("pixels", kReshape, ReshapeAttrs{{-1, z.h, 1, z.w, 1, z.c}}, {src}));
  PadAttrs pad;
  pad.pads = {0, 0, 0, 0, 0, 0, 0, 0, s - 1, 0, t - 1, 0};
  OCTET_ASSIGN_OR_RETURN(id, node.inner("padded", kPad, pad, {id}));
  return node.inner("spread", kReshape, ReshapeAttrs{{-1, z.h * s, z.w * t, z.c}}, {id});
}

// The weights turned by 180 degrees.
Result<TensorId> turned_weights(NodeBuilder& node, TensorId weights) {
  const auto quant = node.tensor(weights).quant;
  const SliceAttrs backwards{{-1, -1}, {INT64_MIN, INT64_MIN}, {1, 2}, {-1, -1}};
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.inner("weights", kSlice, backwards, {weights}));
  node.graph().graph().tensor(id).quant = quant;
  return id;
}

// A convolution with stride 1 over the spread image: padded by kernel - 1 - pad before, and what the output's size asks
// for behind, where zeros that spreading has put there may be too many.
Result<void> lower_spread(NodeBuilder& node, TensorId src, TensorId weights, TensorId bias, const TransposedConv& conv,
                          const Sizes& z) {
  const std::array<std::int64_t, 2> kernel = {z.kh, z.kw}, size = {z.h * conv.strides[0], z.w * conv.strides[1]};
  Conv2dAttrs attrs;
  SliceAttrs cut;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t before = kernel[i] - 1 - conv.pads[i];
    const std::int64_t behind = conv.output_size[i] - size[i] - before + kernel[i] - 1;
    if (before < 0 || behind <= -conv.strides[i])
      return node.error(ErrorCode::kInvalidModel, "an output of {} does not fit a kernel of {} with stride {}",
                        conv.output_size[i], kernel[i], conv.strides[i]);
    attrs.pads[2 * i] = before;
    attrs.pads[2 * i + 1] = std::max<std::int64_t>(behind, 0);
    if (behind >= 0) continue;
    cut.axes.push_back(static_cast<std::int64_t>(i) + 1);
    cut.starts.push_back(0);
    cut.ends.push_back(size[i] + behind);
    cut.steps.push_back(1);
  }
  OCTET_ASSIGN_OR_RETURN(TensorId image, spread(node, src, conv, z));
  if (!cut.axes.empty()) {
    OCTET_ASSIGN_OR_RETURN(image, node.inner("cut", kSlice, cut, {image}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId turned, turned_weights(node, weights));
  std::vector<TensorId> inputs = {image, turned};
  if (bias != kNoTensor) inputs.push_back(bias);
  return lower_activated(node, kConv2d, attrs, std::move(inputs), conv.activation);
}

}  // namespace

std::int64_t same_transposed_pad(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 std::int64_t output_size) {
  return std::max<std::int64_t>((size - 1) * stride + kernel - output_size, 0) / 2;
}

Result<void> lower_transposed_conv(NodeBuilder& node, TensorId src, TensorId weights, TensorId bias,
                                   const TransposedConv& conv) {
  OCTET_ASSIGN_OR_RETURN(const Sizes z, sizes_of(node, src, weights, bias, conv));
  const bool touches = z.kh == conv.strides[0] && z.kw == conv.strides[1] && conv.pads[0] == 0 && conv.pads[1] == 0 &&
                       conv.output_size[0] == z.h * z.kh && conv.output_size[1] == z.w * z.kw &&
                       is_fusable(conv.activation);
  if (touches) return lower_blocks(node, src, weights, bias, conv, z);
  return lower_spread(node, src, weights, bias, conv, z);
}

}  // namespace octet
