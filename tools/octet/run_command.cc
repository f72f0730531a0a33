// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "octet/commands.h"
#include "octet/octet.h"
#include "support/command_support.h"

namespace octet {
namespace {

struct RunOptions {
  std::string model;
  ModelOptions model_options;
  std::vector<std::string> inputs;
  std::string output_dir;
  int num_threads = 1;
  bool json = false;
};

Result<void> read_inputs(const std::vector<std::string>& files, Session& session) {
  if (files.size() != session.num_inputs())
    return make_error(ErrorCode::kInvalidArgument, "--input has {} files, the model has {} inputs", files.size(), session.num_inputs());
  for (std::size_t i = 0; i < files.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(files[i]));
    const TensorInfo info = session.input_info(i);
    const std::span<std::byte> bytes = session.input_bytes(i);
    if (file.bytes().size() != bytes.size()) {
      return make_error(ErrorCode::kInvalidData, "{}: has {} bytes, input '{}' ({} [{}]) takes {}", files[i], file.bytes().size(),
                        info.name, element_type_name(info.type), fmt::join(info.shape, ", "), bytes.size());
    }
    std::memcpy(bytes.data(), file.bytes().data(), bytes.size());
  }
  return {};
}

// A tensor's name as a file name: other characters than letters, digits and . - _ become _.
std::string file_name(std::size_t index, const std::string& tensor) {
  std::string name = tensor;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  return fmt::format("{}_{}.bin", index, name);
}

Result<void> write_outputs(const RunOptions& options, const Session& session) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::create_directories(options.output_dir, failed);
  if (failed) return make_error(ErrorCode::kIo, "{}: cannot be created: {}", options.output_dir, failed.message());
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < session.num_outputs(); ++i) {
    const TensorInfo info = session.output_info(i);
    const std::string file = file_name(i, info.name);
    OCTET_RETURN_IF_ERROR(write_file_atomically(fs::path(options.output_dir) / file, session.output_bytes(i)));
    list.push_back({{"name", info.name}, {"type", element_type_name(info.type)}, {"shape", info.shape}, {"file", file}});
    if (!options.json) fmt::print("{}: {} [{}] -> {}\n", info.name, element_type_name(info.type), fmt::join(info.shape, ", "), file);
  }
  const nlohmann::ordered_json document = {{"outputs", list}};
  if (options.json) fmt::print("{}\n", document.dump());
  return write_file_atomically(fs::path(options.output_dir) / "outputs.json", document.dump(2) + "\n");
}

Result<void> run_model(const RunOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const LoadOptions load, options.model_options.load_options());
  OCTET_ASSIGN_OR_RETURN(const Model model, Model::load(options.model, load));
  OCTET_ASSIGN_OR_RETURN(Session session, Session::create(model, {options.num_threads}));
  OCTET_RETURN_IF_ERROR(read_inputs(options.inputs, session));
  OCTET_RETURN_IF_ERROR(session.run());
  return write_outputs(options, session);
}

}  // namespace

std::function<int()> add_run_command(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a model on raw tensors");
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--weight", options->model_options.weight_file, "Caffe: the .caffemodel");
  command->add_option("--input-shape", options->model_options.input_shapes, "Fixes dynamic dimensions: NAME:1,3,224,224;NAME2:1,64");
  command->add_option("--input", options->inputs, "Raw little-endian tensors, one per graph input in their order, comma separated")
      ->required()->delimiter(',');
  command->add_option("--output-dir", options->output_dir, "Folder for one .bin per output and outputs.json; made if missing")->required();
  command->add_option("--threads", options->num_threads, "Threads")->capture_default_str();
  command->add_flag("--json", options->json, "Print outputs.json instead of lines");
  return [options] {
    const Result<void> done = run_model(*options);
    return done ? kExitSuccess : report_error(done.error());
  };
}

}  // namespace octet
