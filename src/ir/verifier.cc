// SPDX-License-Identifier: Apache-2.0
#include "ir/verifier.h"

#include <cmath>
#include <unordered_set>

namespace octet {
namespace {

template <typename... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorCode::kInvalidGraph, format, std::forward<Args>(args)...);
}

Result<void> verify_quant(const Tensor& tensor) {
  const QuantParams& quant = *tensor.quant;
  if (quant.scale.empty() || quant.scale.size() != quant.zero_point.size())
    return invalid("tensor '{}': {} scales and {} zero points", tensor.name, quant.scale.size(), quant.zero_point.size());
  if (quant.bits < 1 || quant.bits > 32) return invalid("tensor '{}': {} bits, expected 1 to 32", tensor.name, quant.bits);
  for (const float scale : quant.scale)
    if (!std::isfinite(scale) || scale <= 0.0f)
      return invalid("tensor '{}': scale {} is not a positive number", tensor.name, scale);
  const bool has_corrections = quant.corrected() || !quant.mean_correction.empty();
  if (has_corrections &&
      (quant.var_correction.size() != quant.scale.size() || quant.mean_correction.size() != quant.scale.size()))
    return invalid("tensor '{}': {} corrections of the variance and {} of the mean for {} scales", tensor.name,
                   quant.var_correction.size(), quant.mean_correction.size(), quant.scale.size());
  if (has_corrections && !tensor.is_constant)
    return invalid("tensor '{}' is no constant and has corrections of its values", tensor.name);
  for (const auto* corrections : {&quant.var_correction, &quant.mean_correction})
    for (const float correction : *corrections)
      if (!std::isfinite(correction)) return invalid("tensor '{}': correction {} is not finite", tensor.name, correction);
  if (!quant.per_channel()) return {};
  if (quant.axis < 0 || static_cast<std::size_t>(quant.axis) >= tensor.shape.size() ||
      tensor.shape[static_cast<std::size_t>(quant.axis)] != static_cast<std::int64_t>(quant.scale.size())) {
    return invalid("tensor '{}': {} scales do not fit axis {} of shape [{}]", tensor.name, quant.scale.size(), quant.axis,
                   fmt::join(tensor.shape, ", "));
  }
  return {};
}

Result<void> verify_tensor(const Tensor& tensor, std::size_t num_symbols) {
  if (tensor.name.empty()) return invalid("a tensor has no name");
  if (tensor.shape.size() > kMaxRank)
    return invalid("tensor '{}': rank {} is above {}", tensor.name, tensor.shape.size(), kMaxRank);
  for (const std::int64_t d : tensor.shape)
    if (is_symbolic(d) && d != kUnknownDimension && static_cast<std::size_t>(-1 - d) >= num_symbols)
      return invalid("tensor '{}': dimension {} stands for no symbol of the graph", tensor.name, d);
  if (!within_limits(tensor.shape))
    return invalid("tensor '{}': shape [{}] is too large", tensor.name, fmt::join(tensor.shape, ", "));
  if (tensor.is_constant) {
    const auto count = num_elements(tensor.shape);
    if (!count) return invalid("constant '{}': shape [{}] is not fixed", tensor.name, fmt::join(tensor.shape, ", "));
    const std::size_t expected = static_cast<std::size_t>(*count) * data_type_size(tensor.type);
    if (tensor.data.size_bytes() != expected) {
      return invalid("constant '{}': has {} bytes, its shape [{}] needs {}", tensor.name, tensor.data.size_bytes(),
                     fmt::join(tensor.shape, ", "), expected);
    }
  }
  if (tensor.quant) OCTET_RETURN_IF_ERROR(verify_quant(tensor));
  return {};
}

// Follows the nodes in order and knows which tensors exist at each point.
class NodeVerifier {
 public:
  explicit NodeVerifier(const Graph& graph) : graph_(graph), exists_(graph.tensors.size(), false) {
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) exists_[i] = graph.tensors[i].is_constant;
  }

  Result<void> inputs() {
    for (const TensorId id : graph_.inputs) {
      if (!in_range(id)) return invalid("graph input: tensor {} does not exist", id);
      if (exists_[static_cast<std::size_t>(id)])
        return invalid("graph input '{}' is listed twice, or is a constant", graph_.tensor(id).name);
      exists_[static_cast<std::size_t>(id)] = true;
    }
    return {};
  }

  Result<void> node(const Node& node) {
    if (node.op == nullptr) return invalid("node '{}' has no operator", node.name);
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor) continue;
      if (!in_range(id)) return invalid("node '{}': input tensor {} does not exist", node.name, id);
      if (!exists_[static_cast<std::size_t>(id)])
        return invalid("node '{}': input '{}' is not made before it is read", node.name, graph_.tensor(id).name);
    }
    for (const TensorId id : node.outputs) {
      if (!in_range(id)) return invalid("node '{}': output tensor {} does not exist", node.name, id);
      if (exists_[static_cast<std::size_t>(id)])
        return invalid("node '{}': output '{}' is made twice", node.name, graph_.tensor(id).name);
      exists_[static_cast<std::size_t>(id)] = true;
    }
    if (node.outputs.empty()) return invalid("node '{}' ({}): has no output", node.name, node.op->name);
    return types(node);
  }

  Result<void> outputs() const {
    if (graph_.outputs.empty()) return invalid("the graph has no output");
    for (const TensorId id : graph_.outputs) {
      if (!in_range(id)) return invalid("graph output: tensor {} does not exist", id);
      if (!exists_[static_cast<std::size_t>(id)]) return invalid("graph output '{}' is never made", graph_.tensor(id).name);
    }
    return {};
  }

 private:
  bool in_range(TensorId id) const { return id >= 0 && static_cast<std::size_t>(id) < graph_.tensors.size(); }

  Result<void> types(const Node& node) const {
    auto types = infer_types(graph_, node);
    if (!types) return invalid("{}", types.error().message);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const Tensor& output = graph_.tensor(node.outputs[i]);
      const TensorType& expected = (*types)[i];
      if (output.type == expected.type && output.shape == expected.shape) continue;
      return invalid("node '{}' ({}): output '{}' is {}[{}], shape inference gives {}[{}]", node.name, node.op->name,
                     output.name, data_type_name(output.type), fmt::join(output.shape, ", "),
                     data_type_name(expected.type), fmt::join(expected.shape, ", "));
    }
    return {};
  }

  const Graph& graph_;
  std::vector<bool> exists_;
};

}  // namespace

Result<void> verify(const Graph& graph) {
  std::unordered_set<std::string_view> tensor_names, node_names;
  for (const Tensor& tensor : graph.tensors) {
    OCTET_RETURN_IF_ERROR(verify_tensor(tensor, graph.symbols.size()));
    if (!tensor_names.insert(tensor.name).second) return invalid("two tensors are named '{}'", tensor.name);
  }
  NodeVerifier verifier(graph);
  OCTET_RETURN_IF_ERROR(verifier.inputs());
  for (const Node& node : graph.nodes) {
    if (node.name.empty()) return invalid("a node ({}) has no name", node.op == nullptr ? "no operator" : node.op->name);
    if (!node_names.insert(node.name).second) return invalid("two nodes are named '{}'", node.name);
    OCTET_RETURN_IF_ERROR(verifier.node(node));
  }
  return verifier.outputs();
}

}  // namespace octet
