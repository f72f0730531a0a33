// SPDX-License-Identifier: Apache-2.0
// What the operator writers share.
#ifndef OCTET_EXPORTERS_TFLITE_TFLITE_WRITER_H_
#define OCTET_EXPORTERS_TFLITE_TFLITE_WRITER_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"
#include "ops/define.h"
#include "tfl3/tfl3_generated.h"

namespace octet {

// Numbers of attributes, which the file has in 32 bits.
inline std::int32_t narrow(std::int64_t value) { return static_cast<std::int32_t>(value); }

using Place = std::int32_t;  // of a tensor in the file; -1: an optional input that is absent

// The tensors and operators of the file so far.
class TfliteFile {
 public:
  explicit TfliteFile(const Graph& graph) : graph_(graph) {}

  const Graph& graph() const { return graph_; }
  flatbuffers::FlatBufferBuilder& buffer() { return buffer_; }

  Place place(TensorId id);         // of a tensor of the graph, which is written when first asked for
  Place add_tensor(Tensor tensor);  // one that the graph does not have
  const Tensor& tensor(Place place) const { return tensors_[static_cast<std::size_t>(place)]; }

  void add_operator(tfl3::BuiltinOperator code, int version, const std::vector<Place>& inputs,
                    const std::vector<Place>& outputs, tfl3::BuiltinOptions type, flatbuffers::Offset<void> options);

  std::vector<std::byte> finish();

 private:
  flatbuffers::Offset<tfl3::Tensor> write_tensor(const Tensor& tensor,
                                                 std::vector<flatbuffers::Offset<tfl3::Buffer>>& buffers);

  const Graph& graph_;
  flatbuffers::FlatBufferBuilder buffer_;
  std::vector<Tensor> tensors_;
  std::unordered_map<TensorId, Place> places_;
  std::vector<std::pair<tfl3::BuiltinOperator, int>> codes_;  // with versions
  std::vector<flatbuffers::Offset<tfl3::Operator>> operators_;
};

class TfliteWriter {
 public:
  TfliteWriter(TfliteFile& file, const Node& node) : file(file), node(node) {}

  TfliteFile& file;
  const Node& node;

  const Tensor& input(std::size_t i = 0) const { return file.graph().tensor(node.inputs[i]); }
  const Tensor& output(std::size_t i = 0) const { return file.graph().tensor(node.outputs[i]); }
  bool has_input(std::size_t i) const { return i < node.inputs.size() && node.inputs[i] != kNoTensor; }
  bool is_int8() const { return output().type == DataType::kInt8; }

  Place src(std::size_t i = 0) { return has_input(i) ? file.place(node.inputs[i]) : -1; }
  Place dst(std::size_t i = 0) { return file.place(node.outputs[i]); }
  std::vector<Place> srcs();
  std::vector<Place> dsts();
  // Tensors of the file that the graph does not have, named after the node.
  Place constant(std::string_view suffix, Tensor constant);
  Place integers(std::string_view suffix, const std::vector<std::int64_t>& values);  // int32
  Place intermediate(std::string_view suffix, const Tensor& like, Shape shape);

  // Int8 operators that keep their input's parameters: src with those of the node's output.
  Place requantized_src(std::size_t i = 0);

  template <typename T>
  void add(tfl3::BuiltinOperator code, const std::vector<Place>& inputs, const std::vector<Place>& outputs,
           flatbuffers::Offset<T> options) {
    file.add_operator(code, version(code), inputs, outputs, tfl3::BuiltinOptionsTraits<T>::enum_value, options.Union());
  }
  void add(tfl3::BuiltinOperator code, const std::vector<Place>& inputs, const std::vector<Place>& outputs) {
    file.add_operator(code, version(code), inputs, outputs, tfl3::BuiltinOptions::NONE, 0);
  }

  template <typename... Args>
  Error unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(ErrorCode::kUnsupported, "node '{}' ({}): {}", node.name, node.op->name,
                      fmt::format(format, std::forward<Args>(args)...));
  }
  // Of an int8 node that has no int8 kernel there.
  Error no_int8_kernel() const {
    return unsupported("has no int8 kernel in TFLite; keep it float with skip_quant_type={}", node.op->name);
  }

 private:
  int version(tfl3::BuiltinOperator code) const;
};

using WriteTflite = Result<void> (*)(TfliteWriter& writer);

// The writer of an operator; null if the format has none.
WriteTflite find_tflite_writer(const Op& op);

tfl3::ActivationFunctionType tflite_activation(Activation activation);
std::optional<tfl3::TensorType> tflite_type(DataType type);

// layer_writers.cc
Result<void> write_tflite_conv2d(TfliteWriter& writer);
Result<void> write_tflite_pool2d(TfliteWriter& writer);
Result<void> write_tflite_resize(TfliteWriter& writer);
Result<void> write_tflite_fully_connected(TfliteWriter& writer);
Result<void> write_tflite_dynamic_fully_connected(TfliteWriter& writer);
Result<void> write_tflite_matmul(TfliteWriter& writer);
Result<void> write_tflite_scale(TfliteWriter& writer);

// element_writers.cc
Result<void> write_tflite_unary(TfliteWriter& writer);
Result<void> write_tflite_binary(TfliteWriter& writer);
Result<void> write_tflite_softmax(TfliteWriter& writer);
Result<void> write_tflite_quantize(TfliteWriter& writer);
Result<void> write_tflite_dequantize(TfliteWriter& writer);

// movement_writers.cc
Result<void> write_tflite_concat(TfliteWriter& writer);
Result<void> write_tflite_split(TfliteWriter& writer);
Result<void> write_tflite_slice(TfliteWriter& writer);
Result<void> write_tflite_pad(TfliteWriter& writer);
Result<void> write_tflite_transpose(TfliteWriter& writer);
Result<void> write_tflite_reshape(TfliteWriter& writer);
Result<void> write_tflite_reduce(TfliteWriter& writer);

}  // namespace octet

#endif  // OCTET_EXPORTERS_TFLITE_TFLITE_WRITER_H_
