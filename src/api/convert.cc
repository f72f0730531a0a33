// SPDX-License-Identifier: Apache-2.0
#include "api/convert_with_config.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "api/model_impl.h"
#include "api/prepare.h"
#include "api/quantize_dynamic.h"
#include "api/quantize_weights.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/quant_config.h"
#include "exporters/ms/ms_exporter.h"
#include "exporters/ms/runtime_support.h"
#include "ops/stored_weights.h"
#include "quantizers/full/full_quantizer.h"

namespace octet {
namespace {

Result<Layout> parse_layout(const std::string& text) {
  if (text == "NHWC") return Layout::kNhwc;
  if (text == "NCHW") return Layout::kNchw;
  return make_error(ErrorCode::kInvalidArgument, "layout '{}': expected NHWC or NCHW", text);
}

SourceFormat source_format(ModelFormat format) {
  switch (format) {
    case ModelFormat::kCaffe: return SourceFormat::kCaffe;
    case ModelFormat::kMs: return SourceFormat::kMs;
    case ModelFormat::kTflite: return SourceFormat::kTflite;
    case ModelFormat::kTensorFlow: return SourceFormat::kTensorFlow;
    case ModelFormat::kMindir: return SourceFormat::kMindir;
    case ModelFormat::kOnnx:
    case ModelFormat::kAuto: break;
  }
  return SourceFormat::kOnnx;
}

// The graph as the output model will have it: layouts of inputs and outputs set, all passes run.
Result<Graph> import_and_prepare(const ConvertOptions& options) {
  OCTET_ASSIGN_OR_RETURN(Graph graph, import_model(options.model_file, options.load));
  OCTET_ASSIGN_OR_RETURN(const Layout input_layout, parse_layout(options.input_layout));
  set_input_layout(graph, input_layout);
  if (!options.output_layout.empty()) {
    OCTET_ASSIGN_OR_RETURN(const Layout output_layout, parse_layout(options.output_layout));
    set_output_layout(graph, output_layout);
  }
  PassOptions passes;
  passes.fusions = options.fusions;
  passes.disabled = options.disabled_passes;
  if (auto done = run_passes(graph, passes); !done) return at(options.model_file, std::move(done).error());
  return graph;
}

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
}

// How ranges are chosen for the method of the configuration file. Error: kUnsupported.
Result<RangeMethod> range_method(const QuantConfig& config) {
  const bool original = config.common.compatibility == Compatibility::kMindSpore;
  if (!config.full.activation_quant_method) return original ? RangeMethod::kMinMax : RangeMethod::kBest;
  switch (*config.full.activation_quant_method) {
    case ActivationQuantMethod::kMaxMin: return RangeMethod::kMinMax;
    case ActivationQuantMethod::kMeanMinMax: return RangeMethod::kMeanMinMax;
    case ActivationQuantMethod::kKl:
    case ActivationQuantMethod::kRemovalOutlier:
    case ActivationQuantMethod::kPercentile:
    case ActivationQuantMethod::kMse: break;
  }
  return make_error(ErrorCode::kUnsupported,
                    "[full_quant_param] activation_quant_method: this version of Octet has MAX_MIN and MEAN_MIN_MAX");
}

// Everything else that the configuration may ask and this version cannot do, before any work.
Result<void> check_supported(const QuantConfig& config) {
  if (config.full.target_device != TargetDevice::kCpu)
    return make_error(ErrorCode::kUnsupported, "[full_quant_param] target_device: this version of Octet has CPU only");
  if (!config.common.debug_info_save_path.empty())
    return make_error(ErrorCode::kUnsupported, "[common_quant_param] debug_info_save_path: this version of Octet writes no reports yet");
  if (config.common.bit_num != 8)
    return make_error(ErrorCode::kUnsupported, "[common_quant_param] bit_num = {}: this version of Octet has 8", config.common.bit_num);
  return {};
}

// A model that computes in int8 already keeps its parameters, and has no float graph to quantize.
Result<void> check_is_float(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.is_constant || tensor.type != DataType::kInt8 || !tensor.quant) continue;
    return make_error(ErrorCode::kInvalidConfig, "the model is quantized already ('{}' is int8): convert it without a quantization", tensor.name);
  }
  return {};
}

