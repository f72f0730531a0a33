// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_full.h"

#include <algorithm>

#include "base/error.h"
#include "quantizers/compatible/compatible_quantizer.h"
#include "quantizers/compatible/original_graph.h"

namespace octet {
namespace {

const TargetProfile& target_of(const QuantConfig& config) {
  switch (config.full.target_device) {
    case TargetDevice::kCpu: return kCpuTarget;
    case TargetDevice::kNvgpu: return kNvgpuTarget;
    case TargetDevice::kDsp: return kDspTarget;
    case TargetDevice::kAscend: return kAscendTarget;
    case TargetDevice::kKirin: return kKirinTarget;
  }
  return kCpuTarget;
}

bool is_original(const QuantConfig& config) { return config.common.compatibility == Compatibility::kMindSpore; }

// Graphs for others' tools are made node by node, as those expect them.
bool is_compatible(const QuantConfig& config) { return is_original(config) || !target_of(config).runs_here; }

RangeMethod range_method(const QuantConfig& config) {
  if (!config.full.activation_quant_method) return is_compatible(config) ? RangeMethod::kMinMax : RangeMethod::kBest;
  switch (*config.full.activation_quant_method) {
    case ActivationQuantMethod::kMaxMin: return RangeMethod::kMinMax;
    case ActivationQuantMethod::kMeanMinMax: return RangeMethod::kMeanMinMax;
    case ActivationQuantMethod::kKl: return RangeMethod::kKl;
    case ActivationQuantMethod::kRemovalOutlier: return RangeMethod::kRemovalOutlier;
    case ActivationQuantMethod::kPercentile: return RangeMethod::kPercentile;
    case ActivationQuantMethod::kMse: return RangeMethod::kMse;
  }
  return RangeMethod::kBest;
}

FullQuantOptions full_options(const QuantConfig& config, int num_threads, const ConvertOptions& convert) {
  FullQuantOptions options;
  options.range_method = range_method(config);
  options.per_channel = config.full.per_channel;
  options.bias_correction = config.full.bias_correction;
  options.bits = config.common.bit_num;
  options.skip_nodes = config.common.skip_quant_node;
  options.skip_ops = config.common.skip_quant_type;
  options.target = &target_of(config);
  options.calibration.num_threads = num_threads;
  if (convert.progress) {
    const auto progress = convert.progress;
    options.calibration.progress = [progress](std::size_t done, std::size_t total) { progress("calibrating", done, total); };
  }
  return options;
}

Result<CompatibleQuantOptions> compatible_options(const QuantConfig& config, int num_threads, const ConvertOptions& convert) {
  if (config.common.bit_num != 8)
    return make_error(ErrorCode::kInvalidConfig,
                      "bit_num = {}: fewer levels are made for target_device = CPU without compatibility = MINDSPORE only", config.common.bit_num);
  const FullQuantOptions full = full_options(config, num_threads, convert);
  CompatibleQuantOptions options;
  options.is_original = is_original(config);
  options.range_method = full.range_method;
  options.per_channel = full.per_channel;
  options.bias_correction = full.bias_correction;
  options.skip_nodes = full.skip_nodes;
  options.skip_ops = full.skip_ops;
  options.target = full.target;
  options.calibration = full.calibration;
  return options;
}

}  // namespace

bool fuses_activations(const QuantConfig& config) { return target_of(config).fuses_activations; }

Graph prepare_for_full_quantization(Graph graph, const QuantConfig& config) {
  return is_compatible(config) ? as_original(graph) : graph;
}

Result<FullQuantResult> run_full_quantization(const Graph& graph, const QuantConfig& config, const SampleSource& samples, int num_threads,
                                              const ConvertOptions& options) {
  if (!is_compatible(config)) return quantize_full(graph, samples, full_options(config, num_threads, options));
  OCTET_ASSIGN_OR_RETURN(const CompatibleQuantOptions compatible, compatible_options(config, num_threads, options));
  return quantize_compatible(graph, samples, compatible);
}

Result<FullQuantForecast> forecast_full_quantization(const Graph& graph, const QuantConfig& config, int num_threads) {
  if (!is_compatible(config)) return forecast_full(graph, full_options(config, num_threads, {}));
  OCTET_ASSIGN_OR_RETURN(const CompatibleQuantOptions compatible, compatible_options(config, num_threads, {}));
  return forecast_compatible(graph, compatible);
}

}  // namespace octet
