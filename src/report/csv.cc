// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ops/stored_weights.h"

namespace octet {
namespace {

void add_params(const Node& node, std::string_view type, const Tensor& tensor, std::string& csv) {
  if (!tensor.quant) return;
  const QuantParams& quant = *tensor.quant;
  std::string dims;
  for (const std::int64_t d : tensor.shape) dims += fmt::format("{} ", d);
  for (std::size_t i = 0; i < quant.scale.size(); ++i)
    csv += fmt::format("{},{},{},{},{},{:g},{},{},{:g},{:g},\n", node.name, type, tensor.name, num_elements(tensor.shape).value_or(0), dims,
                       quant.scale[i], quant.zero_point[i], quant.bits, quant.corrected() ? quant.var_correction[i] : 1.0f,
                       quant.corrected() ? quant.mean_correction[i] : 0.0f);
}

}  // namespace

std::string quant_param_csv(const Graph& quantized, const ReportNames& names) {
  const Uses uses = find_uses(quantized);
  std::string csv;
  for (std::size_t i = 0; i < quantized.nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    if (dequantizes_weights(quantized, node)) continue;
    for (const TensorId id : node.inputs)
      if (id != kNoTensor) add_params(node, names.node_types[i], quantized.tensor(stored_tensor(quantized, uses, id)), csv);
    for (const TensorId id : node.outputs) add_params(node, names.node_types[i], quantized.tensor(id), csv);
  }
  if (csv.empty()) return csv;
  return "NodeName,NodeType,TensorName,ElementsNum,Dims,Scale,ZeroPoint,Bits,CorrectionVar,CorrectionMean,\n" + csv;
}

std::string round_csv(const Graph& quantized, const RoundComparison& round, const ReportNames& names) {
  std::string csv =
      ",NodeName,NodeType,TensorName,InOutFlag,DataTypeFlag,TensorTypeFlag,Min,Q1,Median,Q3,Max,Mean,Var,Sparsity,Clip,CosineSimilarity,\n";
  for (std::size_t i = 0; i < round.rows.size(); ++i) {
    const TensorRow& row = round.rows[i];
    const Distribution& d = row.distribution;
    csv += fmt::format("{},{},{},{},{},{},{},{:g},{:g},{:g},{:g},{:g},{:g},{:g},{:g},{:g},{:g},\n", i, quantized.nodes[row.node].name,
                       names.node_types[row.node], names.tensor(row.tensor, row.is_quantized), row.is_input ? "Input" : "Output",
                       row.is_quantized ? "Dequant" : "Origin", row.is_constant ? "Weight" : "Activation", d.min, d.q1, d.median, d.q3, d.max,
                       d.mean, d.standard_deviation, d.sparsity, row.clip, row.cosine);
  }
  return csv;
}

std::string output_summary_header() { return "Round,TensorName,CosineSimilarity,\n"; }

std::string output_summary_lines(std::size_t round_index, const RoundComparison& round, const ReportNames& names) {
  std::string lines;
  for (const OutputCosine& output : round.outputs)
    lines += fmt::format("{},{},{:g},\n", round_index, names.tensor(output.tensor, true), output.cosine);
  return lines;
}

}  // namespace octet
