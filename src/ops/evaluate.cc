// SPDX-License-Identifier: Apache-2.0
#include "ops/evaluate.h"

#include <algorithm>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/quantize.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// A model may ask for shapes that fit the format and no machine: that is an error, not an allocation that fails.
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 34;

// The reference takes elements of any type, quantized ones too.
bool moves_elements(const Op& op) {
  static constexpr const Op* kMovers[] = {&kConcat, &kSplit, &kSlice, &kPad, &kTranspose, &kGather, &kExpand, &kTile, &kWhere};
  return keeps_elements(op) || std::find(std::begin(kMovers), std::end(kMovers), &op) != std::end(kMovers);
}

// All dimensions that a shape_of gives are numbers.
bool has_fixed_dimensions(const Graph& graph, const Node& node) {
  const auto& attrs = node.as<ShapeOfAttrs>();
  const Shape& shape = graph.tensor(node.inputs[0]).shape;
  const auto size = static_cast<std::int64_t>(shape.size());
  const auto bound = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  for (std::int64_t d = bound(attrs.start); d < bound(attrs.end); ++d)
    if (is_symbolic(shape[static_cast<std::size_t>(d)])) return false;
  return true;
}

Tensor make_output(const Tensor& output, const TensorType& type, std::vector<std::byte> bytes) {
  Tensor result = make_constant(output.name, type.type, type.shape, std::move(bytes));
  result.quant = output.quant;
  result.layout = output.layout;
  return result;
}

// The bytes stay where they are, and only the shape changes.
std::optional<Tensor> share_elements(const Graph& graph, const Node& node, const Tensor& src, const TensorType& type) {
  const Tensor& output = graph.tensor(node.outputs[0]);
  if (!keeps_elements(*node.op) || (src.quant && output.quant && *src.quant != *output.quant)) return std::nullopt;
  Tensor result = src;
  result.name = output.name;
  result.shape = type.shape;
  result.quant = output.quant;
  result.layout = output.layout;
  return result;
}

ConstView view_of(const Tensor* tensor) {
  if (tensor == nullptr) return {};
  return {tensor->type, &tensor->shape, tensor->data.bytes().data(), tensor->quant ? &*tensor->quant : nullptr};
}

// Runs the node on `inputs`: constants, or null where absent.
Result<std::vector<Tensor>> run_node(const Graph& graph, const Node& node, const std::vector<const Tensor*>& inputs) {
  if (node.op->reference == nullptr) return make_error(ErrorCode::kUnsupported, "there is no reference evaluation");
  OCTET_ASSIGN_OR_RETURN(const auto types, node.op->infer(node, inputs));
  if (types.size() < node.outputs.size()) return make_error(ErrorCode::kInvalidModel, "has too many outputs");
  if (auto shared = share_elements(graph, node, *inputs[0], types[0])) return std::vector<Tensor>{std::move(*shared)};

  std::vector<std::vector<std::byte>> buffers(node.outputs.size());
  std::vector<View> views;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const auto count = num_elements(types[i].shape);
    const auto element = static_cast<std::int64_t>(data_type_size(types[i].type));
    if (!count || *count > kMaxBytes / element) {
      return make_error(ErrorCode::kUnsupported, "output shape [{}] is not fixed, or above {} GiB",
                        fmt::join(types[i].shape, ", "), kMaxBytes >> 30);
    }
    buffers[i].resize(static_cast<std::size_t>(*count * element));
    const Tensor& output = graph.tensor(node.outputs[i]);
    views.push_back({types[i].type, &types[i].shape, buffers[i].data(), output.quant ? &*output.quant : nullptr});
  }
  std::vector<ConstView> sources;
  for (const Tensor* input : inputs) sources.push_back(view_of(input));
  OCTET_RETURN_IF_ERROR(node.op->reference(node, sources, views));

  std::vector<Tensor> results;
  for (std::size_t i = 0; i < buffers.size(); ++i)
    results.push_back(make_output(graph.tensor(node.outputs[i]), types[i], std::move(buffers[i])));
  return results;
}

