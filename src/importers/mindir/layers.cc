// SPDX-License-Identifier: Apache-2.0
// Layers with weights, normalization and pooling. Images are NCHW unless `format` says otherwise.
#include "importers/mindir/handlers.h"
#include "ops/binary.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"
#include "ops/softmax.h"

namespace octet {
namespace {

Result<Layout> layout_of(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::string_view format, node.string_attribute("format", "NCHW"));
  if (format == "NCHW") return Layout::kNchw;
  if (format == "NHWC") return Layout::kNhwc;
  return node.error(ErrorCode::kUnsupported, "format '{}' is not supported; NCHW and NHWC are", format);
}

// [h, w], one number for both, or four numbers of which the last two count.
Result<std::array<std::int64_t, 2>> pair_of(MindirNode& node, std::string_view name) {
  OCTET_ASSIGN_OR_RETURN(const Numbers numbers, node.numbers_attribute(name));
  switch (numbers.size()) {
    case 0:
      return std::array<std::int64_t, 2>{1, 1};
    case 1:
      return std::array<std::int64_t, 2>{numbers[0], numbers[0]};
    case 2:
      return std::array<std::int64_t, 2>{numbers[0], numbers[1]};
    case 4:
      if (numbers[0] == 1 && numbers[1] == 1) return std::array<std::int64_t, 2>{numbers[2], numbers[3]};
      break;
    default:
      break;
  }
  return node.error(ErrorCode::kUnsupported, "{} is [{}], expected two numbers, or 1, 1 and two numbers", name,
                    fmt::join(numbers, ", "));
}

// same, valid, or pad with [top, bottom, left, right]. Version 1 says it as a number: 0 pad, 1 same, 2 valid.
template <typename Attrs>
Result<void> read_padding(MindirNode& node, Attrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(const MindirValue value, node.argument(SIZE_MAX, "pad_mode"));
  std::string mode = value.string;
  if (value.kind == MindirValue::Kind::kInteger)
    mode = value.integer == 1 ? "same" : value.integer == 2 ? "valid" : value.integer == 0 ? "pad" : "";
  for (char& c : mode) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (mode == "same") attrs.pad_mode = PadMode::kSameUpper;
  if (mode == "same" || mode == "valid") return {};
  if (mode != "pad")
    return node.error(ErrorCode::kUnsupported, "pad_mode '{}' is not supported; same, valid and pad are", mode);
  OCTET_ASSIGN_OR_RETURN(Numbers pads, node.numbers_attribute("pad"));
  if (pads.size() == 1) pads.assign(4, pads[0]);
  if (pads.size() != 4) return node.error(ErrorCode::kInvalidModel, "has {} pads, expected 4", pads.size());
  for (std::size_t i = 0; i < 4; ++i) {
    if (pads[i] < 0) return node.error(ErrorCode::kUnsupported, "has a negative pad, {}", pads[i]);
    attrs.pads[i] = pads[i];
  }
  return {};
}

}  // namespace

// Weights [K, C / group, kh, kw], or [K, kh, kw, C / group] with NHWC.
Result<void> import_mindir_conv2d(MindirNode& node) {
  Conv2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.layout, layout_of(node));
  OCTET_ASSIGN_OR_RETURN(attrs.strides, pair_of(node, "stride"));
  OCTET_ASSIGN_OR_RETURN(attrs.dilations, pair_of(node, "dilation"));
  OCTET_ASSIGN_OR_RETURN(attrs.group, node.integer_attribute("group", 1));
  OCTET_RETURN_IF_ERROR(read_padding(node, attrs));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, node.input(1));
  return node.add(kConv2d, attrs, {src, weights});
}

// MatMul and BatchMatMul: arguments 2 and 3, in version 1 attributes.
Result<void> import_mindir_matmul(MindirNode& node) {
  MatmulAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const std::int64_t transpose_a, node.integer_argument(2, "transpose_a", 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t transpose_b, node.integer_argument(3, "transpose_b", 0));
  attrs.transpose_a = transpose_a != 0;
  attrs.transpose_b = transpose_b != 0;
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return node.add(kMatmul, attrs, {a, b});
}

