// SPDX-License-Identifier: Apache-2.0
#include "octet/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct ConvertFlags {
  ConvertOptions convert;
  ModelOptions model_options;
  bool json = false;
};

nlohmann::ordered_json to_json(const ConvertReport& report) {
  nlohmann::ordered_json document = {{"output", report.output_file},
                                     {"source_bytes", report.source_bytes},
                                     {"output_bytes", report.output_bytes},
                                     {"quantized", report.quantized},
                                     {"nodes", report.num_nodes},
                                     {"quantized_nodes", report.num_quantized_nodes},
                                     {"range_method", report.range_method},
                                     {"equalized", report.equalized},
                                     {"bias_corrected", report.bias_corrected},
                                     {"calibration_bytes", report.calibration_bytes},
                                     {"cosine", report.cosine},
                                     {"float_nodes", nlohmann::ordered_json::array()}};
  for (const FloatNodeReport& node : report.float_nodes)
    document["float_nodes"].push_back({{"node", node.node}, {"op", node.op}, {"reason", node.reason}});
  for (const ProfileReport& profile : report.profiles)
    document["profiles"].push_back({{"shapes", profile.shapes}, {"samples", profile.num_samples}});
  if (!report.weights_only) return document;
  document["float_weights"] = report.float_weights;
  document["weights"] = nlohmann::ordered_json::array();
  for (const WeightReport& w : report.weights)
    document["weights"].push_back({{"tensor", w.tensor}, {"node", w.node}, {"bits", w.bits}, {"per_channel", w.per_channel},
                                   {"elements", w.elements}, {"relative_error", w.relative_error}});
  return document;
}

// Nodes of one operator that stay float for one reason.
struct FloatGroup {
  std::string_view op, reason;
  std::vector<std::string> nodes;
};

// A line for each group; all names are in --json and the log.
void print_float_nodes(const ConvertReport& report) {
  constexpr std::size_t kNamed = 2;
  std::vector<FloatGroup> groups;
  for (const FloatNodeReport& node : report.float_nodes) {
    const auto same = [&](const FloatGroup& group) { return group.op == node.op && group.reason == node.reason; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {node.op, node.reason, {}});
    group->nodes.push_back(node.node);
  }
  for (FloatGroup& group : groups) {
    std::string more;
    if (group.nodes.size() > kNamed + 1) {
      more = fmt::format(" and {} more", group.nodes.size() - kNamed);
      group.nodes.resize(kNamed);
    }
    fmt::print("  float: {}{} ({}): {}\n", fmt::join(group.nodes, ", "), more, group.op, group.reason);
  }
}

void print_forecast(const ConvertReport& report) {
  fmt::print("would quantize {} of {} nodes to int8; calibration takes {} of memory, whatever the number of samples\n",
             report.num_quantized_nodes, report.num_nodes, format_megabytes(report.calibration_bytes));
  print_float_nodes(report);
}

std::uint64_t num_weights(const ConvertReport& report) {
  std::uint64_t count = 0;
  for (const WeightReport& weight : report.weights) count += weight.elements;
  return count;
}

// "8 bits", or "5 to 9 bits".
std::string bits_text(const ConvertReport& report) {
  const auto [least, most] = std::minmax_element(report.weights.begin(), report.weights.end(),
                                                 [](const WeightReport& a, const WeightReport& b) { return a.bits < b.bits; });
  return least->bits == most->bits ? fmt::format("{} bits", least->bits) : fmt::format("{} to {} bits", least->bits, most->bits);
}

void print_weights(const ConvertReport& report) {
  const std::uint64_t quantized = num_weights(report);
  const std::uint64_t all = quantized + report.float_weights;
  if (!report.weights.empty())
    fmt::print("quantized {} weights of {} nodes to {} ({:.1f} % of all weights)\n", quantized, report.num_quantized_nodes,
               bits_text(report), 100.0 * static_cast<double>(quantized) / static_cast<double>(all));
  if (report.relative_error > 0)
    fmt::print("mixed bits: relative error {:.4f} per channel{}\n", report.relative_error,
               report.cosine < 1.0 ? fmt::format("; cosine with float {:.5f}", report.cosine) : "");
  print_float_nodes(report);
  // Last, where it is seen.
  if (report.float_weights * 10 > all)
    fmt::print("warning: {:.1f} % of the weights stay float\n", 100.0 * static_cast<double>(report.float_weights) / static_cast<double>(all));
}

