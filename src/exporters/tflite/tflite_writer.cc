// SPDX-License-Identifier: Apache-2.0
#include "exporters/tflite/tflite_writer.h"

#include <algorithm>

namespace octet {
namespace {

using flatbuffers::Offset;
using Code = tfl3::BuiltinOperator;

constexpr std::uint32_t kSchemaVersion = 3;

// Versions of operators, of float and of int8 tensors, where they are not 1: a runtime that does not know the version
// refuses the file instead of computing something else.
struct Version {
  Code code;
  int of_float, of_int8;
};
constexpr Version kVersions[] = {
    {Code::CONV_2D, 1, 3},
    {Code::DEPTHWISE_CONV_2D, 1, 3},
    {Code::FULLY_CONNECTED, 1, 4},
    {Code::ADD, 1, 2},
    {Code::SUB, 1, 2},
    {Code::MUL, 1, 2},
    {Code::AVERAGE_POOL_2D, 1, 2},
    {Code::MAX_POOL_2D, 1, 2},
    {Code::CONCATENATION, 1, 2},
    {Code::SOFTMAX, 1, 2},
    {Code::LOGISTIC, 1, 2},
    {Code::TANH, 1, 2},
    {Code::PAD, 1, 2},
    {Code::PADV2, 1, 2},
    {Code::TRANSPOSE, 1, 2},
    {Code::MEAN, 1, 2},
    {Code::SPLIT_V, 1, 2},
    {Code::STRIDED_SLICE, 1, 2},
    {Code::RELU, 1, 2},
    {Code::RELU6, 1, 2},
    {Code::RESIZE_BILINEAR, 3, 3},
    {Code::RESIZE_NEAREST_NEIGHBOR, 3, 3},
    {Code::MAXIMUM, 1, 2},
    {Code::MINIMUM, 1, 2},
    {Code::DEQUANTIZE, 2, 2},
    {Code::LEAKY_RELU, 1, 2},
    {Code::BATCH_MATMUL, 1, 2},
    {Code::QUANTIZE, 1, 2},
};

// Where a dimension is dynamic the format wants 1, and -1 in the tensor's signature.
std::vector<std::int32_t> dims_of(const Shape& shape, std::int32_t dynamic) {
  std::vector<std::int32_t> dims;
  for (const std::int64_t d : shape) dims.push_back(is_symbolic(d) ? dynamic : static_cast<std::int32_t>(d));
  return dims;
}

}  // namespace

tfl3::ActivationFunctionType tflite_activation(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return tfl3::ActivationFunctionType::RELU;
    case Activation::kRelu6:
      return tfl3::ActivationFunctionType::RELU6;
    case Activation::kNone:
      break;
  }
  return tfl3::ActivationFunctionType::NONE;
}

std::optional<tfl3::TensorType> tflite_type(DataType type) {
  using Type = tfl3::TensorType;
  switch (type) {
    case DataType::kFloat32:
      return Type::FLOAT32;
    case DataType::kFloat16:
      return Type::FLOAT16;
    case DataType::kFloat64:
      return Type::FLOAT64;
    case DataType::kInt8:
      return Type::INT8;
    case DataType::kUint8:
      return Type::UINT8;
    case DataType::kInt16:
      return Type::INT16;
    case DataType::kInt32:
      return Type::INT32;
    case DataType::kInt64:
      return Type::INT64;
    case DataType::kBool:
      return Type::BOOL;
    case DataType::kUint16:
      return Type::UINT16;
    case DataType::kUint32:
      return Type::UINT32;
    case DataType::kUint64:
      return Type::UINT64;
  }
  return std::nullopt;
}

Place TfliteFile::place(TensorId id) {
  const auto [entry, is_new] = places_.try_emplace(id, static_cast<Place>(tensors_.size()));
  if (is_new) tensors_.push_back(graph_.tensor(id));
  return entry->second;
}

Place TfliteFile::add_tensor(Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return static_cast<Place>(tensors_.size()) - 1;
}

void TfliteFile::add_operator(Code code, int version, const std::vector<Place>& inputs,
                              const std::vector<Place>& outputs, tfl3::BuiltinOptions type, Offset<void> options) {
  const std::pair wanted{code, version};
  const auto found = std::find(codes_.begin(), codes_.end(), wanted);
  const auto index = static_cast<std::uint32_t>(found - codes_.begin());
  if (found == codes_.end()) codes_.push_back(wanted);
  operators_.push_back(tfl3::CreateOperatorDirect(buffer_, index, &inputs, &outputs, type, options));
}

