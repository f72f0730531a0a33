// SPDX-License-Identifier: Apache-2.0
#include "quantizers/compatible/explicit_borders.h"

#include "ops/quantize.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

class BorderWriter {
 public:
  BorderWriter(const Graph& graph, const std::map<TensorId, QuantParams>& params, bool per_channel)
      : graph_(graph), params_(params), per_channel_(per_channel) {}

  Graph run(const std::vector<bool>& quantized) {
    std::size_t at = 0;  // where node i of the source stands now
    for (const bool is_quantized : quantized) {
      if (is_quantized) add_borders(at);
      ++at;
    }
    return std::move(graph_);
  }

 private:
  void add_borders(std::size_t& at) {
    for (std::size_t i = 0; i < graph_.nodes[at].inputs.size(); ++i) {
      const TensorId id = graph_.nodes[at].inputs[i];
      if (id == kNoTensor) continue;
      TensorId quantized = id;
      if (const auto params = params_.find(id); params != params_.end())
        quantized = pair(id, params->second, at);
      else if (i == 1 && has_weights(graph_.nodes[at]))
        quantized = weights(id, at);
      graph_.nodes[at].inputs[i] = quantized;
    }
  }

  TensorId add_tensor(const Tensor& like, std::string_view suffix, DataType type) {
    Tensor tensor;
    tensor.name = fmt::format("{}_{}", like.name, suffix);
    tensor.type = type;
    tensor.shape = like.shape;
    tensor.layout = like.layout;
    return graph_.add_tensor(std::move(tensor));
  }

  void insert(std::size_t& at, const Op& op, TensorId src, TensorId dst) {
    Node node;
    node.name = graph_.tensor(dst).name;
    node.op = &op;
    node.attrs = op.default_attrs();
    node.inputs = {src};
    node.outputs = {dst};
    graph_.insert_node(at++, std::move(node));
  }

  // Made once for all its readers.
  TensorId pair(TensorId id, const QuantParams& params, std::size_t& at) {
    if (const auto found = made_.find(id); found != made_.end()) return found->second;
    const TensorId q = add_tensor(graph_.tensor(id), "quantized", DataType::kInt8);
    graph_.tensor(q).quant = params;
    insert(at, kQuantize, id, q);
    const TensorId real = add_tensor(graph_.tensor(id), "dequantized", DataType::kFloat32);
    insert(at, kDequantize, q, real);
    return made_[id] = real;
  }

  TensorId weights(TensorId id, std::size_t& at) {
    if (const auto found = made_.find(id); found != made_.end()) return found->second;
    const Tensor source = graph_.tensor(id);
    QuantizedWeights quantized = quantize_weights(source.values<float>(), static_cast<std::size_t>(source.shape[0]), per_channel_);
    Tensor constant = make_constant(source.name + "_quantized", source.shape, quantized.values);
    constant.quant.emplace();
    constant.quant->zero_point.assign(quantized.scale.size(), 0);
    constant.quant->axis = quantized.scale.size() > 1 ? 0 : -1;
    constant.quant->scale = std::move(quantized.scale);
    const TensorId q = graph_.add_tensor(std::move(constant));
    const TensorId real = add_tensor(source, "dequantized", DataType::kFloat32);
    insert(at, kDequantize, q, real);
    return made_[id] = real;
  }

  Graph graph_;
  const std::map<TensorId, QuantParams>& params_;
  bool per_channel_;
  std::map<TensorId, TensorId> made_;  // what readers get in place of a tensor
};

}  // namespace

Graph with_explicit_borders(const Graph& graph, const std::vector<bool>& quantized, const std::map<TensorId, QuantParams>& params,
                            bool per_channel) {
  Graph result = BorderWriter(graph, params, per_channel).run(quantized);
  remove_dead_code(result);
  return result;
}

}  // namespace octet
