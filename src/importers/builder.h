// SPDX-License-Identifier: Apache-2.0
// What all importers build graphs with: values by their names in the file, shape inference at once, and sub-graphs of
// constants folded while they are read, so that a handler finds its shapes and axes as numbers.
#ifndef OCTET_IMPORTERS_BUILDER_H_
#define OCTET_IMPORTERS_BUILDER_H_

#include <any>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace octet {

// What a user may say about a model while it is read.
struct ImportOptions {
  // Fixes symbolic dimensions of graph inputs (converter_lite --inputShape), by input name.
  std::vector<std::pair<std::string, Shape>> input_shapes;
  // Is told of each file beside the model's that holds some of its constants.
  std::function<void(const std::filesystem::path& path)> on_external_file;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(std::string graph_name) { graph_.name = std::move(graph_name); }

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }

  // The tensor that the file calls `name`; kNoTensor if the file has not made it yet.
  TensorId find(std::string_view name) const;
  // Lets the file's name mean tensor `id` from now on (Caffe's in-place layers give one name to several tensors).
  void bind(std::string_view name, TensorId id);

  TensorId add_input(std::string_view name, DataType type, Shape shape, Layout layout);
  TensorId add_constant(Tensor tensor, std::string_view bind_name = {});

  // Adds a node with one output and returns it. `output_name` is bound to it; an empty one makes an inner tensor named
  // after the node. If all inputs are constants (not quantized ones) the result is computed at once and the node dropped;
  // shape_of of a fixed shape too. Very large results stay nodes.
  // Error: from shape inference or evaluation, with the node's name in front.
  Result<TensorId> add(const Op& op, std::any attrs, std::vector<TensorId> inputs, std::string_view node_name,
                       std::string_view output_name = {});
  // The same for several outputs.
  Result<std::vector<TensorId>> add_multi(const Op& op, std::any attrs, std::vector<TensorId> inputs,
                                          std::string_view node_name, const std::vector<std::string>& output_names);

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  const Shape& shape(TensorId id) const { return graph_.tensor(id).shape; }
  bool is_constant(TensorId id) const { return id != kNoTensor && graph_.tensor(id).is_constant; }

  // Counts `count` elements of a constant that a handler computes from others. Error: kUnsupported beyond 2 GB for all computed
  // constants together, of which a small file could ask for any amount.
  Result<void> charge(std::int64_t count, DataType type);

  // Declares a graph output.
  void add_output(TensorId id) { graph_.outputs.push_back(id); }

  // Removes what no output needs, verifies, and hands the graph over.
  Result<Graph> finish();

 private:
  // Makes the node's outputs constants, if that can be computed and is not too large. `types` are those of the outputs.
  Result<bool> fold(const Node& node, const std::vector<TensorType>& types);

  Graph graph_;
  std::unordered_map<std::string, TensorId> by_name_;
  std::int64_t folded_bytes_ = 0;  // of all constants computed so far
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_BUILDER_H_
