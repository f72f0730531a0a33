// SPDX-License-Identifier: Apache-2.0
#include "api/convert_with_config.h"

#include <algorithm>
#include <filesystem>

#include "api/ascend_profiles.h"
#include "api/io_types.h"
#include "api/model_impl.h"
#include "api/output_format.h"
#include "api/prepare.h"
#include "api/quantize_dynamic.h"
#include "api/quantize_full.h"
#include "api/quantize_weights.h"
#include "api/samples.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/quant_config.h"
#include "ir/verifier.h"
#include "ops/stored_weights.h"
#include "passes/passes.h"
#include "runtime/plan.h"

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
Result<ImportedModel> import_and_prepare(const ConvertOptions& options, const OutputFormat& output, const QuantConfig& config) {
  OCTET_ASSIGN_OR_RETURN(ImportedModel model, import_model(options.model_file, options.load));
  const std::string wanted(options.input_layout.empty() ? output.input_layout : options.input_layout);
  if (!wanted.empty()) {
    OCTET_ASSIGN_OR_RETURN(const Layout input_layout, parse_layout(wanted));
    set_input_layout(model.graph, input_layout);
  }
  if (!options.output_layout.empty()) {
    OCTET_ASSIGN_OR_RETURN(const Layout output_layout, parse_layout(options.output_layout));
    set_output_layout(model.graph, output_layout);
  }
  PassOptions passes;
  passes.fusions = options.fusions;
  passes.disabled = options.disabled_passes;
  if (config.common.quant_type == QuantType::kFull && !fuses_activations(config)) passes.disabled.emplace_back("fuse_activation");
  Graph& graph = model.graph;
  if (auto done = run_passes(graph, passes); !done) return at(options.model_file, std::move(done).error());
  if (config.transform.export_precision_mode == ExportPrecisionMode::kFloat32) {
    OCTET_RETURN_IF_ERROR(dequantize_weights(graph, [](const Node&) { return true; }));
    for (const auto pass : {dequantize_graph, remove_identity, remove_dead})
      if (auto done = pass(graph); !done) return at(options.model_file, std::move(done).error());
    OCTET_RETURN_IF_ERROR(verify(graph));
  }
  return model;
}

// The options for each shape that [ascend_context] asks for: one at least.
Result<std::vector<ConvertOptions>> profile_options(const ConvertOptions& options, const QuantConfig& config) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<InputShapes> profiles, ascend_profiles(config.ascend));
  if (profiles.empty()) return std::vector{options};
  if (!options.load.input_shapes.empty())
    return make_error(ErrorCode::kInvalidConfig, "[ascend_context] input_shape and the option for input shapes exclude each other: give one");
  std::vector<ConvertOptions> result(profiles.size(), options);
  for (std::size_t i = 0; i < profiles.size(); ++i) result[i].load.input_shapes = profiles[i];
  if (profiles.size() > 1)
    OCTET_LOG(kInfo, "[ascend_context]: the file is made for the first of {} profiles; the model's shapes hold for all of them", profiles.size());
  return result;
}

// The model for the profiles behind the first one, whose graph is given. That it can be prepared and planned for each is checked;
// full quantization goes on with the graphs.
Result<std::vector<ProfileGraph>> further_profiles(const std::vector<ConvertOptions>& profiles, const OutputFormat& output, const QuantConfig& config,
                                                   const Graph& first) {
  std::vector<ProfileGraph> graphs;
  for (std::size_t i = 1; i < profiles.size(); ++i) {
    auto model = import_and_prepare(profiles[i], output, config);
    if (model)
      if (auto plan = Plan::make(model->graph); !plan) model = std::move(plan).error();
    if (!model) return at(fmt::format("[ascend_context] profile {}", i + 1), std::move(model).error());
    if (config.common.quant_type != QuantType::kFull) continue;
    share_constants(first, model->graph);
    graphs.push_back({shapes_text(profiles[i].load.input_shapes), std::move(model->graph)});
  }
  return graphs;
}