Offset<tfl3::Tensor> TfliteFile::write_tensor(const Tensor& tensor, std::vector<Offset<tfl3::Buffer>>& buffers) {
  std::uint32_t place = 0;  // the empty buffer
  if (tensor.is_constant) {
    const auto bytes = tensor.data.bytes();
    buffer_.ForceVectorAlignment(bytes.size(), 1, 16);
    const auto data = buffer_.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    place = static_cast<std::uint32_t>(buffers.size());
    buffers.push_back(tfl3::CreateBuffer(buffer_, data));
  }
  Offset<tfl3::QuantizationParameters> quant;
  if (tensor.quant && is_integer(tensor.type)) {
    const std::vector<std::int64_t> zero_points(tensor.quant->zero_point.begin(), tensor.quant->zero_point.end());
    quant =
        tfl3::CreateQuantizationParametersDirect(buffer_, nullptr, nullptr, &tensor.quant->scale, &zero_points,
                                                 tfl3::QuantizationDetails::NONE, 0, std::max(tensor.quant->axis, 0));
  }
  const std::vector<std::int32_t> dims = dims_of(tensor.shape, 1), signature = dims_of(tensor.shape, -1);
  return tfl3::CreateTensorDirect(buffer_, &dims, *tflite_type(tensor.type), place, tensor.name.c_str(), quant,
                                  /*is_variable=*/false, 0, is_fixed(tensor.shape) ? nullptr : &signature, /*has_rank=*/true);
}

std::vector<std::byte> TfliteFile::finish() {
  std::vector<Place> inputs, outputs;
  for (const TensorId id : graph_.inputs) inputs.push_back(place(id));
  for (const TensorId id : graph_.outputs) outputs.push_back(place(id));
  std::vector<Offset<tfl3::Buffer>> buffers = {tfl3::CreateBuffer(buffer_)};
  std::vector<Offset<tfl3::Tensor>> tensors;
  for (const Tensor& tensor : tensors_) tensors.push_back(write_tensor(tensor, buffers));
  std::vector<Offset<tfl3::OperatorCode>> codes;
  for (const auto& [code, version] : codes_) {
    constexpr int kLastOld = 127;  // the older field holds no more, and says so
    codes.push_back(tfl3::CreateOperatorCode(
        buffer_, static_cast<std::int8_t>(std::min(static_cast<int>(code), kLastOld)), 0, version, code));
  }
  const auto name = graph_.name.empty() ? std::string("main") : graph_.name;
  const std::vector<Offset<tfl3::SubGraph>> subgraphs = {
      tfl3::CreateSubGraphDirect(buffer_, &tensors, &inputs, &outputs, &operators_, name.c_str())};
  buffer_.Finish(tfl3::CreateModelDirect(buffer_, kSchemaVersion, &codes, &subgraphs, "octet", &buffers),
                 tfl3::ModelIdentifier());
  const auto bytes = std::as_bytes(std::span(buffer_.GetBufferPointer(), buffer_.GetSize()));
  return {bytes.begin(), bytes.end()};
}

std::vector<Place> TfliteWriter::srcs() {
  std::vector<Place> places;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) places.push_back(src(i));
  return places;
}

std::vector<Place> TfliteWriter::dsts() {
  std::vector<Place> places;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) places.push_back(dst(i));
  return places;
}

Place TfliteWriter::constant(std::string_view suffix, Tensor constant) {
  constant.name = fmt::format("{}_{}", node.name, suffix);
  return file.add_tensor(std::move(constant));
}

Place TfliteWriter::integers(std::string_view suffix, const std::vector<std::int64_t>& values) {
  const std::vector<std::int32_t> narrowed(values.begin(), values.end());
  return constant(suffix, make_constant("", Shape{static_cast<std::int64_t>(values.size())}, narrowed));
}

Place TfliteWriter::intermediate(std::string_view suffix, const Tensor& like, Shape shape) {
  Tensor tensor;
  tensor.name = fmt::format("{}_{}", node.name, suffix);
  tensor.type = like.type;
  tensor.shape = std::move(shape);
  tensor.quant = like.quant;
  return file.add_tensor(std::move(tensor));
}

Place TfliteWriter::requantized_src(std::size_t i) {
  if (!is_int8() || input(i).quant == output().quant) return src(i);
  const Place made = intermediate(fmt::format("src{}_requantized", i), output(), input(i).shape);
  add(Code::QUANTIZE, {src(i)}, {made}, tfl3::CreateQuantizeOptions(file.buffer()));
  return made;
}

int TfliteWriter::version(Code code) const {
  const auto found =
      std::find_if(std::begin(kVersions), std::end(kVersions), [&](const Version& v) { return v.code == code; });
  if (found == std::end(kVersions)) return 1;
  const bool reads_int8 = !node.inputs.empty() && has_input(0) && input().type == DataType::kInt8;
  return reads_int8 ? found->of_int8 : found->of_float;
}

}  // namespace octet
