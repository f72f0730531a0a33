// SPDX-License-Identifier: Apache-2.0
// A node of the file as its handler sees it: its options and inputs, and the operators it adds (NodeBuilder).
#ifndef OCTET_IMPORTERS_TFLITE_TFLITE_NODE_H_
#define OCTET_IMPORTERS_TFLITE_TFLITE_NODE_H_

#include <string>
#include <vector>

#include "importers/lowering.h"
#include "importers/tflite/tflite_tensor.h"

namespace octet {

class TfliteGraph;

class TfliteNode : public NodeBuilder {
 public:
  TfliteNode(TfliteGraph& graph, const tfl3::Operator& op, std::string name, std::string type,
             std::vector<OutputSpec> outputs);

  // The operator's options. Error: kInvalidModel if the file has none, or others.
  template <typename T>
  Result<const T*> options() const {
    const T* found = op_.builtin_options_as<T>();
    if (found != nullptr) return found;
    return error(ErrorCode::kInvalidModel, "has options of kind {}, expected {}",
                 tfl3::EnumNameBuiltinOptions(op_.builtin_options_type()),
                 tfl3::EnumNameBuiltinOptions(tfl3::BuiltinOptionsTraits<T>::enum_value));
  }
  const flatbuffers::Vector<std::uint8_t>* custom_options() const { return op_.custom_options(); }

  std::size_t num_inputs() const { return op_.inputs() == nullptr ? 0 : op_.inputs()->size(); }
  bool has_input(std::size_t i) const;
  // Input i. Constants are read when first asked for. float16 and, where the node computes in float, integer weights
  // are float32 constants. Error: kInvalidModel if there is none.
  Result<TensorId> input(std::size_t i);
  // As stored: int8 weights stay int8 even in a node that computes in float.
  Result<TensorId> stored_input(std::size_t i);
  Result<TensorId> optional_input(std::size_t i);  // kNoTensor if absent
  Result<std::vector<TensorId>> inputs(std::size_t first = 0);
  Result<Numbers> integers_of(std::size_t i, std::string_view what, std::size_t max_size);
  Result<std::int64_t> integer_of(std::size_t i, std::string_view what);

  Result<FusedActivation> activation(tfl3::ActivationFunctionType type) const;
  // The numbers of an option; absent: none.
  Result<Numbers> numbers(const flatbuffers::Vector<std::int32_t>* list, std::string_view what,
                          std::size_t max_size) const;

 private:
  bool computes_in_float() const;

  TfliteGraph& file_;
  const tfl3::Operator& op_;
};

// The file's tensors by their places, and the graph under construction.
class TfliteGraph {
 public:
  using Tensors = flatbuffers::Vector<flatbuffers::Offset<tfl3::Tensor>>;
  using Buffers = flatbuffers::Vector<flatbuffers::Offset<tfl3::Buffer>>;

  // Keeps references. `names` are those that the tensors get, by place; an empty one is named after its node.
  TfliteGraph(std::string graph_name, const Tensors& tensors, const Buffers& buffers, std::vector<std::string> names,
              CopyBudget& budget);

  GraphBuilder& builder() { return builder_; }
  const tfl3::Tensor& file_tensor(std::size_t place) const {
    return *tensors_.Get(static_cast<flatbuffers::uoffset_t>(place));
  }
  const std::string& name(std::size_t place) const { return names_[place]; }
  std::string display_name(std::size_t place) const;
  bool is_constant(std::size_t place) const;
  TensorId id(std::size_t place) const { return ids_[place]; }

  // Graph inputs and outputs keep the file's name and type; uint8 ones get a quantize node to or from int8.
  Result<void> add_input(std::size_t place, const ImportOptions& options);
  Result<void> add_output(std::size_t place);
  // What the node makes must be what the file says.
  Result<void> bind_output(const TfliteNode& node, std::size_t place, TensorId id);
  Result<OutputSpec> output_spec(std::size_t place, bool is_graph_output) const;

  Result<TensorId> constant(std::size_t place);
  // The same, dequantized.
  Result<TensorId> float_constant(std::size_t place);

 private:
  const Tensors& tensors_;
  const Buffers& buffers_;
  std::vector<std::string> names_;
  CopyBudget& budget_;
  GraphBuilder builder_;
  std::vector<TensorId> ids_, constants_, float_constants_;  // by place
  bool has_other_input_sizes_ = false;  // the user gave a free dimension another size: stated shapes do not hold
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_TFLITE_TFLITE_NODE_H_
