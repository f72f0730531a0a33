// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/onnx_writer.h"

#include <cmath>

namespace octet {
namespace {

// No step of the tensor lies above `bound`: quantizing clamps there anyway.
bool saturates_at(const Tensor& tensor, float bound) {
  if (!tensor.quant || tensor.quant->bits < 8) return false;
  const QuantParams& quant = *tensor.quant;
  return std::nearbyint(bound / quant.scale[0]) + static_cast<float>(quant.zero_point[0]) >= 127.0f;
}

}  // namespace

std::vector<std::string> OnnxWriter::srcs() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) names.push_back(src(i));
  return names;
}

std::string OnnxWriter::constant(std::string_view suffix, Tensor constant) {
  constant.name = fmt::format("{}_{}", node.name, suffix);
  return file.add_constant(constant);
}

std::string OnnxWriter::integers(std::string_view suffix, const std::vector<std::int64_t>& values) {
  return constant(suffix, make_constant("", Shape{static_cast<std::int64_t>(values.size())}, values));
}

std::string OnnxWriter::scalar(std::string_view suffix, float value) {
  return constant(suffix, make_constant("", Shape{}, std::vector<float>{value}));
}

std::string OnnxWriter::inner(std::string_view suffix, std::string_view type, const std::vector<std::string>& inputs,
                              const OnnxAttributes& attributes) {
  const std::string name = fmt::format("{}/{}", node.name, suffix);
  const std::string dst = file.new_name(name);
  file.add_node(name, type, inputs, {dst}, attributes);
  return dst;
}

void OnnxWriter::add(std::string_view type, const std::vector<std::string>& inputs, const OnnxAttributes& attributes,
                     Activation activation) {
  std::vector<std::string> dst, real;  // as the operator makes them, and before they are quantized
  for (const TensorId id : node.outputs) {
    const Tensor& tensor = file.graph().tensor(id);
    const bool is_quantized = tensor.quant && is_integer(tensor.type);
    real.push_back(is_quantized ? file.new_name(tensor.name + "_float") : tensor.name);
    dst.push_back(activation == Activation::kNone ? real.back() : file.new_name(tensor.name + "_before_activation"));
  }
  file.add_node(node.name, type, inputs, dst, attributes);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const Tensor& tensor = output(i);
    if (activation != Activation::kNone) {
      const bool is_relu = activation == Activation::kRelu || saturates_at(tensor, activation_bounds(activation).hi);
      if (is_relu)
        file.add_node(node.name + "/relu", "Relu", {dst[i]}, {real[i]});
      else
        file.add_node(node.name + "/relu6", "Clip", {dst[i], scalar("relu6_min", 0.0f), scalar("relu6_max", 6.0f)},
                      {real[i]});
    }
    if (real[i] != tensor.name) file.add_quantize(tensor.name + "_quantize", real[i], tensor, tensor.name);
  }
}

Result<void> OnnxWriter::needs_opset(std::int64_t since, std::string_view type) const {
  if (file.opset() >= since) return {};
  return unsupported("{} came with opset {}, the file is written in opset {}: use --opset 21", type, since,
                     file.opset());
}

}  // namespace octet