// src [..., C], weights [K, C], bias [K] (may be missing).
Result<void> import_mindir_dense(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, node.input(1));
  std::vector<TensorId> inputs = {src, weights};
  if (node.has_tensor(2)) inputs.push_back(node.input_value(2).tensor);
  return node.add(kFullyConnected, FullyConnectedAttrs{}, std::move(inputs));
}

// The bias goes along dimension 1; argument 2 says 0 for NCHW, 1 for NHWC.
Result<void> import_mindir_bias_add(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(TensorId bias, node.input(1));
  bool is_nhwc = false;
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t format, node.integer_argument(2, "format", 0));
    if (format != 0 && format != 1)
      return node.error(ErrorCode::kUnsupported, "format {} is not supported; 0 (NCHW) and 1 (NHWC) are", format);
    is_nhwc = format == 1;
  } else {
    OCTET_ASSIGN_OR_RETURN(const std::string_view format, node.string_attribute("format", "NCHW"));
    is_nhwc = format == "NHWC";
  }
  if (!is_nhwc && node.rank(src) > 2) {
    Numbers shape(node.rank(src) - 1, 1);
    shape[0] = -1;
    OCTET_ASSIGN_OR_RETURN(bias, node.inner("bias", kReshape, ReshapeAttrs{shape}, {bias}));
  }
  return node.add(kAdd, BinaryAttrs{}, {src, bias});
}

// Inputs: src, scale, bias, mean, variance, then is_training, epsilon, momentum and the format, in version 1
// attributes.
Result<void> import_mindir_batch_norm(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t is_training, node.integer_argument(5, "is_training", 0));
  if (is_training != 0)
    return node.error(ErrorCode::kUnsupported, "is_training is true; export the model for inference");
  BatchNormAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.epsilon, node.real_argument(6, "epsilon", 1e-5f));
  bool is_nhwc = false;
  if (node.num_inputs() > 8) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t format, node.integer_argument(8, "format", 0));
    is_nhwc = format == 1;
  } else {
    OCTET_ASSIGN_OR_RETURN(const Layout layout, layout_of(node));
    is_nhwc = layout == Layout::kNhwc;
  }
  std::vector<TensorId> inputs;
  for (std::size_t i = 0; i < 5; ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i));
    inputs.push_back(id);
  }
  attrs.axis = is_nhwc ? static_cast<std::int64_t>(node.rank(inputs[0])) - 1 : 1;
  return node.add(kBatchNorm, attrs, std::move(inputs));
}

// Inputs: src, gamma, beta, then begin_norm_axis, begin_params_axis and epsilon, in version 1 attributes.
Result<void> import_mindir_layer_norm(MindirNode& node) {
  LayerNormAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.integer_argument(3, "begin_norm_axis", 1));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t params_axis, node.integer_argument(4, "begin_params_axis", attrs.axis));
  OCTET_ASSIGN_OR_RETURN(attrs.epsilon, node.real_argument(5, "epsilon", 1e-7f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId gamma, node.input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId beta, node.input(2));
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.axis(attrs.axis, node.rank(src)));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t params, node.axis(params_axis, node.rank(src)));
  if (params != attrs.axis)
    return node.error(ErrorCode::kUnsupported,
                      "begin_norm_axis {} and begin_params_axis {} differ, which is not supported", attrs.axis, params);
  return node.add(kLayerNorm, attrs, {src, gamma, beta});
}

Result<void> import_mindir_pool(MindirNode& node, const Op& op) {
  Pool2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.layout, layout_of(node));
  OCTET_ASSIGN_OR_RETURN(attrs.kernel, pair_of(node, "kernel_size"));
  OCTET_ASSIGN_OR_RETURN(attrs.strides, pair_of(node, "strides"));
  OCTET_RETURN_IF_ERROR(read_padding(node, attrs));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(op, attrs, {src});
}

Result<void> import_mindir_softmax(MindirNode& node, const Op& op) {
  SoftmaxAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.integer_argument(1, "axis", -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(op, attrs, {src});
}

}  // namespace octet
