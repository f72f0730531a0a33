// SPDX-License-Identifier: Apache-2.0
// Builds `.ms` files for tests, field by field, right or wrong ones.
#ifndef OCTET_IMPORTERS_MS_TEST_MS_FILE_H_
#define OCTET_IMPORTERS_MS_TEST_MS_FILE_H_

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "importers/ms/ms_importer.h"
#include "ir/text.h"
#include "msl2/msl2_generated.h"
#include "ops/evaluate.h"

namespace octet::test {

struct MsParam {
  double scale = 1;
  std::int32_t zero_point = 0;
  std::int32_t bits = 8;
  float variance = 1, mean = 0;
};

struct MsTensorOptions {
  std::vector<MsParam> quant;
  msl2::Format format = msl2::Format::NHWC;
  msl2::WeightQuantCompressType packing = msl2::WeightQuantCompressType::NONE;
};

class TestMsFile {
 public:
  flatbuffers::FlatBufferBuilder buffer;

  // All return the tensor's place.
  std::uint32_t tensor(const char* name, msl2::DataType type, const std::vector<std::int32_t>& dims,
                       const MsTensorOptions& options = {}) {
    return add(name, type, dims, 0, options);
  }
  template <typename T>
  std::uint32_t constant(const char* name, msl2::DataType type, const std::vector<std::int32_t>& dims,
                         const std::vector<T>& values, const MsTensorOptions& options = {}) {
    const auto data =
        buffer.CreateVector(reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T));
    return add(name, type, dims, data, options);
  }
  std::uint32_t floats(const char* name, const std::vector<std::int32_t>& dims, const std::vector<float>& values) {
    return constant(name, msl2::DataType::Float32, dims, values);
  }
  std::uint32_t ints(const char* name, const std::vector<std::int32_t>& values) {
    return constant(name, msl2::DataType::Int32, {static_cast<std::int32_t>(values.size())}, values);
  }
  std::uint32_t input(const char* name, const std::vector<std::int32_t>& dims,
                      msl2::DataType type = msl2::DataType::Float32, const MsTensorOptions& options = {}) {
    inputs_.push_back(tensor(name, type, dims, options));
    return inputs_.back();
  }
  std::uint32_t output(const char* name, const std::vector<std::int32_t>& dims,
                       msl2::DataType type = msl2::DataType::Float32, const MsTensorOptions& options = {}) {
    outputs_.push_back(tensor(name, type, dims, options));
    return outputs_.back();
  }

  template <typename T>
  void node(const char* name, flatbuffers::Offset<T> table, const std::vector<std::uint32_t>& inputs,
            const std::vector<std::uint32_t>& outputs) {
    node(name, msl2::PrimitiveTypeTraits<T>::enum_value, table.Union(), inputs, outputs);
  }
  void node(const char* name, msl2::PrimitiveType type, flatbuffers::Offset<void> table,
            const std::vector<std::uint32_t>& inputs, const std::vector<std::uint32_t>& outputs) {
    const auto primitive = msl2::CreatePrimitive(buffer, type, table);
    nodes_.push_back(msl2::CreateCNodeDirect(buffer, name, primitive, &inputs, &outputs));
  }

  void subgraphs(int count) { num_subgraphs_ = count; }
  void inputs(std::vector<std::uint32_t> places) { inputs_ = std::move(places); }
  void outputs(std::vector<std::uint32_t> places) { outputs_ = std::move(places); }

  std::vector<std::byte> bytes() {
    std::vector<flatbuffers::Offset<msl2::SubGraph>> subgraphs;
    std::vector<std::uint32_t> order(nodes_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    for (int i = 0; i < num_subgraphs_; ++i)
      subgraphs.push_back(msl2::CreateSubGraphDirect(buffer, "s", &inputs_, &outputs_, &order));
    buffer.Finish(msl2::CreateMetaGraphDirect(buffer, "g", "MindSpore Lite 2.0.0", msl2::FmkType::ONNX, &inputs_,
                                              &outputs_, 0, &nodes_, &tensors_, &subgraphs),
                  msl2::MetaGraphIdentifier());
    const auto all = std::as_bytes(std::span(buffer.GetBufferPointer(), buffer.GetSize()));
    return {all.begin(), all.end()};
  }
  Result<Graph> import(const ImportOptions& options = {}) { return import_ms(bytes(), "a.ms", options); }
  // The graph's text without its first line, or the error.
  std::string text() {
    const auto graph = import();
    if (!graph) return graph.error().message;
    const std::string text = print_graph(*graph);
    return text.substr(text.find('\n') + 1);
  }
  // Values of the first output for inputs of floats.
  std::vector<float> run(const std::vector<std::vector<float>>& values) {
    const auto graph = import();
    if (!graph) ADD_FAILURE() << graph.error().message;
    if (!graph) return {};
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Tensor& input = graph->tensor(graph->inputs[i]);
      tensors.push_back(make_constant(input.name, input.shape, values[i]));
    }
    const auto results = evaluate_graph(*graph, std::move(tensors));
    if (!results) ADD_FAILURE() << results.error().message;
    if (!results) return {};
    const auto result = (*results)[0].values<float>();
    return {result.begin(), result.end()};
  }

 private:
  std::uint32_t add(const char* name, msl2::DataType type, const std::vector<std::int32_t>& dims,
                    flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> data, const MsTensorOptions& options) {
    std::vector<flatbuffers::Offset<msl2::QuantParam>> params;
    for (const MsParam& p : options.quant)
      params.push_back(
          msl2::CreateQuantParam(buffer, p.scale, p.zero_point, 0, 0, true, p.bits, false, p.variance, p.mean));
    const auto quant = params.empty() ? 0 : buffer.CreateVector(params);
    const auto dims_vector = buffer.CreateVector(dims);
    const auto name_string = buffer.CreateString(name);
    msl2::TensorBuilder builder(buffer);
    builder.add_nodeType(data.IsNull() ? msl2::NodeType::CNode : msl2::NodeType::ValueNode);
    builder.add_dataType(type);
    builder.add_dims(dims_vector);
    builder.add_format(options.format);
    builder.add_data(data);
    builder.add_quantParams(quant);
    builder.add_name(name_string);
    builder.add_weightQuantCompressType(options.packing);
    tensors_.push_back(builder.Finish());
    return static_cast<std::uint32_t>(tensors_.size() - 1);
  }

  std::vector<flatbuffers::Offset<msl2::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<msl2::CNode>> nodes_;
  std::vector<std::uint32_t> inputs_, outputs_;
  int num_subgraphs_ = 1;
};

}  // namespace octet::test

#endif  // OCTET_IMPORTERS_MS_TEST_MS_FILE_H_
