// SPDX-License-Identifier: Apache-2.0
// Operators with graphs inside.
#include "ops/control_flow.h"

#include "importers/onnx/handlers.h"
#include "importers/onnx/subgraph.h"

namespace octet {
namespace {

TensorType type_of(const OnnxGraph& graph, TensorId id) { return {graph.tensor(id).type, without_symbols(graph.shape(id))}; }

void append(std::vector<TensorId>& inputs, const std::vector<TensorId>& more) { inputs.insert(inputs.end(), more.begin(), more.end()); }

}  // namespace

// ONNX If. Of a constant condition only the branch that it chooses is there, as if it were written without If.
// https://onnx.ai/onnx/operators/onnx__If.html
Result<void> import_if(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId condition, node.input(0, "cond"));
  OCTET_ASSIGN_OR_RETURN(const onnx::GraphProto* then_branch, node.get_graph("then_branch"));
  OCTET_ASSIGN_OR_RETURN(const onnx::GraphProto* else_branch, node.get_graph("else_branch"));
  if (graph.is_constant(condition)) {
    OCTET_ASSIGN_OR_RETURN(const double value, graph.number(node, condition, "cond"));
    return inline_subgraph(node, value != 0 ? *then_branch : *else_branch, graph);
  }
  OCTET_ASSIGN_OR_RETURN(const ImportedSubgraph then_graph, import_subgraph(node, *then_branch, {}, graph));
  OCTET_ASSIGN_OR_RETURN(const ImportedSubgraph else_graph, import_subgraph(node, *else_branch, {}, graph));
  std::vector<TensorId> inputs = {condition};
  append(inputs, then_graph.captured);
  append(inputs, else_graph.captured);
  return graph.add_multi(node, kIf, IfAttrs{then_graph.graph, else_graph.graph, static_cast<std::int64_t>(then_graph.captured.size())},
                         inputs);
}

// ONNX Loop. https://onnx.ai/onnx/operators/onnx__Loop.html
Result<void> import_loop(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const onnx::GraphProto* body, node.get_graph("body"));
  std::vector<TensorId> inputs = {node.optional_input(0), node.optional_input(1)};
  std::vector<TensorType> types = {{DataType::kInt64, {}}, {DataType::kBool, {}}};
  for (std::size_t i = 2; i < node.num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, "v_initial"));
    inputs.push_back(id);
    // The body may give it another size for the next iteration.
    TensorType type = type_of(graph, id);
    std::fill(type.shape.begin(), type.shape.end(), kUnknownDimension);
    types.push_back(std::move(type));
  }
  const auto num_carried = static_cast<std::int64_t>(inputs.size()) - 2;
  OCTET_ASSIGN_OR_RETURN(const ImportedSubgraph imported, import_subgraph(node, *body, types, graph));
  append(inputs, imported.captured);
  return graph.add_multi(node, kLoop, LoopAttrs{imported.graph, num_carried}, inputs);
}

namespace {

// One entry per item: the attribute, or all `fallback` if it is absent.
Result<std::vector<std::int64_t>> per_item(const OnnxNode& node, std::string_view name, std::size_t count, std::int64_t fallback) {
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> values, node.get_ints(name));
  if (values.empty()) values.assign(count, fallback);
  if (values.size() == count) return values;
  return node.error(ErrorCode::kInvalidModel, "attribute '{}' is [{}], expected {} numbers", name, fmt::join(values, ", "), count);
}

Result<std::vector<std::int64_t>> directions(const OnnxNode& node, std::string_view name, std::size_t count) {
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> values, per_item(node, name, count, 0));
  for (const std::int64_t value : values)
    if (value != 0 && value != 1) return node.error(ErrorCode::kInvalidModel, "attribute '{}' holds {}, expected 0 or 1", name, value);
  return values;
}

}  // namespace

// ONNX Scan since opset 9; the one of opset 8 has a batch dimension. https://onnx.ai/onnx/operators/onnx__Scan.html
Result<void> import_scan(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const onnx::GraphProto* body, node.get_graph("body"));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t num_sequences, node.get_int("num_scan_inputs", 0));
  const auto num_inputs = static_cast<std::int64_t>(node.num_inputs());
  if (num_sequences < 1 || num_sequences > num_inputs)
    return node.error(ErrorCode::kInvalidModel, "num_scan_inputs is {} of {} inputs", num_sequences, num_inputs);
  ScanAttrs attrs;
  attrs.num_states = num_inputs - num_sequences;
  const std::int64_t num_rows = body->output_size() - attrs.num_states;
  if (num_rows < 0) return node.error(ErrorCode::kInvalidModel, "its body has {} outputs for {} states", body->output_size(), attrs.num_states);
  const auto sequences = static_cast<std::size_t>(num_sequences), rows = static_cast<std::size_t>(num_rows);
  OCTET_ASSIGN_OR_RETURN(attrs.input_axes, per_item(node, "scan_input_axes", sequences, 0));
  OCTET_ASSIGN_OR_RETURN(attrs.output_axes, per_item(node, "scan_output_axes", rows, 0));
  OCTET_ASSIGN_OR_RETURN(attrs.input_reversed, directions(node, "scan_input_directions", sequences));
  OCTET_ASSIGN_OR_RETURN(attrs.output_reversed, directions(node, "scan_output_directions", rows));
  std::vector<TensorId> inputs;
  std::vector<TensorType> types;
  for (std::size_t i = 0; i < node.num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, "initial_state_and_scan_inputs"));
    inputs.push_back(id);
    types.push_back(type_of(graph, id));
    if (const auto k = static_cast<std::int64_t>(i) - attrs.num_states; k >= 0) {
      Shape& shape = types.back().shape;
      OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, attrs.input_axes[static_cast<std::size_t>(k)], shape.size()));
      shape.erase(shape.begin() + axis);
    }
  }
  OCTET_ASSIGN_OR_RETURN(attrs.body, [&]() -> Result<std::shared_ptr<const Graph>> {
    OCTET_ASSIGN_OR_RETURN(const ImportedSubgraph imported, import_subgraph(node, *body, types, graph));
    append(inputs, imported.captured);
    return imported.graph;
  }());
  return graph.add_multi(node, kScan, attrs, inputs);
}

}  // namespace octet
