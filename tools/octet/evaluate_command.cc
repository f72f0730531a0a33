// SPDX-License-Identifier: Apache-2.0
#include "octet/evaluate.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "octet/commands.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct EvaluateFlags {
  EvaluateOptions evaluate;
  ModelOptions model_options;
  bool json = false;
};

nlohmann::ordered_json to_json(const std::vector<ModelScore>& scores) {
  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  for (const ModelScore& s : scores) {
    models.push_back({{"model", s.model}, {"images", s.num_images}, {"top1", s.top1}, {"top5", s.top5},
                      {"images_per_s", s.images_per_s}, {"agreement", s.agreement}, {"cosine", s.cosine}});
  }
  return {{"models", models}};
}

void print(const std::vector<ModelScore>& scores) {
  std::size_t width = 5;
  for (const ModelScore& s : scores) width = std::max(width, s.model.size());
  fmt::print("{:<{}}  {:>6}  {:>14}  {:>14}  {:>9}  {:>9}  {:>7}\n", "model", width, "images", "top-1", "top-5", "images/s", "agreement",
             "cosine");
  const auto share = [](std::size_t right, std::size_t of) {
    return of == 0 ? std::string("no labels") : fmt::format("{} ({:.2f} %)", right, 100.0 * static_cast<double>(right) / static_cast<double>(of));
  };
  for (const ModelScore& s : scores) {
    fmt::print("{:<{}}  {:>6}  {:>14}  {:>14}  {:>9.1f}  {:>7.2f} %  {:>7.5f}\n", s.model, width, s.num_images, share(s.top1, s.num_labelled),
               share(s.top5, s.num_labelled), s.images_per_s, 100.0 * s.agreement, s.cosine);
  }
}

int run_evaluate(EvaluateFlags& options) {
  auto load = options.model_options.load_options();
  if (!load) return report_error(load.error());
  options.evaluate.load = *load;
  Result<std::vector<ModelScore>> scores = std::vector<ModelScore>();
  {
    ProgressLine progress;
    options.evaluate.progress = [&](const std::string& stage, std::size_t done, std::size_t total) { progress.update(stage, done, total); };
    scores = evaluate(options.evaluate);
  }
  if (!scores) return report_error(scores.error());
  if (options.json) fmt::print("{}\n", to_json(*scores).dump());
  else print(*scores);
  return kExitSuccess;
}

}  // namespace

std::function<int()> add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<EvaluateFlags>();
  CLI::App* command = app.add_subcommand("evaluate", "Accuracy of image classifiers, and their distance from the first one");
  command->add_option("MODEL", options->evaluate.models, "Model files; the first is the reference")->required();
  command->add_option("--images", options->evaluate.image_folder, "Folder of JPEG, PNG and BMP images")->required();
  command->add_option("--preprocess", options->evaluate.preprocess_file, "Configuration file with [data_preprocess_param]")->required();
  command->add_option("--labels", options->evaluate.label_file, "CSV with columns file and class_index; without it only agreement and cosine");
  command->add_option("--label-offset", options->evaluate.label_offset, "Predicted class = index of the largest output - this")->capture_default_str();
  command->add_option("--output", options->evaluate.output, "Graph output to look at; default: the first");
  command->add_option("--limit", options->evaluate.limit, "Images at most; 0: all")->capture_default_str();
  command->add_option("--weight", options->model_options.weight_file, "The .caffemodel of the Caffe models");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224");
  command->add_option("--threads", options->evaluate.num_threads, "Threads")->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_evaluate(*options); };
}

}  // namespace octet
