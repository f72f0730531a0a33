// SPDX-License-Identifier: Apache-2.0
#include "ir/graph.h"

#include <algorithm>
#include <functional>

namespace octet {

std::string Graph::Names::add(std::string_view wanted) {
  const std::string base(wanted.empty() ? "t" : wanted);
  std::string name = base;
  while (!taken.insert(name).second) name = fmt::format("{}_{}", base, ++counters[base]);
  return name;
}

TensorId Graph::add_tensor(Tensor tensor) {
  tensor.name = tensor_names_.add(tensor.name);
  tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors.size() - 1);
}

std::size_t Graph::insert_node(std::size_t before, Node node) {
  node.name = node_names_.add(node.name);
  nodes.insert(nodes.begin() + static_cast<std::ptrdiff_t>(before), std::move(node));
  return before;
}

std::size_t Graph::add_node(Node node) { return insert_node(nodes.size(), std::move(node)); }

std::int64_t Graph::symbol(std::string_view symbol_name) {
  auto found = std::find(symbols.begin(), symbols.end(), symbol_name);
  if (found == symbols.end()) found = symbols.insert(symbols.end(), std::string(symbol_name));
  return -1 - (found - symbols.begin());
}

std::int32_t Uses::single_consumer(TensorId tensor) const {
  const auto t = static_cast<std::size_t>(tensor);
  return consumers[t].size() == 1 && !is_output[t] ? consumers[t][0] : -1;
}

Uses find_uses(const Graph& graph) {
  Uses uses;
  uses.producer.assign(graph.tensors.size(), -1);
  uses.consumers.resize(graph.tensors.size());
  uses.is_output.assign(graph.tensors.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const TensorId input : graph.nodes[i].inputs)
      if (input != kNoTensor) uses.consumers[static_cast<std::size_t>(input)].push_back(static_cast<std::int32_t>(i));
    for (const TensorId output : graph.nodes[i].outputs)
      uses.producer[static_cast<std::size_t>(output)] = static_cast<std::int32_t>(i);
  }
  for (const TensorId output : graph.outputs) uses.is_output[static_cast<std::size_t>(output)] = true;
  return uses;
}

TensorId replace_constant(Graph& graph, const Uses& uses, TensorId id, Tensor constant) {
  const auto t = static_cast<std::size_t>(id);
  // Tensors that are newer than `uses` were made for one node.
  const bool is_shared = t < uses.consumers.size() && (uses.consumers[t].size() > 1 || uses.is_output[t]);
  if (is_shared) return graph.add_tensor(std::move(constant));
  constant.name = graph.tensor(id).name;
  graph.tensor(id) = std::move(constant);
  return id;
}

void replace_uses(Graph& graph, TensorId from, TensorId to) {
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
}

void erase_nodes(Graph& graph, const std::vector<bool>& dead) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (dead[i]) continue;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    ++kept;
  }
  graph.nodes.resize(kept);
}

namespace {

// Drops tensors nobody refers to and renumbers the others.
void remove_unused_tensors(Graph& graph) {
  std::vector<TensorId> new_id(graph.tensors.size(), kNoTensor);
  const auto mark = [&](TensorId id) {
    if (id != kNoTensor) new_id[static_cast<std::size_t>(id)] = 0;
  };
  for (const Node& node : graph.nodes) {
    std::for_each(node.inputs.begin(), node.inputs.end(), mark);
    std::for_each(node.outputs.begin(), node.outputs.end(), mark);
  }
  std::for_each(graph.inputs.begin(), graph.inputs.end(), mark);
  std::for_each(graph.outputs.begin(), graph.outputs.end(), mark);

  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (new_id[i] == kNoTensor) continue;
    new_id[i] = static_cast<TensorId>(kept);
    if (kept != i) graph.tensors[kept] = std::move(graph.tensors[i]);
    ++kept;
  }
  graph.tensors.resize(kept);

