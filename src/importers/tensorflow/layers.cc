// SPDX-License-Identifier: Apache-2.0
// Layers with weights, pooling, and normalization with constants.
#include "importers/tensorflow/handlers.h"
#include "ops/binary.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/permuted_constant.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// explicit_paddings holds begin and end of each dimension in the order of the layout.
template <typename Attrs>
Result<void> read_padding(const TfNode& node, Layout layout, Attrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(const std::string_view padding, node.string_attr("padding", "VALID"));
  if (padding == "SAME") attrs.pad_mode = PadMode::kSameUpper;
  if (padding == "SAME" || padding == "VALID") return {};
  OCTET_ASSIGN_OR_RETURN(const Numbers pads, node.list_attr("explicit_paddings"));
  const ImageAxes axes = image_axes(layout);
  bool fits = padding == "EXPLICIT" && pads.size() == 8;
  for (std::size_t i = 0; fits && i < 8; ++i)
    fits = pads[i] >= 0 && (i / 2 == axes.h || i / 2 == axes.w || pads[i] == 0);
  if (!fits)
    return node.error(ErrorCode::kUnsupported, "padding '{}' with explicit_paddings [{}] is not supported", padding,
                      fmt::join(pads, ", "));
  attrs.pads = {pads[2 * axes.h], pads[2 * axes.h + 1], pads[2 * axes.w], pads[2 * axes.w + 1]};
  return {};
}

// Input i, a float32 constant of 4 dimensions.
Result<Tensor> weights_of(const TfNode& node, std::size_t i) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i));
  const Tensor& weights = node.tensor(id);
  if (weights.is_constant && weights.type == DataType::kFloat32 && weights.shape.size() == 4) return weights;
  return node.error(ErrorCode::kUnsupported, "its weights '{}' are no float32 constant of 4 dimensions", weights.name);
}

Result<Conv2dAttrs> conv_attrs(const TfNode& node) {
  Conv2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.layout, node.layout());
  OCTET_ASSIGN_OR_RETURN(attrs.strides, node.spatial("strides", attrs.layout));
  OCTET_ASSIGN_OR_RETURN(attrs.dilations, node.spatial("dilations", attrs.layout));
  OCTET_RETURN_IF_ERROR(read_padding(node, attrs.layout, attrs));
  return attrs;
}

}  // namespace

// Weights [kh, kw, C / group, K].
Result<void> import_tf_conv2d(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(Conv2dAttrs attrs, conv_attrs(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, weights_of(node, 1));
  const bool is_nchw = attrs.layout == Layout::kNchw;
  const Shape& shape = node.shape(src);
  if (shape.size() == 4) {
    const std::int64_t c = shape[is_nchw ? 1 : 3], per_group = weights.shape[2];
    if (c > 0 && per_group > 0 && c % per_group == 0) attrs.group = c / per_group;
  }
  const Numbers order = is_nchw ? Numbers{3, 2, 0, 1} : Numbers{3, 0, 1, 2};
  return node.add(kConv2d, attrs, {src, node.constant("weights", permuted_constant(weights, order))});
}

// Weights [kh, kw, C, M]: filter c * M + m sees channel c.
Result<void> import_tf_depthwise_conv2d(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(Conv2dAttrs attrs, conv_attrs(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, weights_of(node, 1));
  const std::int64_t kh = weights.shape[0], kw = weights.shape[1], c = weights.shape[2], k = c * weights.shape[3];
  attrs.group = c;
  const Shape shape = attrs.layout == Layout::kNchw ? Shape{k, 1, kh, kw} : Shape{k, kh, kw, 1};
  return node.add(kConv2d, attrs,
                  {src, node.constant("weights", reshaped_constant(permuted_constant(weights, {2, 3, 0, 1}), shape))});
}

// Inputs: shape of the result, weights [kh, kw, K, C], src.
Result<void> import_tf_conv2d_backprop_input(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Conv2dAttrs attrs, conv_attrs(node));
  if (attrs.layout != Layout::kNhwc || attrs.dilations != std::array<std::int64_t, 2>{1, 1})
    return node.error(ErrorCode::kUnsupported, "only data_format NHWC without dilations is supported");
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(0, "output shape", 4));
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, weights_of(node, 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(2));
  if (shape.size() != 4 || node.rank(src) != 4)
    return node.error(ErrorCode::kInvalidModel, "its output shape or its input has no 4 dimensions");
  TransposedConv conv;
  conv.strides = attrs.strides;
  conv.output_size = {shape[1], shape[2]};
  conv.pads = {attrs.pads[0], attrs.pads[2]};
  for (std::size_t i = 0; attrs.pad_mode == PadMode::kSameUpper && i < 2; ++i)
    conv.pads[i] = same_transposed_pad(node.shape(src)[i + 1], weights.shape[i], conv.strides[i], conv.output_size[i]);
  return lower_transposed_conv(node, src, node.constant("filter", permuted_constant(weights, {2, 0, 1, 3})), kNoTensor,
                               conv);
}

