// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_weights.h"

#include <algorithm>
#include <thread>

#include "api/report_conversion.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/log.h"
#include "quantizers/compatible/original_graph.h"
#include "quantizers/weight/auto_tune.h"

namespace octet {
namespace {

constexpr std::size_t kTuneSamples = 8;

bool is_mixed(const QuantConfig& config) { return config.common.bit_num == 0; }

Result<void> check_supported(const QuantConfig& config) {
  if (config.weight.quant_strategy == WeightQuantStrategy::kGptq && config.data.calibrate_path.empty())
    return make_error(ErrorCode::kInvalidConfig, "[weight_quant_param] quant_strategy = GPTQ rounds against calibration data: [data_preprocess_param] calibrate_path is missing");
  if (config.weight.quant_strategy == WeightQuantStrategy::kGptq && is_original(config))
    return make_error(ErrorCode::kUnsupported, "[weight_quant_param] quant_strategy = GPTQ is Octet's own here: it does not go with compatibility = MINDSPORE");
  return {};
}

WeightQuantOptions quantizer_options(const QuantConfig& config, const ConvertOptions& options) {
  WeightQuantOptions quant;
  quant.bits = config.common.bit_num;
  if (is_mixed(config)) quant.relative_error = config.mixed.init_scale;
  quant.at_load = config.weight.dequant_strategy == DequantStrategy::kAtLoad;
  // The original's operator that dequantizes while running knows one scale.
  quant.per_channel = config.weight.per_channel && (quant.at_load || !is_original(config));
  quant.bias_correction = config.weight.bias_correction;
  quant.min_size = config.common.min_quant_weight_size;
  quant.min_channels = config.common.min_quant_weight_channel;
  quant.like_mindspore = is_original(config);
  quant.original_reads = config.common.weight_encoding == WeightEncoding::kCompatible;
  quant.skip_nodes = config.common.skip_quant_node;
  quant.skip_ops = config.common.skip_quant_type;
  quant.num_threads = options.num_threads > 0 ? options.num_threads : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
  if (options.progress)
    quant.progress = [&](std::size_t done, std::size_t total) { options.progress("quantizing weights", done, total); };
  return quant;
}

}  // namespace

Result<Graph> quantize_weights(Graph prepared, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  OCTET_RETURN_IF_ERROR(check_supported(config));
  Graph graph = is_original(config) ? as_original(prepared) : std::move(prepared);
  WeightQuantOptions quant = quantizer_options(config, options);
  if (!quant.at_load && quant.per_channel)
    OCTET_LOG(kWarning, "[weight_quant_param] dequant_strategy = ON_THE_FLY: MindSpore Lite's runtime applies the first channel's scale to all; "
                        "for a file that it is to run: per_channel = false, or dequantize at load");
  OCTET_ASSIGN_OR_RETURN(ConversionSamples samples, ConversionSamples::open(config.data, graph));
  quant.samples = samples.given();
  WeightQuantResult result;
  if (is_mixed(config) && config.mixed.auto_tune) {
    const double target = samples.given() != nullptr ? kAutoTuneCosine : kAutoTuneMadeUpCosine;
    OCTET_ASSIGN_OR_RETURN(AutoTuneResult tuned, auto_tune_weights(graph, quant, samples.given_or_made_up(kTuneSamples), target));
    result = std::move(tuned.quantized);
    quant.relative_error = tuned.relative_error;
    report.cosine = tuned.cosine;
  } else {
    // Nothing but a report reads the float weights again: without one, each is let go when its integers are there.
    OCTET_ASSIGN_OR_RETURN(result, quantize_weight_tensors(wants_report(config) ? graph : std::move(graph), quant));
  }
  if (wants_report(config)) {
    ReportSummary summary;
    summary.quantization = "WEIGHT_QUANT";
    for (const FloatWeightTensor& w : result.kept) summary.reasons.emplace_back(w.node, w.reason);
    OCTET_RETURN_IF_ERROR(report_conversion({.float_graph = graph,
                                             .quantized = result.graph,
                                             .samples = samples.given_or_made_up(1),
                                             .summary = std::move(summary)},
                                            config, options));
  }
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
  storage.fse = is_mixed(config) && is_original(config);
  storage.fse_int = !is_original(config);
  const bool on_the_fly = config.weight.dequant_strategy == DequantStrategy::kOnTheFly;
  if (on_the_fly && !is_mixed(config) && (is_original(config) || config.weight.max_segments > 1))
    storage.fse_infer = static_cast<std::size_t>(config.weight.max_segments);
  storage.octet_rans = config.common.weight_encoding == WeightEncoding::kOctet;
  return storage;
}

}  // namespace octet