void print(const ConvertReport& report) {
  fmt::print("{}: {} -> {} ({:.2f} times smaller), {} nodes\n", report.output_file, format_megabytes(report.source_bytes),
             format_megabytes(report.output_bytes), static_cast<double>(report.source_bytes) / static_cast<double>(report.output_bytes),
             report.num_nodes);
  if (!report.quantized) return;
  if (report.weights_only) return print_weights(report);
  if (report.is_dynamic) {
    fmt::print("quantized {} nodes; their activations become int8 while the model runs; {} products stay float\n",
               report.num_quantized_nodes, report.float_nodes.size());
    print_float_nodes(report);
    return;
  }
  fmt::print("quantized {} nodes to int8, {} stay float; ranges {}{}, bias correction {}; cosine with float {:.4f} on calibration samples\n",
             report.num_quantized_nodes, report.float_nodes.size(), report.range_method, report.equalized ? ", equalized" : "", report.bias_corrected ? "applied" : "not applied", report.cosine);
  for (const ProfileReport& profile : report.profiles)
    fmt::print("calibrated on {} samples of {}\n", profile.num_samples, profile.shapes);
  print_float_nodes(report);
}

int run_convert(ConvertFlags& options) {
  auto load = options.model_options.load_options();
  if (!load) return report_error(load.error());
  options.convert.load = *load;
  ProgressLine progress;
  options.convert.progress = [&](const std::string& stage, std::size_t done, std::size_t total) { progress.update(stage, done, total); };
  const auto report = convert(options.convert);
  if (!report) return report_error(report.error());
  if (report->quantized && report->num_quantized_nodes == 0)
    fmt::print(stderr, "octet: warning: nothing was quantized: every node stays float\n");
  if (options.json) fmt::print("{}\n", to_json(*report).dump());
  else if (options.convert.dry_run) print_forecast(*report);
  else print(*report);
  return kExitSuccess;
}

}  // namespace

std::function<int()> add_convert_command(CLI::App& app) {
  auto options = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand("convert", "Convert a model to .ms, .onnx or .tflite, quantized if a configuration file says so");
  command->add_option("MODEL", options->convert.model_file, "Model file")->required();
  command->add_option("-o,--output", options->convert.output_file, "Output file: .ms, .onnx or .tflite; .ms is appended to another name");
  command->add_option("--config", options->convert.config_file, "Quantization configuration (INI); without it the model stays float");
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_option("--input-layout", options->convert.input_layout, "Of 4-D inputs of the output model: NHWC or NCHW; default: NHWC, of .onnx as in the source");
  command->add_option("--output-layout", options->convert.output_layout, "Of 4-D outputs: NHWC or NCHW; default: as in the source");
  command->add_option("--opset", options->convert.onnx_opset, "Of .onnx files: 13 or 21")->capture_default_str()->check(CLI::IsMember({13, 21}));
  command->add_option("--threads", options->convert.num_threads, "Threads; 0: as many as there are processors")->capture_default_str();
  command->add_option("--disable-pass", options->convert.disabled_passes, "Graph passes to leave out, by name")->delimiter(',');
  command->add_flag("--fp16", options->convert.float16_constants, "Store what stays float32 as float16");
  command->add_flag("--dry-run", options->convert.dry_run, "Only say what would be quantized, what not and why, and the memory of calibration");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->parse_complete_callback([options] {
    if (options->convert.output_file.empty() && !options->convert.dry_run) throw CLI::RequiredError("--output");
    if (options->convert.dry_run && options->convert.config_file.empty()) throw CLI::RequiredError("--dry-run: --config");
  });
  return [options] { return run_convert(*options); };
}

}  // namespace octet
