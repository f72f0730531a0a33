// SPDX-License-Identifier: Apache-2.0
#include "ops/evaluate.h"

#include <algorithm>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/control_flow.h"
#include "ops/conv.h"
#include "ops/einsum.h"
#include "ops/gather.h"
#include "ops/lines.h"
#include "ops/ngrams.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reshape.h"
#include "ops/sampling.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// A model may ask for shapes that fit the format and no machine: that is an error, not an allocation that fails.
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 34;

// What is folded of inputs whose values decide how much there is to do.
constexpr std::int64_t kMaxEvaluatedElements = std::int64_t{1} << 14;

// Steps that operators take whose work is not in proportion to their elements: an einsum may take the product of their
// numbers, a determinant the third power of its size. 0 for others.
constexpr double kMaxFoldingWork = 0x1p28;
double folding_work(const Graph& graph, const Node& node) {
  if (!node.is(kEinsum) && !node.is(kDet)) return 0;
  double work = 1;
  for (const Tensor* tensor : input_tensors(graph, node))
    if (tensor != nullptr) work *= static_cast<double>(std::max<std::int64_t>(1, num_elements(tensor->shape).value_or(INT64_MAX)));
  return node.is(kDet) ? work * static_cast<double>(graph.tensor(node.inputs[0]).shape.back()) : work;
}

// Layers whose work is far more than their elements tell, and which nobody computes of constants alone.
bool is_layer(const Op& op) {
  static constexpr const Op* kLayers[] = {&kConv, &kConvTranspose, &kDeformConv, &kMaxPool, &kAvgPool, &kLpPool, &kRoiAlign, &kLstm, &kGru, &kRnn, &kNgrams};
  return std::find(std::begin(kLayers), std::end(kLayers), &op) != std::end(kLayers);
}

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

// What a node's output is called and how it is quantized; null in a list of them: nothing is known.
void describe(const Tensor* output, Tensor& result) {
  if (output == nullptr) return;
  result.name = output->name;
  result.quant = output->quant;
  result.layout = output->layout;
}

// The bytes stay where they are, and only the shape changes.
std::optional<Tensor> share_elements(const Node& node, const Tensor& src, const Tensor* output, const TensorType& type) {
  if (!keeps_elements(*node.op)) return std::nullopt;
  if (src.quant && output != nullptr && output->quant && *src.quant != *output->quant) return std::nullopt;
  Tensor result = src;
  result.shape = type.shape;
  describe(output, result);
  return result;
}

ConstView view_of(const Tensor* tensor) {
  if (tensor == nullptr) return {};
  return {tensor->type, &tensor->shape, tensor->data.bytes().data(), tensor->quant ? &*tensor->quant : nullptr};
}

// Runs the node on `inputs`: constants, or null where absent. `outputs` has one entry per output of the node, maybe null.
Result<std::vector<Tensor>> run_node(const Node& node, std::span<const Tensor* const> inputs, std::span<const Tensor* const> outputs) {
  if (node.op->evaluate != nullptr) {
    OCTET_RETURN_IF_ERROR(node.op->infer(node, inputs));  // checks sizes that were not known before
    OCTET_ASSIGN_OR_RETURN(auto results, node.op->evaluate(node, inputs));
    OCTET_CHECK(results.size() == outputs.size());
    for (std::size_t i = 0; i < results.size(); ++i) describe(outputs[i], results[i]);
    return results;
  }
  if (node.op->reference == nullptr) return make_error(ErrorCode::kUnsupported, "there is no reference evaluation");
  OCTET_ASSIGN_OR_RETURN(const auto types, node.op->infer(node, inputs));
  if (types.size() < outputs.size()) return make_error(ErrorCode::kInvalidModel, "has too many outputs");
  if (auto shared = share_elements(node, *inputs[0], outputs[0], types[0])) return std::vector<Tensor>{std::move(*shared)};

  std::vector<std::vector<std::byte>> buffers(outputs.size());
  std::vector<View> views;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const auto count = num_elements(types[i].shape);
    const auto element = static_cast<std::int64_t>(data_type_size(types[i].type));
    if (!count || *count > kMaxBytes / element) {
      return make_error(ErrorCode::kUnsupported, "output shape [{}] is not fixed, or above {} GiB",
                        fmt::join(types[i].shape, ", "), kMaxBytes >> 30);
    }
    buffers[i].resize(static_cast<std::size_t>(*count * element));
    views.push_back({types[i].type, &types[i].shape, buffers[i].data(),
                     outputs[i] != nullptr && outputs[i]->quant ? &*outputs[i]->quant : nullptr});
  }
  std::vector<ConstView> sources;
  for (const Tensor* input : inputs) sources.push_back(view_of(input));
  OCTET_RETURN_IF_ERROR(node.op->reference(node, sources, views));

  std::vector<Tensor> results;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    results.push_back(make_constant("", types[i].type, types[i].shape, std::move(buffers[i])));
    describe(outputs[i], results.back());
  }
  return results;
}