  const auto renumber = [&](TensorId& id) {
    if (id != kNoTensor) id = new_id[static_cast<std::size_t>(id)];
  };
  for (Node& node : graph.nodes) {
    std::for_each(node.inputs.begin(), node.inputs.end(), renumber);
    std::for_each(node.outputs.begin(), node.outputs.end(), renumber);
  }
  std::for_each(graph.inputs.begin(), graph.inputs.end(), renumber);
  std::for_each(graph.outputs.begin(), graph.outputs.end(), renumber);
}

}  // namespace

std::size_t remove_dead_code(Graph& graph) {
  std::vector<bool> live(graph.tensors.size(), false);
  for (const TensorId output : graph.outputs) live[static_cast<std::size_t>(output)] = true;
  std::vector<bool> dead(graph.nodes.size(), false);
  std::size_t num_dead = 0;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    dead[i] = std::none_of(node.outputs.begin(), node.outputs.end(),
                           [&](TensorId id) { return live[static_cast<std::size_t>(id)]; });
    if (dead[i]) {
      ++num_dead;
      continue;
    }
    for (const TensorId input : node.inputs)
      if (input != kNoTensor) live[static_cast<std::size_t>(input)] = true;
  }
  erase_nodes(graph, dead);
  remove_unused_tensors(graph);
  return num_dead;
}

Result<void> sort_topologically(Graph& graph) {
  const Uses uses = find_uses(graph);
  std::vector<int> missing(graph.nodes.size(), 0);  // inputs of the node that no sorted node has made yet
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const TensorId input : graph.nodes[i].inputs)
      if (input != kNoTensor && uses.producer[static_cast<std::size_t>(input)] >= 0) ++missing[i];

  // A min-heap on the old position keeps the given order wherever it is possible.
  std::vector<std::size_t> ready, order;
  const auto later = std::greater<std::size_t>();
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (missing[i] == 0) ready.push_back(i);
  std::make_heap(ready.begin(), ready.end(), later);
  while (!ready.empty()) {
    std::pop_heap(ready.begin(), ready.end(), later);
    const std::size_t node = ready.back();
    ready.pop_back();
    order.push_back(node);
    for (const TensorId output : graph.nodes[node].outputs) {
      for (const std::int32_t consumer : uses.consumers[static_cast<std::size_t>(output)]) {
        if (--missing[static_cast<std::size_t>(consumer)] > 0) continue;
        ready.push_back(static_cast<std::size_t>(consumer));
        std::push_heap(ready.begin(), ready.end(), later);
      }
    }
  }
  if (order.size() < graph.nodes.size()) {
    const auto on_cycle = std::find_if(missing.begin(), missing.end(), [](int count) { return count > 0; });
    return make_error(ErrorCode::kInvalidGraph, "node '{}' is on a cycle, or reads from one: a graph must be acyclic",
                      graph.nodes[static_cast<std::size_t>(on_cycle - missing.begin())].name);
  }
  std::vector<Node> sorted;
  sorted.reserve(order.size());
  for (const std::size_t node : order) sorted.push_back(std::move(graph.nodes[node]));
  graph.nodes = std::move(sorted);
  return {};
}

std::int32_t find_node(const Graph& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (graph.nodes[i].name == name) return static_cast<std::int32_t>(i);
  return -1;
}

TensorId find_tensor(const Graph& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.tensors.size(); ++i)
    if (graph.tensors[i].name == name) return static_cast<TensorId>(i);
  return kNoTensor;
}

std::unordered_map<std::string_view, TensorId> tensors_by_name(const Graph& graph) {
  std::unordered_map<std::string_view, TensorId> ids;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) ids.emplace(graph.tensors[i].name, static_cast<TensorId>(i));
  return ids;
}

std::vector<const Tensor*> input_tensors(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> inputs;
  inputs.reserve(node.inputs.size());
  for (const TensorId id : node.inputs) inputs.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  return inputs;
}

