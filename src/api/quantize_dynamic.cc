// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_dynamic.h"

#include "base/error.h"
#include "base/log.h"
#include "quantizers/dynamic/dynamic_quantizer.h"

namespace octet {
namespace {

// ALWC has a scale per channel of weights, ACWL one per layer. Activations have one scale per row, or, as in the original (which
// ignores ACWL), one per tensor; there products of two activations are quantized, too.
DynamicQuantOptions dynamic_options(const QuantConfig& config) {
  const bool original = config.common.compatibility == Compatibility::kMindSpore;
  DynamicQuantOptions options;
  options.activations_per_row = !original;
  options.weights_per_channel = original || config.dynamic.quant_strategy == DynamicQuantStrategy::kAlwc;
  options.share_scales = !original;
  options.two_activations = original;
  options.skip_nodes = config.common.skip_quant_node;
  options.skip_ops = config.common.skip_quant_type;
  return options;
}

}  // namespace

Result<Graph> quantize_dynamic(const Graph& graph, const QuantConfig& config, ConvertReport& report) {
  if (!config.common.debug_info_save_path.empty())
    return make_error(ErrorCode::kUnsupported, "[common_quant_param] debug_info_save_path: there are no reports of dynamic quantization yet");
  OCTET_ASSIGN_OR_RETURN(DynamicQuantResult result, quantize_dynamic(graph, dynamic_options(config)));
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
