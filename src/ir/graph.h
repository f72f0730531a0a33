// SPDX-License-Identifier: Apache-2.0
// The graph: tensors, and nodes in an order in which they can run.
#ifndef OCTET_IR_GRAPH_H_
#define OCTET_IR_GRAPH_H_

#include <any>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/op.h"
#include "ir/tensor.h"

namespace octet {

using TensorId = std::int32_t;
inline constexpr TensorId kNoTensor = -1;  // an optional input that is absent

struct Node {
  std::string name;  // unique in its graph
  const Op* op = nullptr;
  std::any attrs;  // the operator's attribute struct
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  // Names of the source model's nodes whose work a pass moved into this one: a user may still name them.
  std::vector<std::string> absorbed;

  bool is(const Op& other) const { return op == &other; }

  // The attributes as the operator's struct; a wrong type is a bug and throws std::bad_any_cast.
  template <typename A>
  const A& as() const {
    return std::any_cast<const A&>(attrs);
  }
  template <typename A>
  A& as() {
    return std::any_cast<A&>(attrs);
  }
};

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;       // by TensorId
  std::vector<Node> nodes;           // topological order
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::vector<std::string> symbols;  // names of symbolic dimensions; see Shape

  Tensor& tensor(TensorId id) { return tensors[static_cast<std::size_t>(id)]; }
  const Tensor& tensor(TensorId id) const { return tensors[static_cast<std::size_t>(id)]; }

  // Adds a tensor; an empty or taken name is made unique ("t", "t_1", ...). Invalidates references to tensors.
  TensorId add_tensor(Tensor tensor);
  // Adds a node at the end, or before position `before`; its name is made unique. Returns its position.
  std::size_t add_node(Node node);
  std::size_t insert_node(std::size_t before, Node node);

  // The dimension that stands for symbol `symbol`, added if new.
  std::int64_t symbol(std::string_view symbol_name);

 private:
  // Names in use, and the next number to try for a taken one, so that making thousands of names unique stays linear.
  struct Names {
    std::unordered_set<std::string> taken;
    std::unordered_map<std::string, int> counters;
    std::string add(std::string_view wanted);
  };
  Names tensor_names_, node_names_;
};

// Who makes and who reads each tensor. Valid until the graph's nodes change.
struct Uses {
  std::vector<std::int32_t> producer;                // by TensorId: index of the node, -1 for none
  std::vector<std::vector<std::int32_t>> consumers;  // by TensorId: node indices in order, once per reading input
  std::vector<bool> is_output;                       // by TensorId: a graph output

  // The only reader of `tensor`, or -1 if there are none or several, or it is a graph output.
  std::int32_t single_consumer(TensorId tensor) const;
};
Uses find_uses(const Graph& graph);

// Gives a node another constant in place of `id`: the tensor itself is changed, and keeps its name, if `uses` (of an earlier
// state of the graph) knows no other reader of it; else a new one is added. Returns the tensor to read.
TensorId replace_constant(Graph& graph, const Uses& uses, TensorId id, Tensor constant);

// Makes every reader of `from` (nodes and graph outputs) read `to`.
void replace_uses(Graph& graph, TensorId from, TensorId to);

// Drops nodes marked in `dead` (by index).
void erase_nodes(Graph& graph, const std::vector<bool>& dead);

// Drops nodes none of whose outputs reach a graph output, then tensors nobody refers to. Returns nodes dropped.
std::size_t remove_dead_code(Graph& graph);

// Brings nodes into topological order, keeping the given order where it is one. Error: kInvalidGraph naming a node on a
// cycle.
Result<void> sort_topologically(Graph& graph);

// Position of the node named `name`; -1 if none.
std::int32_t find_node(const Graph& graph, std::string_view name);
TensorId find_tensor(const Graph& graph, std::string_view name);
// For those who look for many; as long as the graph's names stay.
std::unordered_map<std::string_view, TensorId> tensors_by_name(const Graph& graph);

// The node's inputs as tensors, null where absent: what InferFunction takes.
std::vector<const Tensor*> input_tensors(const Graph& graph, const Node& node);

// Types of the node's outputs, as its operator's shape inference gives them; there may be more than the node has outputs.
// Checks numbers of inputs and outputs, and that no shape is beyond the limits. Ids must be in range.
// Error: kInvalidModel with the node's name and operator.
Result<std::vector<TensorType>> infer_types(const Graph& graph, const Node& node);

// Sets types and shapes of all computed tensors from the graph inputs and constants, in order. Error: kInvalidModel with
// the node's name and operator.
Result<void> infer_shapes(Graph& graph);

// Replaces symbolic dimensions of graph inputs: `shapes` by input name. Then infers all shapes again.
// Error: kInvalidArgument for an unknown name, another rank, a fixed dimension that differs, or two sizes of one symbol.
Result<void> fix_input_shapes(Graph& graph, const std::vector<std::pair<std::string, Shape>>& shapes);

}  // namespace octet

#endif  // OCTET_IR_GRAPH_H_