Result<Graph> quantize_full(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  OCTET_ASSIGN_OR_RETURN(const FolderSamples samples, FolderSamples::open(config.data, graph));
  FullQuantOptions quant;
  OCTET_ASSIGN_OR_RETURN(quant.range_method, range_method(config));
  quant.per_channel = config.full.per_channel;
  quant.bias_correction = config.full.bias_correction;
  quant.skip_nodes = config.common.skip_quant_node;
  quant.skip_ops = config.common.skip_quant_type;
  quant.calibration.num_threads = thread_count(options.num_threads > 0 ? options.num_threads : config.common.num_threads);
  if (options.progress)
    quant.calibration.progress = [&](std::size_t done, std::size_t total) { options.progress("calibrating", done, total); };
  OCTET_ASSIGN_OR_RETURN(FullQuantResult result, octet::quantize_full(graph, samples, quant));
  report.quantized = true;
  report.num_quantized_nodes = result.num_quantized_nodes;
  report.range_method = range_method_name(result.range_method);
  report.bias_corrected = result.bias_corrected;
  report.cosine = result.cosine;
  for (FloatNode& node : result.float_nodes) {
    OCTET_LOG(kInfo, "node '{}' ({}) stays float: {}", node.node, node.op, node.reason);
    report.float_nodes.push_back({std::move(node.node), std::move(node.op), std::move(node.reason)});
  }
  return std::move(result.graph);
}

Result<Graph> quantize(Graph graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  if (auto is_float = check_is_float(graph); !is_float) return at(options.model_file, std::move(is_float).error());
  if (config.common.quant_type == QuantType::kWeight) return quantize_weights(graph, config, options, report);
  OCTET_RETURN_IF_ERROR(check_supported(config));
  // Activations are calibrated on the values that the float operators see.
  OCTET_RETURN_IF_ERROR(dequantize_weights(graph, [](const Node&) { return true; }));
  if (config.common.quant_type == QuantType::kDynamic) return quantize_dynamic(graph, config, report);
  return quantize_full(graph, config, options, report);
}

std::uint64_t file_bytes(const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  return failed ? 0 : size;
}

}  // namespace

Result<ConvertReport> convert(const ConvertOptions& options) {
  QuantConfig config;
  if (!options.config_file.empty()) {
    OCTET_ASSIGN_OR_RETURN(config, load_quant_config(options.config_file));
  }
  return convert(options, config);
}

Result<ConvertReport> convert(const ConvertOptions& options, const QuantConfig& config) {
  ConvertReport report;
  report.output_file = options.output_file.ends_with(".ms") ? options.output_file : options.output_file + ".ms";
  OCTET_ASSIGN_OR_RETURN(const ModelFormat format, model_format(options.model_file, options.load));
  OCTET_ASSIGN_OR_RETURN(Graph graph, import_and_prepare(options));
  if (config.common.quant_type != QuantType::kNone) {
    OCTET_ASSIGN_OR_RETURN(graph, quantize(std::move(graph), config, options, report));
  }
  for (const RuntimeGap& gap : find_mindspore_gaps(graph))
    OCTET_LOG(kWarning, "node '{}' ({}): Octet runs it in int8; in MindSpore Lite's runtime it {}. To keep it float: skip_quant_type={}",
              gap.node, gap.op, gap.reason, gap.op);
  auto bytes = export_ms(graph, source_format(format), weight_storage(config));
  if (!bytes) return at(report.output_file, std::move(bytes).error());
  OCTET_RETURN_IF_ERROR(write_file_atomically(report.output_file, *bytes));
  report.source_bytes = file_bytes(options.model_file) + (options.load.weight_file.empty() ? 0 : file_bytes(options.load.weight_file));
  report.output_bytes = bytes->size();
  report.num_nodes = graph.nodes.size();
  return report;
}

}  // namespace octet
