// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/example_model.h"

#include <gtest/gtest.h>

#include <sstream>

namespace octet {
namespace {

// How the example's own configuration prepares images; the numbers belong to its training.
std::string image_lines() {
  std::istringstream config(read_file(kExample + "/convert.cfg"));
  std::string lines, line;
  while (std::getline(config, line))
    if (line.starts_with("image_to_format=") || line.starts_with("normalize_")) lines += line + "\n";
  return lines;
}

}  // namespace

std::string ExampleConfig::text() const {
  std::string text = "[common_quant_param]\nquant_type=FULL_QUANT\n" + extra_common + "\n[full_quant_param]\n" + extra_full +
                     "\n[data_preprocess_param]\ncalibrate_path=" + calibrate_path +
                     "\ncalibrate_size=" + std::to_string(calibrate_size) + "\ninput_type=" + input_type + "\n";
  if (input_type == "IMAGE") text += image_lines();
  return text + extra_data + "\n";
}

std::string write_config(const ScratchFolder& folder, const ExampleConfig& config) {
  const std::string path = folder.file("convert.cfg");
  write_file(path, config.text());
  return path;
}

std::string convert_example(const ScratchFolder& folder, const std::string& name, const std::string& config_file,
                            const std::vector<std::string>& more_args) {
  const std::string output = folder.file(name);
  std::vector<std::string> args{"convert", kExampleModel, "-o", output};
  if (!config_file.empty()) args.insert(args.end(), {"--config", config_file});
  args.insert(args.end(), more_args.begin(), more_args.end());
  const ProgramRun run = run_program("octet", args);
  EXPECT_EQ(run.status, 0) << run.err;
  return output;
}

}  // namespace octet