std::vector<const Tensor*> output_tensors(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> tensors;
  for (const TensorId id : node.outputs) tensors.push_back(&graph.tensor(id));
  return tensors;
}

Error at_node(const Node& node, Error error) {
  return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(error));
}

// With `is_dynamic` sizes need not be those of the graph.
Result<void> check_inputs(const Graph& graph, const std::vector<Tensor>& inputs, bool is_dynamic) {
  if (inputs.size() != graph.inputs.size()) {
    return make_error(ErrorCode::kInvalidData, "the graph has {} inputs, {} are given", graph.inputs.size(), inputs.size());
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& expected = graph.tensor(graph.inputs[i]);
    const Tensor& given = inputs[i];
    if (!is_dynamic && !is_fixed(expected.shape)) {
      return make_error(ErrorCode::kInvalidArgument, "input '{}' has shape [{}] (negative: dynamic); fix its shape first",
                        expected.name, fmt::join(expected.shape, ", "));
    }
    const bool fits = is_dynamic ? given.shape.size() == expected.shape.size() : given.shape == expected.shape;
    if (given.is_constant && given.type == expected.type && fits) continue;
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
  if ((node.op->reference == nullptr && node.op->evaluate == nullptr) || node.inputs.empty()) return false;
  if (node.is(kIf) || node.is(kLoop) || node.is(kScan) || is_layer(*node.op)) return false;
  if (folding_work(graph, node) > kMaxFoldingWork) return false;
  if (node.is(kShapeOf)) return has_fixed_dimensions(graph, node);
  for (const TensorId id : node.inputs) {
    if (id == kNoTensor) continue;
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant) return false;
    if (node.op->evaluate != nullptr && num_elements(tensor.shape) > kMaxEvaluatedElements) return false;
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
  auto results = run_node(node, inputs, output_tensors(graph, node));
  if (!results) return at_node(node, std::move(results).error());
  return results;
}

Result<std::vector<Tensor>> evaluate_values(const Node& node, std::span<const Tensor* const> inputs) {
  const std::vector<const Tensor*> outputs(node.outputs.size(), nullptr);
  auto results = run_node(node, inputs, outputs);
  if (!results) return at_node(node, std::move(results).error());
  return results;
}

namespace {

Result<std::vector<Tensor>> run_graph(const Graph& graph, std::vector<Tensor> inputs) {
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
    auto results = run_node(node, sources, output_tensors(graph, node));
    if (!results) return at_node(node, std::move(results).error());
    for (std::size_t k = 0; k < results->size(); ++k) values[static_cast<std::size_t>(node.outputs[k])] = std::move((*results)[k]);
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && last[static_cast<std::size_t>(id)] == i) values[static_cast<std::size_t>(id)].data = {};
  }
  std::vector<Tensor> outputs;
  for (const TensorId id : graph.outputs) outputs.push_back(values[static_cast<std::size_t>(id)]);
  return outputs;
}

}  // namespace

Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, std::vector<Tensor> inputs) {
  OCTET_RETURN_IF_ERROR(check_inputs(graph, inputs, /*is_dynamic=*/false));
  return run_graph(graph, std::move(inputs));
}

Result<std::vector<Tensor>> evaluate_dynamic_graph(const Graph& graph, std::vector<Tensor> inputs) {
  OCTET_RETURN_IF_ERROR(check_inputs(graph, inputs, /*is_dynamic=*/true));
  return run_graph(graph, std::move(inputs));
}

}  // namespace octet
