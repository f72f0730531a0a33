// SPDX-License-Identifier: Apache-2.0
// What a handler adds its operators to: the graph under construction, reading of constant inputs, and what is known of
// shapes that are computed.
#ifndef OCTET_IMPORTERS_ONNX_ONNX_GRAPH_H_
#define OCTET_IMPORTERS_ONNX_ONNX_GRAPH_H_

#include <any>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "importers/builder.h"
#include "importers/onnx/onnx_node.h"
#include "importers/onnx/onnx_tensor.h"
#include "importers/onnx/shape_values.h"

namespace octet {

class OnnxGraph {
 public:
  OnnxGraph(std::string graph_name, ExternalData external) : builder_(std::move(graph_name)), external_(std::move(external)) {}

  // A graph inside a node of `outer`, which sees its tensors and must outlive this.
  OnnxGraph(std::string graph_name, OnnxGraph& outer) : builder_(std::move(graph_name)), external_(outer.external_), outer_(&outer) {}

  // The tensor that the file calls so; one of an outer graph becomes an input or a constant of this. kNoTensor if there is none.
  TensorId find(const std::string& name);
  int depth() const { return outer_ == nullptr ? 0 : outer_->depth() + 1; }  // of graphs in graphs
  // Whether an outer graph has a tensor of that name.
  bool is_outer(const std::string& name) const;
  const std::vector<TensorId>& captured() const { return captured_; }  // of the outer graph, in the order of this graph's inputs

  GraphBuilder& builder() { return builder_; }
  const GraphBuilder& builder() const { return builder_; }
  ExternalData& external() { return external_; }
  const Tensor& tensor(TensorId id) const { return builder_.tensor(id); }
  const Shape& shape(TensorId id) const { return builder_.shape(id); }
  bool is_constant(TensorId id) const { return builder_.is_constant(id); }

  // Adds an operator that makes the node's first output.
  Result<void> add(const OnnxNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Adds an operator that makes all the node's outputs.
  Result<void> add_multi(const OnnxNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Adds an operator on the way to the node's output, named after the node and `suffix`.
  Result<TensorId> add_inner(const OnnxNode& node, std::string_view suffix, const Op& op, std::any attrs,
                             std::vector<TensorId> inputs);
  // Makes the node's first output a constant.
  void add_constant(const OnnxNode& node, Tensor constant);
  // A constant on the way to the node's output. A scalar of one float: inner_scalar.
  TensorId inner_constant(const OnnxNode& node, std::string_view suffix, Tensor constant);
  TensorId inner_scalar(const OnnxNode& node, std::string_view suffix, float value);

  // Input i, which must be a constant of floats without NaN or infinity.
  Result<TensorId> weights(const OnnxNode& node, std::size_t i, std::string_view what) const;
  // Input i, which must be a constant of integers. Error: kUnsupported naming the graph inputs whose shapes to fix.
  Result<std::vector<std::int64_t>> integers(const OnnxNode& node, std::size_t i, std::string_view what) const;
  // The same for a tensor of sizes: entries may be symbols of the graph.
  Result<std::vector<DimensionValue>> dimensions(const OnnxNode& node, std::size_t i, std::string_view what) const;
  // Whether `dimensions` knows the tensor's elements: it is constant, or computed from shapes alone.
  bool knows_dimensions(TensorId id) const { return is_constant(id) || shape_values_.find(builder_.graph(), id).has_value(); }
  // Axes or the like, which an attribute holds before opset `input_since` and input i from then on; absent: nothing.
  Result<std::optional<std::vector<std::int64_t>>> integers_of_attribute_or_input(const OnnxNode& node,
                                                                                  std::string_view name,
                                                                                  std::int64_t input_since,
                                                                                  std::size_t i) const;
  // A constant of one number; a bool is 0 or 1.
  Result<double> number(const OnnxNode& node, TensorId id, std::string_view what) const;

  // axis in [-rank, rank) -> [0, rank).
  Result<std::int64_t> axis(const OnnxNode& node, std::int64_t axis, std::size_t rank) const;
  Result<std::vector<std::int64_t>> axes(const OnnxNode& node, std::vector<std::int64_t> axes, std::size_t rank) const;

  // kReshape's attribute that turns `src` into `dst` where both may have symbolic dimensions. Error: kUnsupported.
  Result<std::vector<std::int64_t>> reshape_target(const OnnxNode& node, const Shape& src, const Shape& dst) const;

  // An error about a shape that depends on symbolic dimensions: names the inputs and the flag that fixes them.
  Error dynamic_error(const OnnxNode& node, std::string_view fact) const;

 private:
  void follow_shape_value(std::string_view output_name);

  GraphBuilder builder_;
  ExternalData external_;
  ShapeValues shape_values_;
  OnnxGraph* outer_ = nullptr;
  std::vector<TensorId> captured_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ONNX_GRAPH_H_
