// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/ms_writer.h"

namespace octet {

void MsWriter::append_input(std::string_view suffix, Shape shape, const std::vector<std::int64_t>& values) {
  const std::vector<std::int32_t> narrow(values.begin(), values.end());
  inputs.push_back(static_cast<TensorId>(graph.tensors.size() + extra_tensors_.size()));
  extra_tensors_.push_back(make_constant(fmt::format("{}_{}", node.name, suffix), std::move(shape), narrow));
}

void MsWriter::append_zeros(std::string_view suffix, Shape shape) {
  const std::vector<float> zeros(static_cast<std::size_t>(*num_elements(shape)));
  inputs.push_back(static_cast<TensorId>(graph.tensors.size() + extra_tensors_.size()));
  extra_tensors_.push_back(make_constant(fmt::format("{}_{}", node.name, suffix), std::move(shape), zeros));
}

msl2::ActivationType ms_activation(Activation activation) {
  switch (activation) {
    case Activation::kRelu: return msl2::ActivationType::RELU;
    case Activation::kRelu6: return msl2::ActivationType::RELU6;
    case Activation::kNone: break;
  }
  return msl2::ActivationType::NO_ACTIVATION;
}

msl2::DataType ms_data_type(DataType type) {
  switch (type) {
    case DataType::kFloat32: return msl2::DataType::Float32;
    case DataType::kFloat16: return msl2::DataType::Float16;
    case DataType::kFloat64: return msl2::DataType::Float64;
    case DataType::kInt8: return msl2::DataType::Int8;
    case DataType::kUint8: return msl2::DataType::UInt8;
    case DataType::kInt16: return msl2::DataType::Int16;
    case DataType::kInt32: return msl2::DataType::Int32;
    case DataType::kInt64: return msl2::DataType::Int64;
    case DataType::kBool: return msl2::DataType::Bool;
    case DataType::kUint16: return msl2::DataType::UInt16;
    case DataType::kUint32: return msl2::DataType::UInt32;
    case DataType::kUint64: return msl2::DataType::UInt64;
  }
  return msl2::DataType::Unknown;
}

}  // namespace octet
