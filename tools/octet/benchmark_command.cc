// SPDX-License-Identifier: Apache-2.0
#include "octet/benchmark.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "octet/layer_table.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct BenchmarkFlags {
  std::string model, compare;
  ModelOptions model_options;
  BenchmarkOptions benchmark;
  bool json = false;
};

nlohmann::ordered_json to_json(const BenchmarkResult& r) {
  return {{"load_ms", r.load_ms},     {"first_ms", r.first_ms}, {"min_ms", r.min_ms},
          {"median_ms", r.median_ms}, {"p90_ms", r.p90_ms},     {"peak_rss_mb", r.peak_rss_mb}};
}

nlohmann::ordered_json to_json(const std::vector<LayerRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const LayerRow& row : rows)
    list.push_back({{"node", row.node}, {"operator", row.op}, {"kernel", row.kernel}, {"ms", row.ms}, {"gmacs", row.gmacs},
                    {"fraction_of_peak", row.fraction_of_peak}, {"other_ms", row.other_ms}, {"other_kernel", row.other_kernel}});
  return list;
}

void print(const BenchmarkResult& r) {
  fmt::print("load    {:9.3f} ms\nfirst   {:9.3f} ms\nmin     {:9.3f} ms\nmedian  {:9.3f} ms\np90     {:9.3f} ms\nmemory  {:9.1f} MB (peak)\n",
             r.load_ms, r.first_ms, r.min_ms, r.median_ms, r.p90_ms, r.peak_rss_mb);
}

void print_comparison(const BenchmarkResult& r, const BenchmarkResult& other) {
  fmt::print("\n{:8}{:>12}{:>12}{:>12}\n", "", "model", "other", "other / model");
  const auto line = [](const char* name, double a, double b) { fmt::print("{:8}{:>12.3f}{:>12.3f}{:>12.2f}\n", name, a, b, b / a); };
  line("load", r.load_ms, other.load_ms);
  line("min", r.min_ms, other.min_ms);
  line("median", r.median_ms, other.median_ms);
}

int run_benchmark(BenchmarkFlags options) {
  auto load = options.model_options.load_options();
  if (!load) return report_error(load.error());
  options.benchmark.load = *load;
  const bool compares = !options.compare.empty();
  options.benchmark.layers |= compares;
  const auto result = benchmark(options.model, options.benchmark);
  if (!result) return report_error(result.error());
  BenchmarkResult other;
  if (compares) {
    const auto compared = benchmark(options.compare, options.benchmark);
    if (!compared) return report_error(compared.error());
    other = *compared;
  }
  std::vector<LayerRow> rows;
  MachinePeak peak;
  if (options.benchmark.layers) {
    peak = measure_peak();
    rows = layer_rows(result->layers, other.layers, peak, options.benchmark.num_threads);
  }
  if (options.json) {
    nlohmann::ordered_json document = to_json(*result);
    if (options.benchmark.layers) {
      document["peak"] = {{"kernel", peak.kernel}, {"qs8_gmacs", peak.qs8_gmacs}, {"f32_gmacs", peak.f32_gmacs}};
      document["layers"] = to_json(rows);
    }
    if (compares) document["other"] = to_json(other);
    fmt::print("{}\n", document.dump());
    return kExitSuccess;
  }
  print(*result);
  if (!options.benchmark.layers) return kExitSuccess;
  fmt::print("peak    {:9.1f} GMAC/s int8, {:.1f} float32 (one thread, {})\n", peak.qs8_gmacs, peak.f32_gmacs, peak.kernel);
  print_layers(rows, compares);
  if (compares) print_comparison(*result, other);
  return kExitSuccess;
}

}  // namespace

std::function<int()> add_benchmark_command(CLI::App& app) {
  auto options = std::make_shared<BenchmarkFlags>();
  CLI::App* command = app.add_subcommand("benchmark", "Measure load time, latency and memory on random input");
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_option("--threads", options->benchmark.num_threads, "Threads")->capture_default_str();
  command->add_option("--loops", options->benchmark.num_loops, "Measured runs")->capture_default_str();
  command->add_option("--warmup", options->benchmark.num_warmups, "Runs before them")->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON document");
  command->add_flag("--layers", options->benchmark.layers, "Also the time of each node, and how much of the machine's peak it reaches");
  command->add_option("--compare", options->compare, "Another model, such as the float one of an int8 model: node by node beside this one");
  return [options] { return run_benchmark(*options); };
}

}  // namespace octet