Error at_node(const Node& node, Error error) {
  return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(error));
}

Result<void> check_inputs(const Graph& graph, const std::vector<Tensor>& inputs) {
  if (inputs.size() != graph.inputs.size()) {
    return make_error(ErrorCode::kInvalidData, "the graph has {} inputs, {} are given", graph.inputs.size(), inputs.size());
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& expected = graph.tensor(graph.inputs[i]);
    const Tensor& given = inputs[i];
    if (!is_fixed(expected.shape)) {
      return make_error(ErrorCode::kInvalidArgument, "input '{}' has shape [{}] (negative: dynamic); fix its shape first",
                        expected.name, fmt::join(expected.shape, ", "));
    }
    if (given.is_constant && given.type == expected.type && given.shape == expected.shape) continue;
    return make_error(ErrorCode::kInvalidData, "input '{}' is given as {}[{}], expected {}[{}]", expected.name,
                      data_type_name(given.type), fmt::join(given.shape, ", "), data_type_name(expected.type),
                      fmt::join(expected.shape, ", "));
  }
  return {};
}

// By TensorId: the last node that reads the tensor; the number of nodes if it is a graph output.
std::vector<std::size_t> last_uses(const Graph& graph) {
  std::vector<std::size_t> last(graph.tensors.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const TensorId id : graph.nodes[i].inputs)
      if (id != kNoTensor) last[static_cast<std::size_t>(id)] = i;
  for (const TensorId id : graph.outputs) last[static_cast<std::size_t>(id)] = graph.nodes.size();
  return last;
}

}  // namespace

bool can_fold(const Graph& graph, const Node& node) {
  if (node.op->reference == nullptr || node.inputs.empty()) return false;
  if (node.is(kShapeOf)) return has_fixed_dimensions(graph, node);
  for (const TensorId id : node.inputs) {
    if (id == kNoTensor) continue;
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant) return false;
    if (moves_elements(*node.op)) continue;
    if (tensor.quant || (tensor.type == DataType::kFloat16 && !node.is(kCast))) return false;
  }
  return !node.is(kQuantize) && !node.is(kDequantize);
}

Result<std::vector<Tensor>> evaluate_node(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> inputs;
  for (const Tensor* tensor : input_tensors(graph, node)) {
    if (tensor != nullptr && !tensor->is_constant && !node.is(kShapeOf))
      return at_node(node, make_error(ErrorCode::kInvalidModel, "input '{}' is not a constant", tensor->name));
    inputs.push_back(tensor);
  }
  OCTET_RETURN_IF_ERROR(infer_types(graph, node));
  auto results = run_node(graph, node, inputs);
  if (!results) return at_node(node, std::move(results).error());
  return results;
}

Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, std::vector<Tensor> inputs) {
  OCTET_RETURN_IF_ERROR(check_inputs(graph, inputs));
  const std::vector<std::size_t> last = last_uses(graph);
  std::vector<Tensor> values(graph.tensors.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (graph.tensors[i].is_constant) values[i] = graph.tensors[i];
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor& value = values[static_cast<std::size_t>(graph.inputs[i])];
    value = std::move(inputs[i]);
    value.name = graph.tensor(graph.inputs[i]).name;
    value.quant = graph.tensor(graph.inputs[i]).quant;
  }

  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    std::vector<const Tensor*> sources;
    for (const TensorId id : node.inputs) sources.push_back(id == kNoTensor ? nullptr : &values[static_cast<std::size_t>(id)]);
    auto results = run_node(graph, node, sources);
    if (!results) return at_node(node, std::move(results).error());
    for (std::size_t k = 0; k < results->size(); ++k) values[static_cast<std::size_t>(node.outputs[k])] = std::move((*results)[k]);
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && last[static_cast<std::size_t>(id)] == i) values[static_cast<std::size_t>(id)].data = {};
  }
  std::vector<Tensor> outputs;
  for (const TensorId id : graph.outputs) outputs.push_back(values[static_cast<std::size_t>(id)]);
  return outputs;
}

}  // namespace octet
