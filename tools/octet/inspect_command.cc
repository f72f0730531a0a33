// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "octet/inspect.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct InspectFlags {
  std::string model;
  ModelOptions model_options;
  bool json = false;
  bool prepared = false;
  bool kernels = false;
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

int print_kernels(const Model& model, bool json) {
  const auto session = Session::create(model);
  if (!session) return report_error(session.error());
  const std::vector<KernelChoice> choices = session->kernels();
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const KernelChoice& c : choices)
      list.push_back({{"node", c.node}, {"operator", c.op}, {"input", c.input}, {"output", c.output}, {"kernel", c.kernel}, {"why", c.why}});
    fmt::print("{}\n", nlohmann::ordered_json{{"kernels", list}}.dump());
    return kExitSuccess;
  }
  std::size_t node_width = 4, shape_width = 5, kernel_width = 6;
  const auto shape = [](const KernelChoice& c) { return c.input + " -> " + c.output; };
  for (const KernelChoice& c : choices) {
    node_width = std::max(node_width, c.node.size());
    shape_width = std::max(shape_width, shape(c).size());
    kernel_width = std::max(kernel_width, c.kernel.size());
  }
  fmt::print("{:{}}  {:16}  {:{}}  {:{}}  why\n", "node", node_width, "operator", "input -> output", shape_width, "kernel", kernel_width);
  for (const KernelChoice& c : choices)
    fmt::print("{:{}}  {:16}  {:{}}  {:{}}  {}\n", c.node, node_width, c.op, shape(c), shape_width, c.kernel, kernel_width, c.why);
  return kExitSuccess;
}

int run_inspect(const InspectFlags& options) {
  auto load = options.model_options.load_options();
  if (!load) return report_error(load.error());
  const auto model = Model::load(options.model, *load);
  if (!model) return report_error(model.error());
  if (options.kernels) return print_kernels(*model, options.json);
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
  auto options = std::make_shared<InspectFlags>();
  CLI::App* command = app.add_subcommand("inspect", "Print a model's graph, sizes, operators and quantization parameters");
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_flag("--prepared", options->prepared, "As it runs, after all graph passes, instead of as it was read");
  command->add_flag("--kernels", options->kernels, "The kernel that each node gets on this machine, and why");
  command->add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_inspect(*options); };
}

}  // namespace octet
