// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_weights.h"

#include "base/error.h"
#include "base/log.h"
#include "quantizers/weight/weight_quantizer.h"

namespace octet {
namespace {

bool is_original(const QuantConfig& config) { return config.common.compatibility == Compatibility::kMindSpore; }
bool is_mixed(const QuantConfig& config) { return config.common.bit_num == 0; }

Result<void> check_supported(const QuantConfig& config) {
  if (!config.common.debug_info_save_path.empty())
    return make_error(ErrorCode::kUnsupported, "[common_quant_param] debug_info_save_path: this version of Octet writes no reports of weight quantization yet");
  if (config.weight.quant_strategy == WeightQuantStrategy::kGptq)
    return make_error(ErrorCode::kUnsupported, "[weight_quant_param] quant_strategy: this version of Octet has MAX_MIN only");
  if (config.weight.max_segments != 1)
    return make_error(ErrorCode::kUnsupported, "[weight_quant_param] max_segments: this version of Octet writes one segment");
  return {};
}

WeightQuantOptions quantizer_options(const QuantConfig& config, const ConvertOptions& options) {
  WeightQuantOptions quant;
  quant.bits = config.common.bit_num;
  if (is_mixed(config)) quant.relative_error = config.mixed.init_scale;
  quant.per_channel = config.weight.per_channel;
  quant.bias_correction = config.weight.bias_correction;
  quant.min_size = config.common.min_quant_weight_size;
  quant.min_channels = config.common.min_quant_weight_channel;
  quant.like_mindspore = is_original(config);
  quant.at_load = config.weight.dequant_strategy == DequantStrategy::kAtLoad;
  quant.skip_nodes = config.common.skip_quant_node;
  quant.skip_ops = config.common.skip_quant_type;
  if (options.progress)
    quant.progress = [&](std::size_t done, std::size_t total) { options.progress("quantizing weights", done, total); };
  return quant;
}

}  // namespace

Result<Graph> quantize_weights(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  OCTET_RETURN_IF_ERROR(check_supported(config));
  const WeightQuantOptions quant = quantizer_options(config, options);
  OCTET_ASSIGN_OR_RETURN(WeightQuantResult result, quantize_weight_tensors(graph, quant));
  report.quantized = true;
  report.weights_only = true;
  report.relative_error = quant.relative_error.value_or(0.0);
  report.num_quantized_nodes = result.num_nodes;
  for (QuantizedWeightTensor& w : result.quantized)
    report.weights.push_back({std::move(w.tensor), std::move(w.node), w.bits, w.per_channel, w.elements, w.relative_error});
  for (FloatWeightTensor& w : result.kept) {
    OCTET_LOG(kInfo, "node '{}' ({}): its weights '{}' stay float: {}", w.node, w.op, w.tensor, w.reason);
    report.float_weights += w.elements;
    report.float_nodes.push_back({std::move(w.node), std::move(w.op), std::move(w.reason)});
  }
  return std::move(result.graph);
}

MsExportOptions weight_storage(const QuantConfig& config) {
  MsExportOptions storage;
  storage.encode = config.common.enable_encode;
  storage.fse = is_mixed(config);
  storage.fse_int = !is_original(config);
  storage.octet_rans = config.common.weight_encoding == WeightEncoding::kOctet;
  return storage;
}

}  // namespace octet
