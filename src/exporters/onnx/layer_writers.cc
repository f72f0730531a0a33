// SPDX-License-Identifier: Apache-2.0
// Layers with weights, pooling, normalization.
#include "exporters/onnx/onnx_writer.h"
#include "ops/conv2d.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/permuted_constant.h"
#include "ops/pool2d.h"
#include "ops/resize.h"

namespace octet {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr const char* kWrongLayout =
    "layout NHWC cannot be stored in an ONNX file: run the pass convert_layout_to_nchw";

// pads or auto_pad. Ours are top, bottom, left, right.
OnnxAttribute pads_attribute(PadMode mode, const std::array<std::int64_t, 4>& pads) {
  if (mode == PadMode::kSameUpper) return {"auto_pad", "SAME_UPPER"};
  if (mode == PadMode::kSameLower) return {"auto_pad", "SAME_LOWER"};
  return {"pads", Ints{pads[0], pads[2], pads[1], pads[3]}};
}

Ints ints(const std::array<std::int64_t, 2>& values) { return {values[0], values[1]}; }

// The real values of input i, a matrix, transposed.
std::string transposed_input(OnnxWriter& writer, std::size_t i) {
  const Tensor& matrix = writer.input(i);
  if (!matrix.is_constant || matrix.type == DataType::kFloat16)
    return writer.inner("weights_transpose", "Transpose", {writer.src(i)}, {{"perm", Ints{1, 0}}});
  Tensor constant = permuted_constant(matrix, {1, 0});
  constant.name += "_transposed";
  const std::string stored = writer.file.add_constant(constant);
  if (!matrix.quant) return stored;
  const std::string real = writer.file.new_name(stored + "_dequantized");
  writer.file.add_dequantize(stored + "_dequantize", stored, constant, real);
  return real;
}

}  // namespace

Result<void> write_onnx_conv2d(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<Conv2dAttrs>();
  if (attrs.layout != Layout::kNchw) return writer.unsupported("{}", kWrongLayout);
  const Shape& weights = writer.input(1).shape;
  writer.add("Conv", writer.srcs(),
             {{"dilations", ints(attrs.dilations)},
              {"group", attrs.group},
              {"kernel_shape", Ints{weights[2], weights[3]}},
              pads_attribute(attrs.pad_mode, attrs.pads),
              {"strides", ints(attrs.strides)}},
             attrs.activation);
  return {};
}

Result<void> write_onnx_pool2d(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<Pool2dAttrs>();
  if (attrs.layout != Layout::kNchw) return writer.unsupported("{}", kWrongLayout);
  const bool is_max = writer.node.is(kMaxPool2d);
  if (attrs.global) {
    writer.add(is_max ? "GlobalMaxPool" : "GlobalAveragePool", {writer.src()}, {}, attrs.activation);
    return {};
  }
  OnnxAttributes attributes = {{"ceil_mode", std::int64_t{attrs.ceil_mode}},
                               {"kernel_shape", ints(attrs.kernel)},
                               pads_attribute(attrs.pad_mode, attrs.pads),
                               {"strides", ints(attrs.strides)}};
  if (!is_max) attributes.push_back({"count_include_pad", std::int64_t{attrs.count_include_pad}});
  if (attrs.dilations != std::array<std::int64_t, 2>{1, 1}) {
    if (!is_max) OCTET_RETURN_IF_ERROR(writer.needs_opset(19, "AveragePool with dilations"));
    attributes.push_back({"dilations", ints(attrs.dilations)});
  }
  writer.add(is_max ? "MaxPool" : "AveragePool", {writer.src()}, attributes, attrs.activation);
  return {};
}

Result<void> write_onnx_resize(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ResizeAttrs>();
  if (attrs.layout != Layout::kNchw) return writer.unsupported("{}", kWrongLayout);
  static constexpr const char* kModes[] = {"nearest", "linear", "cubic"};
  OnnxAttributes attributes = {{"coordinate_transformation_mode",
                                std::string(kCoordinateModeNames[static_cast<std::size_t>(attrs.coordinate_mode)])},
                               {"mode", kModes[static_cast<int>(attrs.mode)]}};
  if (attrs.mode == ResizeMode::kNearest)
    attributes.push_back(
        {"nearest_mode", std::string(kNearestModeNames[static_cast<std::size_t>(attrs.nearest_mode)])});
  if (attrs.mode == ResizeMode::kCubic) attributes.push_back({"cubic_coeff_a", attrs.cubic_coefficient});
  if (!attrs.scales.empty()) {
    const std::vector<float> scales = {1.0f, 1.0f, attrs.scales[0], attrs.scales[1]};
    writer.add("Resize", {writer.src(), "", writer.constant("scales", make_constant("", {4}, scales))}, attributes);
    return {};
  }
  if (!is_fixed(writer.output().shape))
    return writer.unsupported("its output has a dynamic shape: fix the inputs with --input-shape \"NAME:1,...\"");
  writer.add("Resize", {writer.src(), "", "", writer.integers("sizes", writer.output().shape)}, attributes);
  return {};
}

