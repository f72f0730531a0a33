// SPDX-License-Identifier: Apache-2.0
// What the operator writers share.
#ifndef OCTET_EXPORTERS_MS_MS_WRITER_H_
#define OCTET_EXPORTERS_MS_MS_WRITER_H_

#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "msl2/msl2_generated.h"
#include "ops/define.h"

namespace octet {

// A primitive: its kind in the union, and its table in the buffer.
struct MsPrimitive {
  msl2::PrimitiveType type;
  flatbuffers::Offset<void> table;
};

// Tensors of the file that the graph does not have: shapes, permutations and axes that the format takes as inputs, results that
// nobody reads.
class MsWriter {
 public:
  MsWriter(const Graph& graph, const Node& node, flatbuffers::FlatBufferBuilder& buffer, std::vector<Tensor>& extra_tensors)
      : graph(graph), node(node), buffer(buffer), extra_tensors_(extra_tensors) {
    for (const TensorId id : node.inputs)
      if (id != kNoTensor) inputs.push_back(id);
    outputs = node.outputs;
  }

  const Graph& graph;
  const Node& node;
  flatbuffers::FlatBufferBuilder& buffer;
  // The node's inputs in the file: ids of the graph, then of extra tensors (graph.tensors.size() + index). A writer may
  // change them.
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;  // likewise

  const Tensor& input(std::size_t i) const { return graph.tensor(node.inputs[i]); }
  const Tensor& output(std::size_t i = 0) const { return graph.tensor(node.outputs[i]); }
  bool has_input(std::size_t i) const { return i < node.inputs.size() && node.inputs[i] != kNoTensor; }

  // Appends a constant i32 tensor to the inputs, named "<node>_<suffix>".
  void append_input(std::string_view suffix, Shape shape, const std::vector<std::int64_t>& values);
  void append_input(std::string_view suffix, const std::vector<std::int64_t>& values) {
    append_input(suffix, Shape{static_cast<std::int64_t>(values.size())}, values);
  }

  // Appends a tensor that the graph does not have. Its name, "last_h", becomes "<node>_last_h".
  void append_input(Tensor constant) { inputs.push_back(add_extra(std::move(constant))); }
  void append_output(Tensor unread) { outputs.push_back(add_extra(std::move(unread))); }

  flatbuffers::Offset<flatbuffers::Vector<std::int64_t>> vector(const std::vector<std::int64_t>& values) {
    return buffer.CreateVector(values);
  }

  // Error if one of the sizes is dynamic: the format holds them as numbers.
  Result<void> expect_fixed(std::span<const std::int64_t> sizes, std::string_view what) const {
    for (const std::int64_t size : sizes)
      if (is_symbolic(size)) return unsupported("its {} is dynamic, and a .ms file holds a number: fix the inputs with --input-shape \"NAME:1,...\"", what);
    return {};
  }

  template <typename T>
  MsPrimitive primitive(flatbuffers::Offset<T> table) const {
    return {msl2::PrimitiveTypeTraits<T>::enum_value, table.Union()};
  }

  template <typename... Args>
  Error unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(ErrorCode::kUnsupported, "node '{}' ({}): {}", node.name, node.op->name,
                      fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  TensorId add_extra(Tensor tensor);

  std::vector<Tensor>& extra_tensors_;
};

// What an error says of something that the format has no place for.
inline constexpr std::string_view kNotInMsFiles = "cannot be stored in a .ms file; Octet can run the source model itself";

using WritePrimitive = Result<MsPrimitive> (*)(MsWriter& writer);

// The writer of an operator; null if the format has none.
WritePrimitive find_ms_writer(const Op& op);

msl2::ActivationType ms_activation(Activation activation);
msl2::DataType ms_data_type(DataType type);

// Operator writers, by family.
Result<MsPrimitive> write_ms_conv2d(MsWriter& writer);
Result<MsPrimitive> write_ms_pool2d(MsWriter& writer);
Result<MsPrimitive> write_ms_resize(MsWriter& writer);
Result<MsPrimitive> write_ms_fully_connected(MsWriter& writer);
Result<MsPrimitive> write_ms_matmul(MsWriter& writer);
Result<MsPrimitive> write_ms_lstm(MsWriter& writer);
Result<MsPrimitive> write_ms_gru(MsWriter& writer);
Result<MsPrimitive> write_ms_batch_norm(MsWriter& writer);
Result<MsPrimitive> write_ms_scale(MsWriter& writer);
Result<MsPrimitive> write_ms_layer_norm(MsWriter& writer);
Result<MsPrimitive> write_ms_lrn(MsWriter& writer);
Result<MsPrimitive> write_ms_unary(MsWriter& writer);
Result<MsPrimitive> write_ms_binary(MsWriter& writer);
Result<MsPrimitive> write_ms_softmax(MsWriter& writer);
Result<MsPrimitive> write_ms_concat(MsWriter& writer);
Result<MsPrimitive> write_ms_split(MsWriter& writer);
Result<MsPrimitive> write_ms_slice(MsWriter& writer);
Result<MsPrimitive> write_ms_pad(MsWriter& writer);
Result<MsPrimitive> write_ms_reshape(MsWriter& writer);
Result<MsPrimitive> write_ms_flatten(MsWriter& writer);
Result<MsPrimitive> write_ms_squeeze(MsWriter& writer);
Result<MsPrimitive> write_ms_transpose(MsWriter& writer);
Result<MsPrimitive> write_ms_reduce(MsWriter& writer);
Result<MsPrimitive> write_ms_arg_max(MsWriter& writer);
Result<MsPrimitive> write_ms_gather(MsWriter& writer);
Result<MsPrimitive> write_ms_cast(MsWriter& writer);
Result<MsPrimitive> write_ms_expand(MsWriter& writer);
Result<MsPrimitive> write_ms_shape_of(MsWriter& writer);
Result<MsPrimitive> write_ms_dynamic_slice(MsWriter& writer);
Result<MsPrimitive> write_ms_dynamic_reshape(MsWriter& writer);
Result<MsPrimitive> write_ms_gather_elements(MsWriter& writer);
Result<MsPrimitive> write_ms_gather_nd(MsWriter& writer);
Result<MsPrimitive> write_ms_scatter(MsWriter& writer);
Result<MsPrimitive> write_ms_top_k(MsWriter& writer);
Result<MsPrimitive> write_ms_cum_sum(MsWriter& writer);
Result<MsPrimitive> write_ms_reverse_sequence(MsWriter& writer);
Result<MsPrimitive> write_ms_arg_min(MsWriter& writer);
Result<MsPrimitive> write_ms_size_of(MsWriter& writer);
Result<MsPrimitive> write_ms_quantize(MsWriter& writer);
Result<MsPrimitive> write_ms_dynamic_quantize(MsWriter& writer);
Result<MsPrimitive> write_ms_dynamic_fully_connected(MsWriter& writer);
Result<MsPrimitive> write_ms_dynamic_matmul(MsWriter& writer);

}  // namespace octet

#endif  // OCTET_EXPORTERS_MS_MS_WRITER_H_
