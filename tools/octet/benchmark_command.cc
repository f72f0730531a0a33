// SPDX-License-Identifier: Apache-2.0
#include "octet/benchmark.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct Options {
  std::string model;
  ModelOptions model_options;
  BenchmarkOptions benchmark;
  bool json = false;
};

void print(const BenchmarkResult& r, bool json) {
  if (json) {
    const nlohmann::ordered_json document = {{"load_ms", r.load_ms},     {"first_ms", r.first_ms}, {"min_ms", r.min_ms},
                                             {"median_ms", r.median_ms}, {"p90_ms", r.p90_ms},     {"peak_rss_mb", r.peak_rss_mb}};
    fmt::print("{}\n", document.dump());
    return;
  }
  fmt::print("load    {:9.3f} ms\nfirst   {:9.3f} ms\nmin     {:9.3f} ms\nmedian  {:9.3f} ms\np90     {:9.3f} ms\nmemory  {:9.1f} MB (peak)\n",
             r.load_ms, r.first_ms, r.min_ms, r.median_ms, r.p90_ms, r.peak_rss_mb);
}

}  // namespace

std::function<int()> add_benchmark_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("benchmark", "Measure load time, latency and memory on random input");
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_option("--threads", options->benchmark.num_threads, "Threads")->capture_default_str();
  command->add_option("--loops", options->benchmark.num_loops, "Measured runs")->capture_default_str();
  command->add_option("--warmup", options->benchmark.num_warmups, "Runs before them")->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON document");
  return [options] {
    auto load = options->model_options.load_options();
    if (!load) return report_error(load.error());
    options->benchmark.load = *load;
    const auto result = benchmark(options->model, options->benchmark);
    if (!result) return report_error(result.error());
    print(*result, options->json);
    return kExitSuccess;
  };
}

}  // namespace octet
