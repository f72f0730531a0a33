// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_dynamic.h"

#include "api/report_conversion.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/log.h"
#include "quantizers/compatible/original_graph.h"
#include "quantizers/dynamic/dynamic_quantizer.h"

namespace octet {
namespace {

// ALWC has a scale per channel of weights, ACWL one per layer. Activations have one scale per row, or, as in the original (which
// ignores ACWL), one per tensor; there products of two activations are quantized, too.
DynamicQuantOptions dynamic_options(const QuantConfig& config) {
  const bool original = is_original(config);
  DynamicQuantOptions options;
  options.activations_per_row = !original;
  options.weights_per_channel = original || config.dynamic.quant_strategy == DynamicQuantStrategy::kAlwc;
  options.share_scales = !original;
  options.recurrent = !original;
  options.original_reads = config.common.weight_encoding == WeightEncoding::kCompatible;
  options.two_activations = original;
  options.share_casts = !original;
  options.skip_nodes = config.common.skip_quant_node;
  options.skip_ops = config.common.skip_quant_type;
  return options;
}

// Compares on the first of the samples that the configuration names, or on one that is made up.
Result<void> report_dynamic(const Graph& graph, const DynamicQuantResult& result, const QuantConfig& config, const ConvertOptions& options) {
  if (config.common.debug_info_save_path.empty()) return {};
  ReportSummary summary;
  summary.quantization = "DYNAMIC_QUANT";
  for (const FloatProduct& product : result.float_products) summary.reasons.emplace_back(product.node, product.reason);
  OCTET_ASSIGN_OR_RETURN(ConversionSamples samples, ConversionSamples::open(config.data, graph));
  return report_conversion({.float_graph = graph,
                            .quantized = result.graph,
                            .samples = samples.given_or_made_up(1),
                            .summary = std::move(summary)},
                           config, options);
}

}  // namespace

Result<Graph> quantize_dynamic(const Graph& prepared, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  const Graph graph = is_original(config) ? as_original(prepared) : prepared;
  OCTET_ASSIGN_OR_RETURN(DynamicQuantResult result, quantize_dynamic(graph, dynamic_options(config)));
  if (is_original(config)) sort_as_original(result.graph);
  OCTET_RETURN_IF_ERROR(report_dynamic(graph, result, config, options));
  report.quantized = true;
  report.is_dynamic = true;
  report.num_quantized_nodes = result.num_quantized_nodes;
  for (FloatProduct& product : result.float_products) {
    OCTET_LOG(kInfo, "node '{}' ({}) stays float: {}", product.node, product.op, product.reason);
    report.float_nodes.push_back({std::move(product.node), std::move(product.op), std::move(product.reason)});
  }
  return std::move(result.graph);
}

}  // namespace octet