// A model that computes in int8 already keeps its parameters, and has no float graph to quantize.
Result<void> check_is_float(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.is_constant || tensor.type != DataType::kInt8 || !tensor.quant) continue;
    return make_error(ErrorCode::kInvalidConfig, "the model is quantized already ('{}' is int8): convert it without a quantization", tensor.name);
  }
  return {};
}

// What quantizing would do, without running anything.
Result<void> forecast(Graph graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  if (config.common.quant_type != QuantType::kFull)
    return make_error(ErrorCode::kUnsupported, "a dry run: of FULL_QUANT only; other quantizations have no calibration to foresee");
  if (auto is_float = check_is_float(graph); !is_float) return at(options.model_file, std::move(is_float).error());
  OCTET_RETURN_IF_ERROR(dequantize_weights(graph, [](const Node&) { return true; }));
  return forecast_full(graph, config, options, report);
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

Result<Graph> quantize(Graph graph, std::vector<ProfileGraph> profiles, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report) {
  if (auto is_float = check_is_float(graph); !is_float) return at(options.model_file, std::move(is_float).error());
  if (config.common.quant_type == QuantType::kWeight) return quantize_weights(std::move(graph), config, options, report);
  // Activations are calibrated on the values that the float operators see.
  OCTET_RETURN_IF_ERROR(dequantize_weights(graph, [](const Node&) { return true; }));
  if (config.common.quant_type == QuantType::kDynamic) return quantize_dynamic(graph, config, options, report);
  for (ProfileGraph& profile : profiles)
    OCTET_RETURN_IF_ERROR(dequantize_weights(profile.graph, [](const Node&) { return true; }));
  return quantize_full(graph, profiles, config, options, report);
}

}  // namespace

Result<ConvertReport> convert(const ConvertOptions& options) {
  QuantConfig config;
  if (!options.config_file.empty()) {
    OCTET_ASSIGN_OR_RETURN(config, load_quant_config(options.config_file));
  }
  return convert(options, config);
}

Result<ConvertReport> convert(const ConvertOptions& asked, const QuantConfig& config) {
  ConvertReport report;
  OCTET_ASSIGN_OR_RETURN(const OutputFormat* output, output_format(asked));
  OCTET_ASSIGN_OR_RETURN(const std::vector<ConvertOptions> profiles, profile_options(asked, config));
  const ConvertOptions& options = profiles.front();
  report.output_file = output_path(options, *output);
  OCTET_ASSIGN_OR_RETURN(const ModelFormat format, model_format(options.model_file, options.load));
  OCTET_ASSIGN_OR_RETURN(ImportedModel model, import_and_prepare(options, *output, config));
  report.source_bytes = model.file_bytes;
  Graph graph = std::move(model.graph);
  OCTET_ASSIGN_OR_RETURN(std::vector<ProfileGraph> others, further_profiles(profiles, *output, config, graph));
  if (config.common.quant_type != QuantType::kNone) {
    if (options.dry_run) {
      OCTET_RETURN_IF_ERROR(forecast(std::move(graph), config, options, report));
      return report;
    }
    OCTET_ASSIGN_OR_RETURN(graph, quantize(std::move(graph), std::move(others), config, options, report));
  }
  OCTET_RETURN_IF_ERROR(set_io_types(graph, options));
  if (options.float16_constants)
    OCTET_LOG(kInfo, "{} constants are stored as float16", store_constants_as_float16(graph));
  report.num_nodes = graph.nodes.size();
  const bool is_full = config.common.quant_type == QuantType::kFull;
  auto file = output->write(std::move(graph),
                            {.source = source_format(format), .ms = weight_storage(config), .onnx_opset = options.onnx_opset,
                             .ascend_nodes = is_full && config.full.target_device == TargetDevice::kAscend});
  if (!file) return at(report.output_file, std::move(file).error());
  OCTET_RETURN_IF_ERROR(write_file_atomically(report.output_file, file->bytes()));
  report.output_bytes = file->bytes().size();
  return report;
}

}  // namespace octet
