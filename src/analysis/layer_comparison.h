// SPDX-License-Identifier: Apache-2.0
// A quantized graph beside the float graph it was made from, tensor by tensor, on one sample at a time.
#ifndef OCTET_ANALYSIS_LAYER_COMPARISON_H_
#define OCTET_ANALYSIS_LAYER_COMPARISON_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/distribution.h"
#include "runtime/executor.h"

namespace octet {

// One tensor at one node, in one of the two graphs.
struct TensorRow {
  std::size_t node = 0;  // index into the quantized graph's nodes
  std::string tensor;
  bool is_input = false;      // of the node
  bool is_quantized = false;  // from the quantized graph, in real numbers; else from the float one
  bool is_constant = false;
  Distribution distribution;
  double clip = 0;      // share of the float values outside the quantized tensor's extremes
  double cosine = 1;    // with the float values
  double mean_square_error = 0;
};

struct OutputCosine {
  std::string tensor;
  double cosine = 1;
};

struct RoundComparison {
  std::vector<TensorRow> rows;  // by node of the quantized graph, then inputs, outputs; float before quantized
  std::vector<OutputCosine> outputs;
};

// What a node adds to the graph's own inputs where rows are wanted for it (a file format's shapes and axes); may be empty.
using AddedInputs = std::function<std::vector<Tensor>(const Graph& graph, const Node& node)>;

// Activations that are quantized while the model runs are shown in real numbers, their scales and zero points not at all.
// Nodes are matched by name; those of the quantized graph alone (casts) have rows of their own values only.
class LayerComparison {
 public:
  // Error: from Plan::make.
  static Result<LayerComparison> make(const Graph& float_graph, const Graph& quantized, AddedInputs added_inputs,
                                      Quartiles quartiles = Quartiles::kInterpolated);

  std::size_t num_inputs() const { return inputs_.size(); }
  // Both graphs read these; to be filled before run().
  std::span<const std::span<std::byte>> inputs() const { return inputs_; }
  Result<RoundComparison> run();

  const Graph& float_graph() const { return float_graph_; }
  const Graph& quantized_graph() const { return quantized_graph_; }

 private:
  LayerComparison() = default;

  Graph float_graph_, quantized_graph_;  // with their weights: plans keep those packed
  std::unique_ptr<Executor> float_, quantized_;
  std::vector<std::span<std::byte>> inputs_;  // of the float executor
  AddedInputs added_inputs_;
  Quartiles quartiles_ = Quartiles::kInterpolated;
};

// The elements of a float, float16, int8, int16 or int32 tensor as real numbers; integers without parameters as they are.
std::vector<float> real_values(const ConstView& values);

// The tensor as a file holds it: of weights that a node of their own dequantizes, the integers; else `id` itself.
TensorId stored_tensor(const Graph& graph, const Uses& uses, TensorId id);

}  // namespace octet

#endif  // OCTET_ANALYSIS_LAYER_COMPARISON_H_
