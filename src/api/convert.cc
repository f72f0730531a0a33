// SPDX-License-Identifier: Apache-2.0
#include "api/convert_with_config.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "api/io_types.h"
#include "api/model_impl.h"
#include "api/prepare.h"
#include "api/quantize_full.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/quant_config.h"
#include "exporters/ms/ms_exporter.h"
#include "exporters/ms/runtime_support.h"
#include "report/debug_report.h"

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
    case ModelFormat::kOnnx:
    case ModelFormat::kAuto: break;
  }
  return SourceFormat::kOnnx;
}

// The graph as the output model will have it: layouts of inputs and outputs set, all passes run.
Result<Graph> import_and_prepare(const ConvertOptions& options, const QuantConfig& config) {
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
  if (config.common.quant_type == QuantType::kFull && !fuses_activations(config)) passes.disabled.emplace_back("fuse_activation");
  if (auto done = run_passes(graph, passes); !done) return at(options.model_file, std::move(done).error());
  return graph;
}

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
}

// What the configuration may ask and this version cannot do, before any work.
Result<void> check_supported(const QuantConfig& config) {
  if (config.common.quant_type != QuantType::kFull)
    return make_error(ErrorCode::kUnsupported, "[common_quant_param] quant_type: this version of Octet has FULL_QUANT only");
  return {};
}

int thread_count(const ConvertOptions& options, const QuantConfig& config) {
  return thread_count(options.num_threads > 0 ? options.num_threads : config.common.num_threads);
}

void report_float_nodes(std::vector<FloatNode>& nodes, ConvertReport& report) {
  for (FloatNode& node : nodes) {
    OCTET_LOG(kInfo, "node '{}' ({}) stays float: {}", node.node, node.op, node.reason);
    report.float_nodes.push_back({std::move(node.node), std::move(node.op), std::move(node.reason)});
  }
}

// What quantizing would do, without running anything.
Result<void> forecast(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  OCTET_RETURN_IF_ERROR(check_supported(config));
  if (auto samples = FolderSamples::open(config.data, graph); !samples) return std::move(samples).error();
  OCTET_ASSIGN_OR_RETURN(FullQuantForecast forecast, forecast_full_quantization(graph, config, thread_count(options, config)));
  report.quantized = true;
  report.num_nodes = graph.nodes.size();
  report.num_quantized_nodes = forecast.num_quantized_nodes;
  report.calibration_bytes = forecast.calibration_bytes;
  report_float_nodes(forecast.float_nodes, report);
  return {};
}

// The folder of debug_info_save_path: every calibration sample is a round.
Result<void> write_report(const FullQuantResult& result, const QuantConfig& config, const SampleSource& samples, const ConvertOptions& options) {
  if (config.common.debug_info_save_path.empty()) return {};
  DebugReportOptions report;
  report.folder = config.common.debug_info_save_path;
  report.num_rounds = samples.size();
  report.node_form = [](const Graph& graph, const Node& node) {
    MsNodeForm form = ms_node_form(graph, node);
    return ReportNodeForm{std::move(form.type), std::move(form.added_inputs)};
  };
  if (config.common.compatibility == Compatibility::kMindSpore) report.original_loads = result.bias_corrected ? 3 : 2;
  report.summary.model = std::filesystem::path(options.model_file).filename().string();
  report.summary.quantization = "FULL_QUANT";
  report.summary.range_method = range_method_name(result.range_method);
  report.summary.equalized = result.is_equalized;
  report.summary.bias_corrected = result.bias_corrected;
  for (const FloatNode& node : result.float_nodes) report.summary.reasons.emplace_back(node.node, node.reason);
  if (options.progress) report.progress = [&](std::size_t done, std::size_t total) { options.progress("comparing", done, total); };
  return write_debug_report(result.reference, result.graph, samples, report);
}

Result<Graph> quantize(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  OCTET_RETURN_IF_ERROR(check_supported(config));
  OCTET_ASSIGN_OR_RETURN(const FolderSamples samples, FolderSamples::open(config.data, graph));
  const int num_threads = thread_count(options, config);
  OCTET_ASSIGN_OR_RETURN(FullQuantResult result, run_full_quantization(graph, config, samples, num_threads, options));
  report.quantized = true;
  report.num_quantized_nodes = result.num_quantized_nodes;
  report.range_method = range_method_name(result.range_method);
  report.equalized = result.is_equalized;
  report.bias_corrected = result.bias_corrected;
  report.cosine = result.cosine;
  OCTET_RETURN_IF_ERROR(write_report(result, config, samples, options));
  report_float_nodes(result.float_nodes, report);
  return std::move(result.graph);
}

Result<void> set_io_types(Graph& graph, const ConvertOptions& options) {
  const auto check = [](std::string_view what, ElementType type) -> Result<void> {
    if (type == ElementType::kFloat32 || type == ElementType::kInt8) return {};
    return make_error(ErrorCode::kUnsupported, "{} of type {}: float32 and int8 are possible", what, element_type_name(type));
  };
  OCTET_RETURN_IF_ERROR(check("graph inputs", options.input_type));
  OCTET_RETURN_IF_ERROR(check("graph outputs", options.output_type));
  if (options.input_type == ElementType::kInt8) OCTET_RETURN_IF_ERROR(make_inputs_int8(graph));
  if (options.output_type == ElementType::kInt8) OCTET_RETURN_IF_ERROR(make_outputs_int8(graph));
  return {};
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
  OCTET_ASSIGN_OR_RETURN(Graph graph, import_and_prepare(options, config));
  if (config.common.quant_type != QuantType::kNone) {
    graph = prepare_for_full_quantization(std::move(graph), config);
    if (options.dry_run) {
      OCTET_RETURN_IF_ERROR(forecast(graph, config, options, report));
      return report;
    }
    OCTET_ASSIGN_OR_RETURN(graph, quantize(graph, config, options, report));
  }
  for (const RuntimeGap& gap : find_mindspore_gaps(graph))
    OCTET_LOG(kWarning, "node '{}' ({}): Octet runs it in int8; in MindSpore Lite's runtime it {}. To keep it float: skip_quant_type={}",
              gap.node, gap.op, gap.reason, gap.op);
  OCTET_RETURN_IF_ERROR(set_io_types(graph, options));
  if (options.float16_constants)
    OCTET_LOG(kInfo, "{} constants are stored as float16", store_constants_as_float16(graph));
  auto bytes = export_ms(graph, source_format(format));
  if (!bytes) return at(report.output_file, std::move(bytes).error());
  OCTET_RETURN_IF_ERROR(write_file_atomically(report.output_file, *bytes));
  report.source_bytes = file_bytes(options.model_file) + (options.load.weight_file.empty() ? 0 : file_bytes(options.load.weight_file));
  report.output_bytes = bytes->size();
  report.num_nodes = graph.nodes.size();
  return report;
}

}  // namespace octet
