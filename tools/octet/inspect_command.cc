// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "octet/inspect.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct Options {
  std::string model;
  ModelOptions model_options;
  bool json = false;
  bool prepared = false;
};

nlohmann::ordered_json to_json(const std::vector<TensorInfo>& infos) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TensorInfo& info : infos)
    list.push_back({{"name", info.name}, {"type", element_type_name(info.type)}, {"shape", info.shape}, {"layout", info.layout}});
  return list;
}

void print(const Model& model, const ModelSummary& summary) {
  fmt::print("{}", summary.text);
  fmt::print("\n{} nodes, {} tensors, {} of constants", summary.num_nodes, summary.num_tensors, format_megabytes(summary.constant_bytes));
  fmt::print(", {:.1f} million multiply-accumulates\n", static_cast<double>(summary.macs) / 1e6);
  for (const TensorInfo& info : model.inputs())
    fmt::print("input   {}: {} [{}] {}\n", info.name, element_type_name(info.type), fmt::join(info.shape, ", "), info.layout);
  for (const TensorInfo& info : model.outputs())
    fmt::print("output  {}: {} [{}] {}\n", info.name, element_type_name(info.type), fmt::join(info.shape, ", "), info.layout);
  for (const auto& [op, count] : summary.operators) fmt::print("{:>6}  {}\n", count, op);
}

int run(const Options& options) {
  auto load = options.model_options.load_options();
  if (!load) return report_error(load.error());
  const auto model = Model::load(options.model, *load);
  if (!model) return report_error(model.error());
  const auto summary = inspect(*model, {options.prepared});
  if (!summary) return report_error(summary.error());
  if (!options.json) {
    print(*model, *summary);
    return kExitSuccess;
  }
  const nlohmann::ordered_json document = {{"nodes", summary->num_nodes}, {"tensors", summary->num_tensors},
                                           {"constant_bytes", summary->constant_bytes}, {"macs", summary->macs},
                                           {"inputs", to_json(model->inputs())}, {"outputs", to_json(model->outputs())},
                                           {"operators", summary->operators}, {"text", summary->text}};
  fmt::print("{}\n", document.dump());
  return kExitSuccess;
}

}  // namespace

std::function<int()> add_inspect_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Print a model's graph, sizes, operators and quantization parameters");
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_flag("--prepared", options->prepared, "As it runs, after all graph passes, instead of as it was read");
  command->add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run(*options); };
}

}  // namespace octet
