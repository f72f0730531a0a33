// SPDX-License-Identifier: Apache-2.0
#include "quantizers/embeddings.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "ops/gather.h"
#include "ops/quantize.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

Tensor quantized_table(const Tensor& table) {
  const auto rows = static_cast<std::size_t>(table.shape[0]), columns = static_cast<std::size_t>(table.shape[1]);
  const auto values = table.values<float>();
  std::vector<std::int8_t> q(values.size());
  QuantParams quant;
  quant.axis = rows > 1 ? 0 : -1;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto of_row = values.subspan(row * columns, columns);
    const auto [min, max] = std::minmax_element(of_row.begin(), of_row.end());
    const QuantParams params = columns == 0 ? activation_quant_params(0, 0, false) : activation_quant_params(*min, *max, false);
    quant.scale.push_back(params.scale[0]);
    quant.zero_point.push_back(params.zero_point[0]);
    for (std::size_t c = 0; c < columns; ++c) {
      const float steps = std::nearbyint(of_row[c] / params.scale[0]) + static_cast<float>(params.zero_point[0]);
      q[row * columns + c] = static_cast<std::int8_t>(std::clamp(steps, -128.0f, 127.0f));
    }
  }
  Tensor tensor = make_constant(table.name + "_int8", table.shape, q);
  tensor.quant = std::move(quant);
  return tensor;
}

Node dequantize_node(const std::string& table, TensorId src, TensorId dst) {
  Node node;
  node.name = table + "_dequantize";
  node.op = &kDequantize;
  node.attrs = DequantizeAttrs{.at_load = true};
  node.inputs = {src};
  node.outputs = {dst};
  return node;
}

}  // namespace

bool is_embedding(const Graph& graph, const Node& node) {
  if (!node.is(kGather)) return false;
  const Tensor& table = graph.tensor(node.inputs[0]);
  return table.is_constant && table.type == DataType::kFloat32 && table.shape.size() == 2 &&
         normalize_axis(node.as<GatherAttrs>().axis, 2) == 0u && !graph.tensor(node.inputs[1]).is_constant;
}

Result<std::size_t> quantize_embeddings(Graph& graph, const std::function<bool(const Node&)>& is_skipped) {
  std::map<TensorId, TensorId> real;  // what takes the place of a float table
  std::size_t num_nodes = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!is_embedding(graph, graph.nodes[i]) || is_skipped(graph.nodes[i])) continue;
    const TensorId id = graph.nodes[i].inputs[0];
    const Tensor table = graph.tensor(id);
    OCTET_RETURN_IF_ERROR(check_finite(graph.nodes[i].name, table));
    const auto [entry, is_new] = real.try_emplace(id, kNoTensor);
    if (is_new) {
      Tensor made;
      made.name = table.name + "_real";
      entry->second = graph.add_tensor(std::move(made));
      graph.insert_node(i++, dequantize_node(table.name, graph.add_tensor(quantized_table(table)), entry->second));
    }
    graph.nodes[i].inputs[0] = entry->second;
    ++num_nodes;
  }
  // The integers take the name of a float table that nobody else reads.
  const Uses uses = find_uses(graph);
  for (const auto& [table, dequantized] : real) {
    if (!uses.consumers[static_cast<std::size_t>(table)].empty() || uses.is_output[static_cast<std::size_t>(table)]) continue;
    const Node& dequantize = graph.nodes[static_cast<std::size_t>(uses.producer[static_cast<std::size_t>(dequantized)])];
    std::swap(graph.tensor(table).name, graph.tensor(dequantize.inputs[0]).name);
  }
  return num_nodes;
}

}  // namespace octet