namespace {

// Of a matrix a Gemm, which reads the weights [N, K] as they are; else a product of matrices and an addition. `weights`
// is the place of the weights among the inputs, the bias follows.
void write_product(OnnxWriter& writer, std::size_t weights, Activation activation) {
  if (writer.input().shape.size() == 2) {
    writer.add("Gemm", {writer.src(), writer.src(weights), writer.src(weights + 1)}, {{"transB", std::int64_t{1}}},
               activation);
    return;
  }
  const std::string src = writer.src(), matrix = transposed_input(writer, weights);
  if (!writer.has_input(weights + 1)) {
    writer.add("MatMul", {src, matrix}, {}, activation);
    return;
  }
  const std::string product = writer.inner("product", "MatMul", {src, matrix});
  writer.add("Add", {product, writer.src(weights + 1)}, {}, activation);
}

}  // namespace

Result<void> write_onnx_fully_connected(OnnxWriter& writer) {
  write_product(writer, /*weights=*/1, writer.node.as<FullyConnectedAttrs>().activation);
  return {};
}

// Of parameters that are known, an int8 layer that gives floats.
Result<void> write_onnx_dynamic_fully_connected(OnnxWriter& writer) {
  const DynamicActivation activation = writer.node.as<DynamicFullyConnectedAttrs>().activation;
  if (!writer.input(1).is_constant || !writer.input(2).is_constant || !writer.input(0).quant)
    return writer.unsupported(
        "activations that are quantized while the model runs cannot be stored in an ONNX file; a .ms file can hold "
        "them");
  if (activation > DynamicActivation::kRelu6)
    return writer.unsupported("a fused GELU cannot be stored in an ONNX file");
  write_product(writer, /*weights=*/3, static_cast<Activation>(activation));
  return {};
}

Result<void> write_onnx_matmul(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<MatmulAttrs>();
  std::vector<std::string> srcs = writer.srcs();
  for (const std::size_t i : {0u, 1u}) {
    if (!(i == 0 ? attrs.transpose_a : attrs.transpose_b) || writer.input(i).shape.size() < 2) continue;
    Ints perm;
    for (std::size_t d = 0; d < writer.input(i).shape.size(); ++d) perm.push_back(static_cast<std::int64_t>(d));
    std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
    srcs[i] = writer.inner(i == 0 ? "a_transpose" : "b_transpose", "Transpose", {srcs[i]}, {{"perm", perm}});
  }
  if (writer.has_input(2)) {
    const std::string product = writer.inner("product", "MatMul", {srcs[0], srcs[1]});
    writer.add("Add", {product, srcs[2]}, {}, attrs.activation);
  } else {
    writer.add("MatMul", {srcs[0], srcs[1]}, {}, attrs.activation);
  }
  return {};
}

namespace {

bool is_axis(const OnnxWriter& writer, std::int64_t axis, std::size_t wanted) {
  return normalize_axis(axis, writer.input().shape.size()) == wanted;
}

}  // namespace

Result<void> write_onnx_batch_norm(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<BatchNormAttrs>();
  if (!is_axis(writer, attrs.axis, 1))
    return writer.unsupported("axis {} cannot be stored in an ONNX file, which knows axis 1", attrs.axis);
  writer.add("BatchNormalization", writer.srcs(), {{"epsilon", attrs.epsilon}});
  return {};
}

// src * scale + bias, these broadcast along the axis.
Result<void> write_onnx_scale(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<ScaleAttrs>();
  const std::size_t rank = writer.input().shape.size();
  const auto axis = normalize_axis(attrs.axis, rank);
  Shape shape(axis ? rank - *axis : 1, 1);
  shape[0] = -1;
  const std::string target = writer.integers("shape", shape);
  const std::string scale = writer.inner("scale", "Reshape", {writer.src(1), target});
  if (!writer.has_input(2)) {
    writer.add("Mul", {writer.src(), scale}, {}, attrs.activation);
    return {};
  }
  const std::string bias = writer.inner("bias", "Reshape", {writer.src(2), target});
  writer.add("Add", {writer.inner("scaled", "Mul", {writer.src(), scale}), bias}, {}, attrs.activation);
  return {};
}

Result<void> write_onnx_layer_norm(OnnxWriter& writer) {
  OCTET_RETURN_IF_ERROR(writer.needs_opset(17, "LayerNormalization"));
  const auto& attrs = writer.node.as<LayerNormAttrs>();
  writer.add("LayerNormalization", writer.srcs(), {{"axis", attrs.axis}, {"epsilon", attrs.epsilon}});
  return {};
}

Result<void> write_onnx_lrn(OnnxWriter& writer) {
  const auto& attrs = writer.node.as<LrnAttrs>();
  if (!is_axis(writer, attrs.axis, 1))
    return writer.unsupported("axis {} cannot be stored in an ONNX file, which knows axis 1", attrs.axis);
  writer.add("LRN", {writer.src()},
             {{"alpha", attrs.alpha}, {"beta", attrs.beta}, {"bias", attrs.bias}, {"size", attrs.size}});
  return {};
}

}  // namespace octet
