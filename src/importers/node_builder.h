// SPDX-License-Identifier: Apache-2.0
// What a handler builds one node of a file with: operators that are named after the node, and results that are named,
// typed and quantized as the file says.
#ifndef OCTET_IMPORTERS_NODE_BUILDER_H_
#define OCTET_IMPORTERS_NODE_BUILDER_H_

#include <any>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "importers/builder.h"

namespace octet {

// What the file says of a node's output.
struct OutputSpec {
  std::string name;                  // empty: after the node
  std::optional<DataType> type;      // nothing: as the operator gives it
  std::optional<QuantParams> quant;  // of int8 results
};

class NodeBuilder {
 public:
  // Keeps a reference to `graph`. `type` is the operator's name in the file, for messages.
  NodeBuilder(GraphBuilder& graph, std::string name, std::string type, std::vector<OutputSpec> outputs);

  GraphBuilder& graph() { return graph_; }
  const std::string& name() const { return name_; }
  const std::string& type() const { return type_; }
  std::string inner_name(std::string_view suffix) const { return fmt::format("{}/{}", name_, suffix); }

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  const Shape& shape(TensorId id) const { return graph_.shape(id); }
  std::size_t rank(TensorId id) const { return graph_.shape(id).size(); }
  bool is_constant(TensorId id) const { return graph_.is_constant(id); }

  std::size_t num_outputs() const { return specs_.size(); }
  const OutputSpec& output_spec(std::size_t i = 0) const { return specs_[i]; }
  // What has been made of output i so far; kNoTensor: nothing.
  TensorId output(std::size_t i) const { return outputs_[i]; }

  // Makes output i (or 0) with an operator. Where the file's type is another one, a quantize node or a cast follows.
  // Error: kInvalidModel if the types cannot be brought together.
  Result<void> add(const Op& op, std::any attrs, std::vector<TensorId> inputs) {
    return add_to(0, op, std::move(attrs), std::move(inputs));
  }
  Result<void> add_to(std::size_t i, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Makes all outputs with one operator that has several.
  Result<void> add_multi(const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Output 0 is a constant, or a tensor that exists already.
  Result<void> add_constant(Tensor constant);
  void set_output(std::size_t i, TensorId id) { outputs_[i] = id; }

  // An operator on the way to an output, named after the node and `suffix`. An int8 result gets `quant`, or without one
  // the parameters of the first input. Error: kUnsupported if it has neither, or would compute anew with the input's
  // parameters.
  Result<TensorId> inner(std::string_view suffix, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                         const std::optional<QuantParams>& quant = std::nullopt);
  TensorId constant(std::string_view suffix, Tensor constant);
  TensorId scalar(std::string_view suffix, float value);

  // The tensor as float32: itself, a dequantized constant, or what a dequantize node gives.
  Result<TensorId> as_float(TensorId id);
  // int8 as it is but for its parameters, by a quantize node where they differ.
  Result<TensorId> requantized(TensorId id, const QuantParams& quant);

  // The tensor as numbers, which must be known now: shapes, axes. At most `max_size`.
  Result<std::vector<std::int64_t>> integers(TensorId id, std::string_view what, std::size_t max_size) const;
  Result<std::int64_t> integer(TensorId id, std::string_view what) const;
  // The only element of a float32 constant.
  Result<float> real(TensorId id, std::string_view what) const;
  Result<std::int64_t> axis(std::int64_t axis, std::size_t rank) const;

  template <typename... Args>
  Error error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(code, "node '{}' ({}): {}", name_, type_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  Result<DataType> result_type(const Op& op, const std::any& attrs, const std::vector<TensorId>& inputs) const;
  Result<void> finish_output(std::size_t i, TensorId id, TensorId src);

  GraphBuilder& graph_;
  std::string name_, type_;
  std::vector<OutputSpec> specs_;
  std::vector<TensorId> outputs_;
};

// The same elements in another shape of as many; an axis of quantization parameters becomes `quant_axis`.
Tensor reshaped_constant(Tensor constant, Shape shape, int quant_axis = -1);
// A constant of float16, or of int8, uint8, int16 or int32 with parameters, as float32.
Result<Tensor> dequantized_constant(const Tensor& constant);

}  // namespace octet

#endif  // OCTET_IMPORTERS_NODE_BUILDER_H_
