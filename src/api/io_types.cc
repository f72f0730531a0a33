// SPDX-License-Identifier: Apache-2.0
#include "api/io_types.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/float16.h"
#include "ops/quantize.h"

namespace octet {
namespace {

// Gives the graph input or output `id` the name and place, and `replaced` (once named so) another.
void take_name(Graph& graph, TensorId id, TensorId replaced) {
  std::swap(graph.tensor(id).name, graph.tensor(replaced).name);
  graph.tensor(id).layout = graph.tensor(replaced).layout;
}

Result<void> make_input_int8(Graph& graph, TensorId& input) {
  const Uses uses = find_uses(graph);
  const TensorId old = input;
  TensorId int8 = kNoTensor;
  std::vector<bool> dead(graph.nodes.size(), false);
  bool has_float_reader = uses.is_output[static_cast<std::size_t>(old)];
  for (const std::int32_t i : uses.consumers[static_cast<std::size_t>(old)]) {
    const Node& node = graph.nodes[static_cast<std::size_t>(i)];
    const bool same = node.is(kQuantize) && (int8 == kNoTensor || graph.tensor(node.outputs[0]).quant == graph.tensor(int8).quant);
    if (!same) {
      has_float_reader = true;
      continue;
    }
    if (int8 == kNoTensor) int8 = node.outputs[0];
    else replace_uses(graph, node.outputs[0], int8);
    dead[static_cast<std::size_t>(i)] = true;
  }
  if (int8 == kNoTensor)
    return make_error(ErrorCode::kInvalidArgument, "input '{}' cannot be int8: no int8 layer reads it", graph.tensor(old).name);
  erase_nodes(graph, dead);
  take_name(graph, int8, old);
  input = int8;
  if (!has_float_reader) return {};
  Node dequantize;
  dequantize.name = graph.tensor(int8).name + "_dequantize";
  dequantize.op = &kDequantize;
  dequantize.attrs = kDequantize.default_attrs();
  dequantize.inputs = {int8};
  dequantize.outputs = {old};
  graph.insert_node(0, std::move(dequantize));
  return {};
}

}  // namespace

Result<void> make_inputs_int8(Graph& graph) {
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    TensorId input = graph.inputs[i];
    if (graph.tensor(input).type != DataType::kFloat32) continue;
    OCTET_RETURN_IF_ERROR(make_input_int8(graph, input));
    graph.inputs[i] = input;
  }
  remove_dead_code(graph);
  return {};
}

Result<void> make_outputs_int8(Graph& graph) {
  const Uses uses = find_uses(graph);
  for (TensorId& output : graph.outputs) {
    if (graph.tensor(output).type != DataType::kFloat32) continue;
    const std::int32_t maker = uses.producer[static_cast<std::size_t>(output)];
    if (maker < 0 || !graph.nodes[static_cast<std::size_t>(maker)].is(kDequantize))
      return make_error(ErrorCode::kInvalidArgument, "output '{}' cannot be int8: a float layer makes it", graph.tensor(output).name);
    const TensorId int8 = graph.nodes[static_cast<std::size_t>(maker)].inputs[0];
    take_name(graph, int8, output);
    output = int8;
  }
  remove_dead_code(graph);
  return {};
}

std::size_t store_constants_as_float16(Graph& graph) {
  constexpr float kLargest = 65504.0f;
  std::size_t changed = 0;
  for (Tensor& tensor : graph.tensors) {
    if (!tensor.is_constant || tensor.type != DataType::kFloat32) continue;
    const SharedBytes borrowed = tensor.data.borrow();
    const auto values = tensor.values<float>(borrowed);
    if (std::any_of(values.begin(), values.end(), [](float v) { return !(std::fabs(v) <= kLargest); })) continue;
    std::vector<std::byte> bytes(values.size() * 2);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint16_t half = float16_from_double(values[i]);
      std::copy_n(reinterpret_cast<const std::byte*>(&half), 2, bytes.begin() + static_cast<std::ptrdiff_t>(2 * i));
    }
    tensor.type = DataType::kFloat16;
    tensor.data = ConstantData(std::move(bytes));
    ++changed;
  }
  return changed;
}

}  // namespace octet
