// SPDX-License-Identifier: Apache-2.0
#include "api/quantize_full.h"

#include <algorithm>
#include <thread>

#include "api/output_format.h"
#include "api/report_conversion.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/log.h"
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
  options.smoothing_exponent = config.full.smooth_alpha;
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
  OCTET_ASSIGN_OR_RETURN(const OutputFormat* output, output_format(convert));
  options.explicit_borders = output->format == ModelFormat::kOnnx;
  options.calibration = full.calibration;
  return options;
}

// With compatibility=MINDSPORE and for targets with tools of their own the graph has the original's names and order.
Graph prepared(const Graph& graph, const QuantConfig& config) { return is_compatible(config) ? as_original(graph) : graph; }

int thread_count(const ConvertOptions& options, const QuantConfig& config) {
  const int wanted = options.num_threads > 0 ? options.num_threads : config.common.num_threads;
  return wanted > 0 ? wanted : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
}

Result<FullQuantResult> run(const Graph& graph, std::span<const CalibrationProfile> profiles, const QuantConfig& config, const SampleSource& samples,
                            const ConvertOptions& options) {
  const int num_threads = thread_count(options, config);
  if (!is_compatible(config)) {
    FullQuantOptions full = full_options(config, num_threads, options);
    full.calibration.profiles = profiles;
    return quantize_full(graph, samples, full);
  }
  OCTET_ASSIGN_OR_RETURN(CompatibleQuantOptions compatible, compatible_options(config, num_threads, options));
  compatible.calibration.profiles = profiles;
  return quantize_compatible(graph, samples, compatible);
}

// The shapes of the graph's inputs.
InputShapes input_shapes(const Graph& graph) {
  InputShapes shapes;
  for (const TensorId id : graph.inputs) shapes.emplace_back(graph.tensor(id).name, graph.tensor(id).shape);
  return shapes;
}

// Says how many samples each profile has.
void report_profiles(const std::vector<FolderSamples>& samples, std::span<const ProfileGraph> profiles, const Graph& first, ConvertReport& report) {
  if (profiles.empty()) return;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::string shapes = i == 0 ? shapes_text(input_shapes(first)) : profiles[i - 1].shapes;
    report.profiles.push_back({shapes, samples[i].size()});
    if (samples[i].size() > 0)
      OCTET_LOG(kInfo, "[ascend_context] profile {} ({}) is calibrated on {} samples", i + 1, shapes, samples[i].size());
    else
      OCTET_LOG(kWarning, "[ascend_context] profile {} ({}) is not calibrated: no sample has its size; it has the ranges of the others", i + 1, shapes);
  }
}

void report_float_nodes(std::vector<FloatNode>& nodes, ConvertReport& report) {
  for (FloatNode& node : nodes) {
    OCTET_LOG(kInfo, "node '{}' ({}) stays float: {}", node.node, node.op, node.reason);
    report.float_nodes.push_back({std::move(node.node), std::move(node.op), std::move(node.reason)});
  }
}

ReportSummary summary_of(const FullQuantResult& result) {
  ReportSummary summary;
  summary.quantization = "FULL_QUANT";
  summary.range_method = range_method_name(result.range_method);
  summary.equalized = result.is_equalized;
  summary.bias_corrected = result.bias_corrected;
  for (const FloatNode& node : result.float_nodes) summary.reasons.emplace_back(node.node, node.reason);
  return summary;
}

}  // namespace

bool fuses_activations(const QuantConfig& config) { return target_of(config).fuses_activations; }

Result<Graph> quantize_full(const Graph& graph, std::span<const ProfileGraph> profiles, const QuantConfig& config, const ConvertOptions& options,
                            ConvertReport& report) {
  std::vector<const Graph*> shapes = {&graph};
  for (const ProfileGraph& profile : profiles) shapes.push_back(&profile.graph);
  OCTET_ASSIGN_OR_RETURN(const std::vector<FolderSamples> all_samples, FolderSamples::open_all(config.data, shapes));
  report_profiles(all_samples, profiles, graph, report);
  std::vector<Graph> graphs;  // prepared, of the profiles
  std::vector<CalibrationProfile> calibrated;
  for (const ProfileGraph& profile : profiles) graphs.push_back(prepared(profile.graph, config));
  for (std::size_t i = 0; i < graphs.size(); ++i)
    calibrated.push_back({fmt::format("[ascend_context] profile {}", i + 2), &graphs[i], &all_samples[i + 1]});
  const FolderSamples& samples = all_samples[0];
  OCTET_ASSIGN_OR_RETURN(FullQuantResult result, run(prepared(graph, config), calibrated, config, samples, options));
  report.quantized = true;
  report.num_quantized_nodes = result.num_quantized_nodes;
  report.range_method = range_method_name(result.range_method);
  report.equalized = result.is_equalized;
  report.bias_corrected = result.bias_corrected;
  report.cosine = result.cosine;
  OCTET_RETURN_IF_ERROR(report_conversion({.float_graph = result.reference,
                                           .quantized = result.graph,
                                           .samples = samples,
                                           .num_rounds = samples.size(),
                                           .original_loads = result.bias_corrected ? 3 : 2,
                                           .summary = summary_of(result)},
                                          config, options));
  report_float_nodes(result.float_nodes, report);
  return std::move(result.graph);
}

Result<void> forecast_full(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  if (auto samples = FolderSamples::open(config.data, graph); !samples) return std::move(samples).error();
  const Graph start = prepared(graph, config);
  const int num_threads = thread_count(options, config);
  FullQuantForecast forecast;
  if (is_compatible(config)) {
    OCTET_ASSIGN_OR_RETURN(const CompatibleQuantOptions compatible, compatible_options(config, num_threads, options));
    OCTET_ASSIGN_OR_RETURN(forecast, forecast_compatible(start, compatible));
  } else {
    OCTET_ASSIGN_OR_RETURN(forecast, forecast_full(start, full_options(config, num_threads, options)));
  }
  report.quantized = true;
  report.num_nodes = start.nodes.size();
  report.num_quantized_nodes = forecast.num_quantized_nodes;
  report.calibration_bytes = forecast.calibration_bytes;
  report_float_nodes(forecast.float_nodes, report);
  return {};
}

}  // namespace octet
