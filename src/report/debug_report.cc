// SPDX-License-Identifier: Apache-2.0
#include "report/debug_report.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "ops/quantize.h"
#include "report/csv.h"

namespace octet {
namespace {

bool holds(const Graph& graph, const std::vector<TensorId>& tensors, const std::string& name) {
  return std::any_of(tensors.begin(), tensors.end(), [&](TensorId id) { return graph.tensor(id).name == name; });
}

ReportNames report_names(const Graph& float_graph, const Graph& quantized, const DebugReportOptions& options) {
  ReportNames names;
  for (const Node& node : quantized.nodes) names.node_types.push_back(options.node_form(quantized, node).type);
  names.tensor = [&float_graph, loads = options.original_loads](const std::string& name, bool is_quantized) {
    if (loads == 0) return name;
    const int load = is_quantized ? loads : 0;
    if (holds(float_graph, float_graph.inputs, name)) return fmt::format("CpuFP32SubGraph{}_{}_duplicate_{}", load, load, name);
    return holds(float_graph, float_graph.outputs, name) ? name + "_duplicate" : name;
  };
  return names;
}

Result<void> write_text(const std::filesystem::path& file, const std::string& text) {
  return write_file_atomically(file, std::as_bytes(std::span(text)));
}

std::uint64_t constant_bytes(const Graph& graph) {
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) bytes += tensor.data.size_bytes();
  return bytes;
}

int bits_of(const Tensor& tensor) { return tensor.quant && tensor.type != DataType::kFloat32 ? tensor.quant->bits : 32; }

std::vector<NodeSummary> node_summaries(const Graph& quantized, const ReportNames& names, const ReportSummary& known) {
  const Uses uses = find_uses(quantized);
  std::vector<NodeSummary> nodes;
  for (std::size_t i = 0; i < quantized.nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    NodeSummary summary{node.name, names.node_types[i]};
    summary.cosine = 0;
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor) continue;
      const Tensor& tensor = quantized.tensor(stored_tensor(quantized, uses, id));
      if (!tensor.is_constant) continue;
      summary.weight_bytes += tensor.data.size_bytes();
      if (bits_of(tensor) != 32) summary.weight_bits = std::min(summary.weight_bits, bits_of(tensor));
    }
    summary.activation_bits = bits_of(quantized.tensor(node.outputs[0]));
    for (const auto& [name, reason] : known.reasons)
      if (name == node.name) summary.float_reason = reason;
    nodes.push_back(std::move(summary));
  }
  return nodes;
}

// Adds one round's first outputs to the summaries' means.
void add_round(const RoundComparison& round, double share, ReportSummary& summary) {
  std::vector<bool> seen(summary.nodes.size(), false);
  for (const TensorRow& row : round.rows) {
    if (row.is_input || !row.is_quantized || seen[row.node]) continue;
    seen[row.node] = true;
    summary.nodes[row.node].cosine += share * row.cosine;
    summary.nodes[row.node].mean_square_error += share * row.mean_square_error;
  }
  if (summary.outputs.empty())
    for (const OutputCosine& output : round.outputs) summary.outputs.emplace_back(output.tensor, 0.0);
  for (std::size_t i = 0; i < round.outputs.size(); ++i) summary.outputs[i].second += share * round.outputs[i].cosine;
}

// Nodes that unpack weights when the model is loaded: the nodes that read them count these.
std::vector<NodeSummary> without_unpacking(const Graph& quantized, const std::vector<NodeSummary>& nodes) {
  std::vector<NodeSummary> kept;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    const bool unpacks = node.is(kDequantize) && quantized.tensor(node.inputs[0]).is_constant;
    if (!unpacks) kept.push_back(nodes[i]);
  }
  return kept;
}

}  // namespace

Result<void> write_debug_report(const Graph& float_graph, const Graph& quantized, const SampleSource& samples, const DebugReportOptions& options) {
  const std::filesystem::path folder = options.folder;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return make_error(ErrorCode::kIo, "debug_info_save_path = {}: the folder cannot be made: {}", options.folder, failed.message());
  const ReportNames names = report_names(float_graph, quantized, options);
  if (const std::string csv = quant_param_csv(quantized, names); !csv.empty()) {
    OCTET_RETURN_IF_ERROR(write_text(folder / "quant_param.csv", csv));
    OCTET_LOG(kInfo, "wrote {}", (folder / "quant_param.csv").string());
  }
  OCTET_ASSIGN_OR_RETURN(LayerComparison comparison, LayerComparison::make(float_graph, quantized, [&](const Graph& graph, const Node& node) {
                           return options.node_form(graph, node).added_inputs;
                         }, options.original_loads > 0 ? Quartiles::kOriginal : Quartiles::kInterpolated));
  ReportSummary summary = options.summary;
  summary.num_rounds = std::min(options.num_rounds, samples.size());
  summary.float_weight_bytes = constant_bytes(float_graph);
  summary.quantized_weight_bytes = constant_bytes(quantized);
  summary.nodes = node_summaries(quantized, names, options.summary);
  std::string outputs = output_summary_header();
  for (std::size_t i = 0; i < summary.num_rounds; ++i) {
    OCTET_RETURN_IF_ERROR(samples.load(i, comparison.inputs()));
    OCTET_ASSIGN_OR_RETURN(const RoundComparison round, comparison.run());
    OCTET_RETURN_IF_ERROR(write_text(folder / fmt::format("round_{}.csv", i), round_csv(quantized, round, names)));
    outputs += output_summary_lines(i, round, names);
    add_round(round, 1.0 / static_cast<double>(summary.num_rounds), summary);
    if (options.progress) options.progress(i + 1, summary.num_rounds);
  }
  OCTET_RETURN_IF_ERROR(write_text(folder / "output_summary.csv", outputs));
  summary.nodes = without_unpacking(quantized, summary.nodes);
  return write_text(folder / "summary.json", summary_json(summary));
}

}  // namespace octet