namespace {

Result<void> check_inputs(const Op& op, std::span<const Tensor* const> inputs) {
  const auto count = static_cast<int>(inputs.size());
  if (count < op.min_inputs || count > op.max_inputs) {
    const std::string expected = op.max_inputs == op.min_inputs  ? fmt::format("{}", op.min_inputs)
                                 : op.max_inputs == kAnyNumber ? fmt::format("at least {}", op.min_inputs)
                                                               : fmt::format("{} to {}", op.min_inputs, op.max_inputs);
    return make_error(ErrorCode::kInvalidModel, "has {} inputs, expected {}", count, expected);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr && i >= static_cast<std::size_t>(op.min_inputs)) continue;
    if (inputs[i] == nullptr) return make_error(ErrorCode::kInvalidModel, "input {} is missing", i);
    if (!within_limits(inputs[i]->shape)) {
      return make_error(ErrorCode::kInvalidModel, "input '{}': shape [{}] is too large", inputs[i]->name,
                        fmt::join(inputs[i]->shape, ", "));
    }
  }
  return {};
}

Result<std::vector<TensorType>> checked_types(const Node& node, std::span<const Tensor* const> inputs) {
  OCTET_RETURN_IF_ERROR(check_inputs(*node.op, inputs));
  OCTET_ASSIGN_OR_RETURN(auto types, node.op->infer(node, inputs));
  for (const TensorType& type : types)
    if (!within_limits(type.shape))
      return make_error(ErrorCode::kInvalidModel, "output shape [{}] is too large", fmt::join(type.shape, ", "));
  if (node.outputs.size() > types.size()) {
    return make_error(ErrorCode::kInvalidModel, "has {} outputs, expected at most {}", node.outputs.size(), types.size());
  }
  return types;
}

}  // namespace

Result<std::vector<TensorType>> infer_types(const Graph& graph, const Node& node) {
  auto types = checked_types(node, input_tensors(graph, node));
  if (!types) return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(types).error());
  return types;
}

Result<void> infer_shapes(Graph& graph) {
  for (const Node& node : graph.nodes) {
    OCTET_ASSIGN_OR_RETURN(auto types, infer_types(graph, node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      Tensor& output = graph.tensor(node.outputs[i]);
      output.type = types[i].type;
      output.shape = std::move(types[i].shape);
    }
  }
  return {};
}

Result<void> fix_input_shapes(Graph& graph, const std::vector<std::pair<std::string, Shape>>& shapes) {
  for (const auto& [name, shape] : shapes) {
    const auto found = std::find_if(graph.inputs.begin(), graph.inputs.end(),
                                    [&, &wanted = name](TensorId id) { return graph.tensor(id).name == wanted; });
    if (found == graph.inputs.end()) {
      std::vector<std::string> names;
      for (const TensorId id : graph.inputs) names.push_back(graph.tensor(id).name);
      return make_error(ErrorCode::kInvalidArgument, "input shape: the model has no input '{}'; its inputs are {}", name,
                        fmt::join(names, ", "));
    }
    Shape& old = graph.tensor(*found).shape;
    bool fits = old.size() == shape.size() && within_limits(shape);
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
      fits = shape[i] > 0 && (is_symbolic(old[i]) || old[i] == shape[i]);
    if (!fits) {
      return make_error(ErrorCode::kInvalidArgument, "input shape: '{}' has shape [{}] (negative: dynamic), which [{}] does not fit",
                        name, fmt::join(old, ", "), fmt::join(shape, ", "));
    }
    // One symbol means one size everywhere.
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int64_t symbol = old[i];
      if (symbol == kUnknownDimension) old[i] = shape[i];
      if (old[i] != shape[i] && !is_symbolic(symbol)) {
        return make_error(ErrorCode::kInvalidArgument,
                          "input shape: '{}' is given {} at position {}, where the same symbol is {} elsewhere", name,
                          shape[i], i, old[i]);
      }
      if (!is_symbolic(symbol) || symbol == kUnknownDimension) continue;
      for (const TensorId id : graph.inputs)
        std::replace(graph.tensor(id).shape.begin(), graph.tensor(id).shape.end(), symbol, shape[i]);
    }
  }
  return infer_shapes(graph);
}

}  // namespace octet
