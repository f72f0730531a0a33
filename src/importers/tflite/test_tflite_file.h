// SPDX-License-Identifier: Apache-2.0
// Builds `.tflite` files for tests, field by field, right or wrong ones.
#ifndef OCTET_IMPORTERS_TFLITE_TEST_TFLITE_FILE_H_
#define OCTET_IMPORTERS_TFLITE_TEST_TFLITE_FILE_H_

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "importers/tflite/tflite_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"
#include "tfl3/tfl3_generated.h"

namespace octet::test {

struct TfliteQuant {
  std::vector<float> scale;
  std::vector<std::int64_t> zero_point;
  std::int32_t dimension = 0;
};

class TestTfliteFile {
 public:
  using Type = tfl3::TensorType;
  using Ints = std::vector<std::int32_t>;
  flatbuffers::FlatBufferBuilder buffer;

  // All return the tensor's place.
  std::int32_t tensor(const char* name, const Ints& shape, Type type = Type::FLOAT32, const TfliteQuant& quant = {},
                      const Ints& signature = {}) {
    return add(name, shape, type, 0, quant, signature);
  }
  template <typename T>
  std::int32_t constant(const char* name, const Ints& shape, Type type, const std::vector<T>& values,
                        const TfliteQuant& quant = {}) {
    const auto data =
        buffer.CreateVector(reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T));
    buffers_.push_back(tfl3::CreateBuffer(buffer, data));
    return add(name, shape, type, static_cast<std::uint32_t>(buffers_.size()), quant, {});
  }
  std::int32_t floats(const char* name, const Ints& shape, const std::vector<float>& values) {
    return constant(name, shape, Type::FLOAT32, values);
  }
  std::int32_t ints(const char* name, const Ints& values) {
    return constant(name, {static_cast<std::int32_t>(values.size())}, Type::INT32, values);
  }
  std::int32_t input(const char* name, const Ints& shape, Type type = Type::FLOAT32, const TfliteQuant& quant = {},
                     const Ints& signature = {}) {
    inputs_.push_back(tensor(name, shape, type, quant, signature));
    return inputs_.back();
  }
  std::int32_t output(const char* name, const Ints& shape, Type type = Type::FLOAT32, const TfliteQuant& quant = {}) {
    outputs_.push_back(tensor(name, shape, type, quant));
    return outputs_.back();
  }

  // Without options, or with a table of them.
  void node(tfl3::BuiltinOperator code, const Ints& inputs, const Ints& outputs) {
    node(code, inputs, outputs, tfl3::BuiltinOptions::NONE, 0);
  }
  template <typename T>
  void node(tfl3::BuiltinOperator code, const Ints& inputs, const Ints& outputs, flatbuffers::Offset<T> options) {
    node(code, inputs, outputs, tfl3::BuiltinOptionsTraits<T>::enum_value, options.Union());
  }
  void custom(const char* name, const Ints& inputs, const Ints& outputs, const std::vector<std::uint8_t>& options) {
    codes_.push_back(tfl3::CreateOperatorCodeDirect(buffer, 32, name, 1, tfl3::BuiltinOperator::CUSTOM));
    operators_.push_back(tfl3::CreateOperatorDirect(buffer, static_cast<std::uint32_t>(codes_.size()) - 1, &inputs,
                                                    &outputs, tfl3::BuiltinOptions::NONE, 0, &options));
  }
  void inputs(Ints places) { inputs_ = std::move(places); }
  void outputs(Ints places) { outputs_ = std::move(places); }
  void version(std::uint32_t version) { version_ = version; }

  std::vector<std::byte> bytes() {
    std::vector<flatbuffers::Offset<tfl3::Buffer>> buffers = {tfl3::CreateBuffer(buffer)};  // the first one is empty
    buffers.insert(buffers.end(), buffers_.begin(), buffers_.end());
    const std::vector<flatbuffers::Offset<tfl3::SubGraph>> graphs = {
        tfl3::CreateSubGraphDirect(buffer, &tensors_, &inputs_, &outputs_, &operators_, "g")};
    tfl3::FinishModelBuffer(buffer, tfl3::CreateModelDirect(buffer, version_, &codes_, &graphs, "test", &buffers));
    const auto all = std::as_bytes(std::span(buffer.GetBufferPointer(), buffer.GetSize()));
    return {all.begin(), all.end()};
  }
  Result<Graph> import(const ImportOptions& options = {}) { return import_tflite(bytes(), "a.tflite", options); }
  // The graph's text without its first line, or the error.
  std::string text() {
    const auto graph = import();
    if (!graph) return graph.error().message;
    const std::string text = print_graph(*graph);
    return text.substr(text.find('\n') + 1);
  }
  // All outputs for inputs of float32.
  std::vector<Tensor> run(const std::vector<std::vector<float>>& values) {
    const auto graph = import();
    if (!graph) ADD_FAILURE() << graph.error().message;
    if (!graph) return {};
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Tensor& input = graph->tensor(graph->inputs[i]);
      tensors.push_back(make_constant(input.name, input.shape, values[i]));
    }
    auto results = evaluate_graph(*graph, std::move(tensors));
    if (!results) ADD_FAILURE() << results.error().message;
    return results ? std::move(*results) : std::vector<Tensor>();
  }
  std::vector<float> run_floats(const std::vector<std::vector<float>>& values) {
    const auto results = run(values);
    if (results.empty()) return {};
    const auto floats = results[0].values<float>();
    return {floats.begin(), floats.end()};
  }

 private:
  std::int32_t add(const char* name, const Ints& shape, Type type, std::uint32_t place, const TfliteQuant& quant,
                   const Ints& signature) {
    flatbuffers::Offset<tfl3::QuantizationParameters> params;
    if (!quant.scale.empty())
      params = tfl3::CreateQuantizationParametersDirect(buffer, nullptr, nullptr, &quant.scale, &quant.zero_point,
                                                        tfl3::QuantizationDetails::NONE, 0, quant.dimension);
    tensors_.push_back(tfl3::CreateTensorDirect(buffer, &shape, type, place, name, params, false, 0,
                                                signature.empty() ? nullptr : &signature));
    return static_cast<std::int32_t>(tensors_.size()) - 1;
  }
  void node(tfl3::BuiltinOperator code, const Ints& inputs, const Ints& outputs, tfl3::BuiltinOptions type,
            flatbuffers::Offset<void> options) {
    const int number = static_cast<int>(code);
    codes_.push_back(tfl3::CreateOperatorCode(buffer, static_cast<std::int8_t>(std::min(number, 127)), 0, 1, code));
    operators_.push_back(tfl3::CreateOperatorDirect(buffer, static_cast<std::uint32_t>(codes_.size()) - 1, &inputs,
                                                    &outputs, type, options));
  }

  std::vector<flatbuffers::Offset<tfl3::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tfl3::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tfl3::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tfl3::Operator>> operators_;
  Ints inputs_, outputs_;
  std::uint32_t version_ = 3;
};

}  // namespace octet::test

#endif  // OCTET_IMPORTERS_TFLITE_TEST_TFLITE_FILE_H_
