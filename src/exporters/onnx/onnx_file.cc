// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/onnx_file.h"

namespace octet {
namespace {

std::string unique(std::unordered_set<std::string>& taken, std::string_view wanted) {
  std::string name(wanted);
  for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

onnx::AttributeProto named_attribute(std::string_view name, onnx::AttributeProto::Type type) {
  onnx::AttributeProto proto;
  proto.set_name(std::string(name));
  proto.set_type(type);
  return proto;
}

// One number per scale: a scalar, or a vector of the channels.
Shape params_shape(const QuantParams& quant) {
  return quant.axis < 0 ? Shape{} : Shape{static_cast<std::int64_t>(quant.scale.size())};
}

OnnxAttributes axis_attribute(const QuantParams& quant) {
  if (quant.axis < 0) return {};
  return {{"axis", static_cast<std::int64_t>(quant.axis)}};
}

template <typename T>
Tensor narrowed(std::string name, Shape shape, const std::vector<std::int32_t>& values) {
  return make_constant(std::move(name), std::move(shape), std::vector<T>(values.begin(), values.end()));
}

}  // namespace

OnnxAttribute::OnnxAttribute(std::string_view name, std::int64_t value)
    : proto(named_attribute(name, onnx::AttributeProto::INT)) {
  proto.set_i(value);
}
OnnxAttribute::OnnxAttribute(std::string_view name, float value)
    : proto(named_attribute(name, onnx::AttributeProto::FLOAT)) {
  proto.set_f(value);
}
OnnxAttribute::OnnxAttribute(std::string_view name, const std::string& value)
    : proto(named_attribute(name, onnx::AttributeProto::STRING)) {
  proto.set_s(value);
}
OnnxAttribute::OnnxAttribute(std::string_view name, const std::vector<std::int64_t>& values)
    : proto(named_attribute(name, onnx::AttributeProto::INTS)) {
  for (const std::int64_t value : values) proto.add_ints(value);
}

onnx::TensorProto::DataType onnx_data_type(DataType type) {
  using Proto = onnx::TensorProto;
  switch (type) {
    case DataType::kFloat32:
      return Proto::FLOAT;
    case DataType::kFloat16:
      return Proto::FLOAT16;
    case DataType::kFloat64:
      return Proto::DOUBLE;
    case DataType::kInt8:
      return Proto::INT8;
    case DataType::kUint8:
      return Proto::UINT8;
    case DataType::kInt16:
      return Proto::INT16;
    case DataType::kInt32:
      return Proto::INT32;
    case DataType::kInt64:
      return Proto::INT64;
    case DataType::kBool:
      return Proto::BOOL;
    case DataType::kUint16:
      return Proto::UINT16;
    case DataType::kUint32:
      return Proto::UINT32;
    case DataType::kUint64:
      return Proto::UINT64;
  }
  return Proto::UNDEFINED;
}

OnnxFile::OnnxFile(const Graph& graph, std::int64_t opset) : graph_(graph), opset_(opset) {
  proto_.set_name(graph.name.empty() ? "main" : graph.name);
  for (const Tensor& tensor : graph.tensors) tensor_names_.insert(tensor.name);
}

std::string OnnxFile::new_name(std::string_view wanted) { return unique(tensor_names_, wanted); }

std::string OnnxFile::add_constant(const Tensor& constant) {
  onnx::TensorProto& proto = *proto_.add_initializer();
  proto.set_name(new_name(constant.name));
  proto.set_data_type(onnx_data_type(constant.type));
  for (const std::int64_t d : constant.shape) proto.add_dims(d);
  const auto bytes = constant.data.bytes();
  proto.set_raw_data(bytes.data(), bytes.size());
  return proto.name();
}

std::string OnnxFile::stored(TensorId id) {
  const Tensor& tensor = graph_.tensor(id);
  if (tensor.is_constant && written_constants_.insert(id).second) {
    tensor_names_.erase(tensor.name);  // reserved for this constant, which takes it now
    add_constant(tensor);
  }
  return tensor.name;
}

std::string OnnxFile::real(TensorId id) {
  const Tensor& tensor = graph_.tensor(id);
  const bool is_half = tensor.is_constant && tensor.type == DataType::kFloat16;
  const bool is_quantized = tensor.quant && is_integer(tensor.type);
  if (!is_half && !is_quantized) return stored(id);
  std::string& name = real_[id];
  if (!name.empty()) return name;
  name = new_name(tensor.name + (is_half ? "_float" : "_dequantized"));
  if (is_half) {
    add_node(tensor.name + "_cast", "Cast", {stored(id)}, {name}, {{"to", std::int64_t{onnx::TensorProto::FLOAT}}});
  } else {
    add_dequantize(tensor.name + "_dequantize", stored(id), tensor, name);
  }
  return name;
}

void OnnxFile::add_node(std::string_view name, std::string_view type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const OnnxAttributes& attributes) {
  onnx::NodeProto& node = *proto_.add_node();
  node.set_name(unique(node_names_, name));
  node.set_op_type(std::string(type));
  std::size_t count = inputs.size();
  while (count > 0 && inputs[count - 1].empty()) --count;
  for (std::size_t i = 0; i < count; ++i) node.add_input(inputs[i]);
  for (const std::string& output : outputs) node.add_output(output);
  for (const OnnxAttribute& attribute : attributes) *node.add_attribute() = attribute.proto;
}

std::string OnnxFile::scale_name(const std::string& stored, const QuantParams& quant) {
  std::string& name = scales_[stored];
  if (name.empty()) {
    std::vector<float> scale = quant.scale;
    if (quant.corrected())
      for (std::size_t i = 0; i < scale.size(); ++i) scale[i] *= quant.var_correction[i];
    name = add_constant(make_constant(stored + "_scale", params_shape(quant), scale));
  }
  return name;
}

std::string OnnxFile::zero_point_name(const std::string& stored, const QuantParams& quant, DataType type) {
  if (type == DataType::kInt32) return {};  // of these there is none
  std::string& name = zero_points_[stored];
  if (!name.empty()) return name;
  const std::string wanted = stored + "_zero_point";
  const Shape shape = params_shape(quant);
  name = add_constant(type == DataType::kUint8   ? narrowed<std::uint8_t>(wanted, shape, quant.zero_point)
                      : type == DataType::kInt16 ? narrowed<std::int16_t>(wanted, shape, quant.zero_point)
                                                 : narrowed<std::int8_t>(wanted, shape, quant.zero_point));
  return name;
}

// One number per channel, broadcast along the axis of the parameters.
std::string OnnxFile::add_correction(std::string_view node_name, const Tensor& described, std::string_view type,
                                     const std::vector<float>& values, const std::string& src, const std::string& dst) {
  const QuantParams& quant = *described.quant;
  Shape shape(quant.axis < 0 ? 0 : described.shape.size() - static_cast<std::size_t>(quant.axis), 1);
  if (!shape.empty()) shape[0] = static_cast<std::int64_t>(values.size());
  const std::string factor = add_constant(make_constant(fmt::format("{}_correction", described.name), shape, values));
  add_node(fmt::format("{}_correction", node_name), type, {src, factor}, {dst});
  return dst;
}

void OnnxFile::add_dequantize(std::string_view node_name, const std::string& stored, const Tensor& described,
                              const std::string& dst) {
  const QuantParams& quant = *described.quant;
  const std::string uncorrected = quant.corrected() ? new_name(dst + "_uncorrected") : dst;
  const std::string scale = scale_name(stored, quant), zero_point = zero_point_name(stored, quant, described.type);
  add_node(node_name, "DequantizeLinear", {stored, scale, zero_point}, {uncorrected}, axis_attribute(quant));
  if (quant.corrected()) add_correction(node_name, described, "Add", quant.mean_correction, uncorrected, dst);
}

void OnnxFile::add_quantize(std::string_view node_name, const std::string& src, const Tensor& described,
                            const std::string& dst) {
  const QuantParams& quant = *described.quant;
  const std::string scale = scale_name(described.name, quant),
                    zero_point = zero_point_name(described.name, quant, described.type);
  add_node(node_name, "QuantizeLinear", {src, scale, zero_point}, {dst}, axis_attribute(quant));
}

void OnnxFile::describe(TensorId id, onnx::ValueInfoProto& info) const {
  const Tensor& tensor = graph_.tensor(id);
  info.set_name(tensor.name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_data_type(tensor.type));
  auto& shape = *type.mutable_shape();
  for (const std::int64_t d : tensor.shape) {
    auto& dim = *shape.add_dim();
    if (!is_symbolic(d))
      dim.set_dim_value(d);
    else if (d != kUnknownDimension)
      dim.set_dim_param(graph_.symbols[static_cast<std::size_t>(-1 - d)]);
  }
}

void OnnxFile::add_graph_inputs_and_outputs() {
  for (const TensorId id : graph_.inputs) describe(id, *proto_.add_input());
  for (const TensorId id : graph_.outputs) {
    stored(id);  // a constant may be an output
    describe(id, *proto_.add_output());
  }
}

}  // namespace octet
