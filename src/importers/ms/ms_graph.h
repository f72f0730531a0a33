// SPDX-License-Identifier: Apache-2.0
// What a handler adds its operators to: the graph under construction, and the file's tensors by their places.
#ifndef OCTET_IMPORTERS_MS_MS_GRAPH_H_
#define OCTET_IMPORTERS_MS_MS_GRAPH_H_

#include <any>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "importers/builder.h"
#include "importers/ms/ms_constant.h"
#include "importers/ms/ms_node.h"
#include "ops/define.h"
#include "ops/dynamic_quantize.h"

namespace octet {

using MsTensors = flatbuffers::Vector<flatbuffers::Offset<msl2::Tensor>>;

class MsGraph {
 public:
  // Keeps references. `names` are those that the tensors get, by place; an empty one is named after its node.
  MsGraph(std::string graph_name, const MsTensors& tensors, std::vector<std::string> names, CopyBudget& budget);

  GraphBuilder& builder() { return builder_; }
  const Tensor& tensor(TensorId id) const { return builder_.tensor(id); }
  const Shape& shape(TensorId id) const { return builder_.shape(id); }
  bool is_constant(TensorId id) const { return builder_.is_constant(id); }

  // Weights that are dequantized while running.
  bool is_dequantized_constant(TensorId id) const { return dequantized_constants_.contains(id); }

  const msl2::Tensor& file_tensor(std::uint32_t place) const { return *tensors_.Get(place); }
  std::size_t num_file_tensors() const { return tensors_.size(); }
  // For messages: the name that the file gives, or the place.
  std::string display_name(std::uint32_t place) const;

  Result<void> add_input(std::uint32_t place, const ImportOptions& options);
  // A graph output: what a node made, an input or a constant.
  Result<void> add_output(std::uint32_t place);

  // Input i of a node. A constant is read when it is first asked for; beside float results a quantized one is dequantized
  // by a node of its own. `channel_axis` (negative: from the end) is what several quantization parameters of a constant
  // belong to.
  Result<TensorId> input(const MsNode& node, std::size_t i, std::int64_t channel_axis = 0);
  // The same in two steps: the integers of a quantized constant, for a handler that computes with them or changes them, and
  // their real values.
  Result<TensorId> stored_input(const MsNode& node, std::size_t i, std::int64_t channel_axis = 0);
  Result<TensorId> real_input(const MsNode& node, TensorId stored);
  // kNoTensor if the node has no such input.
  Result<TensorId> optional_input(const MsNode& node, std::size_t i, std::int64_t channel_axis = 0);
  Result<std::vector<TensorId>> inputs(const MsNode& node);
  // Input i as numbers, which must be known now: shapes, axes. At most `max_size`.
  Result<std::vector<std::int64_t>> integers(const MsNode& node, std::size_t i, std::string_view what,
                                             std::size_t max_size);
  Result<std::int64_t> integer(const MsNode& node, std::size_t i, std::string_view what);

  // Adds an operator that makes the node's only output, named after the node.
  Result<void> add(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // The same for an operator that gives i64 where the file may say i32.
  Result<void> add_integer(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Adds a dynamic_quantize that makes the node's only output, int8 without parameters.
  Result<void> add_dynamic(const MsNode& node, const DynamicQuantizeAttrs& attrs, TensorId src);
  // A dynamically quantized tensor with its scale and zero point; null if `id` is another tensor.
  const std::vector<TensorId>* find_dynamic(TensorId id) const;
  // An operator that makes all the node's outputs.
  Result<void> add_multi(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Adds an operator on the way to the node's output, named after the node and `suffix`. An int8 result needs `quant`.
  Result<TensorId> add_inner(const MsNode& node, std::string_view suffix, const Op& op, std::any attrs,
                             std::vector<TensorId> inputs, const std::optional<QuantParams>& quant = std::nullopt);
  TensorId inner_constant(const MsNode& node, std::string_view suffix, Tensor constant);
  TensorId inner_scalar(const MsNode& node, std::string_view suffix, float value);

  // Adds an operator with a fused activation. One that the operator cannot fuse becomes a node of its own behind it.
  template <typename Attrs>
  Result<void> add_activated(const MsNode& node, const Op& op, Attrs attrs, std::vector<TensorId> inputs,
                             msl2::ActivationType activation);
  // src -> activation (without parameters) -> the node's output.
  Result<void> add_activation(const MsNode& node, msl2::ActivationType activation, TensorId src);

  Result<std::int64_t> axis(const MsNode& node, std::int64_t axis, std::size_t rank) const;

  DataType output_type(const MsNode& node) const;  // of the first output, as the file says
  Result<std::optional<QuantParams>> output_quant(const MsNode& node, std::size_t i = 0) const;

 private:
  struct ConstantKey {
    std::uint32_t place;
    std::int64_t axis;
    auto operator<=>(const ConstantKey&) const = default;
  };

  Result<TensorId> constant(std::uint32_t place, std::int64_t axis);
  Result<TensorId> add_main(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                            std::string_view output_name);
  // Makes `id`, computed from `src`, the node's output i: it must be what the file says of that tensor.
  Result<void> set_output(const MsNode& node, std::size_t i, TensorId id, TensorId src);
  Result<void> check_output(const MsNode& node, std::uint32_t place, TensorId id) const;

  const MsTensors& tensors_;
  std::vector<std::string> names_;
  CopyBudget& budget_;
  GraphBuilder builder_;
  std::vector<TensorId> ids_;  // by place: inputs and what nodes made
  std::map<ConstantKey, TensorId> constants_;
  std::map<TensorId, std::vector<TensorId>> dynamic_;  // outputs of dynamic_quantize, by the first
  std::map<TensorId, TensorId> dequantized_;  // of integer weights: the float ones
  std::set<TensorId> dequantized_constants_;  // what operators of the file made of integer weights
};

// The activation that operators of ours fuse; nothing if they do not.
std::optional<Activation> fused_activation(msl2::ActivationType type);

template <typename Attrs>
Result<void> MsGraph::add_activated(const MsNode& node, const Op& op, Attrs attrs, std::vector<TensorId> inputs,
                                    msl2::ActivationType activation) {
  OCTET_RETURN_IF_ERROR(node.check_enumerator(activation, "activation_type"));
  if (const auto fused = fused_activation(activation)) {
    attrs.activation = *fused;
    return add(node, op, std::move(attrs), std::move(inputs));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId linear,
                         add_main(node, op, std::move(attrs), std::move(inputs), node.inner_name("linear")));
  return add_activation(node, activation, linear);
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_MS_GRAPH_H_