Result<void> import_tf_matmul(TfNode& node) {
  MatmulAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_a, node.bool_attr("transpose_a", false));
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_b, node.bool_attr("transpose_b", false));
  return node.add(kMatmul, attrs, node.inputs());
}

Result<void> import_tf_batch_matmul(TfNode& node) {
  MatmulAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_a, node.bool_attr("adj_x", false));
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_b, node.bool_attr("adj_y", false));
  return node.add(kMatmul, attrs, node.inputs());
}

Result<void> import_tf_pool(TfNode& node, const Op& op) {
  Pool2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.layout, node.layout());
  OCTET_ASSIGN_OR_RETURN(attrs.kernel, node.spatial("ksize", attrs.layout));
  OCTET_ASSIGN_OR_RETURN(attrs.strides, node.spatial("strides", attrs.layout));
  OCTET_RETURN_IF_ERROR(read_padding(node, attrs.layout, attrs));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(op, attrs, {src});
}

Result<void> import_tf_bias_add(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Layout layout, node.layout());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(TensorId bias, node.input(1));
  if (node.rank(bias) != 1)
    return node.error(ErrorCode::kInvalidModel, "its bias has {} dimensions, expected 1", node.rank(bias));
  if (layout == Layout::kNchw && node.rank(src) == 4) {
    OCTET_ASSIGN_OR_RETURN(bias, node.inner("bias", kReshape, ReshapeAttrs{{-1, 1, 1}}, {bias}));
  }
  return node.add(kAdd, BinaryAttrs{}, {src, bias});
}

// Inputs: src, scale, offset, mean, variance. Only the first output exists at inference.
Result<void> import_tf_fused_batch_norm(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const bool is_training, node.bool_attr("is_training", true));
  if (is_training) return node.error(ErrorCode::kUnsupported, "is_training is true; export the model for inference");
  BatchNormAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.epsilon, node.float_attr("epsilon", 1e-4f));
  OCTET_ASSIGN_OR_RETURN(const Layout layout, node.layout());
  attrs.axis = layout == Layout::kNchw ? 1 : 3;
  if (node.num_inputs() != 5)
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, expected 5", node.num_inputs());
  return node.add_to(0, kBatchNorm, attrs, node.inputs());
}

// alpha counts for the sum, ours for the mean.
Result<void> import_tf_lrn(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t radius, node.integer_attr("depth_radius", 5));
  if (radius < 0 || radius > (1 << 20)) return node.error(ErrorCode::kInvalidModel, "depth_radius is {}", radius);
  LrnAttrs attrs;
  attrs.size = 2 * radius + 1;
  attrs.axis = 3;
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.float_attr("alpha", 1.0f));
  attrs.alpha = alpha * static_cast<float>(attrs.size);
  OCTET_ASSIGN_OR_RETURN(attrs.beta, node.float_attr("beta", 0.5f));
  OCTET_ASSIGN_OR_RETURN(attrs.bias, node.float_attr("bias", 1.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLrn, attrs, {src});
}

}  // namespace octet
