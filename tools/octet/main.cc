// SPDX-License-Identifier: Apache-2.0
// octet: convert, run, evaluate, benchmark and inspect models.
#include "octet/commands.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "base/edit_distance.h"

namespace {

constexpr octet::AddCommand kCommands[] = {
    octet::add_convert_command, octet::add_run_command, octet::add_evaluate_command, octet::add_benchmark_command,
    octet::add_inspect_command,
};

// For each word that no option or command takes: the nearest that the command has, on stderr.
void suggest(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) known.push_back(option->get_name());
  for (const CLI::App* sub : command.get_subcommands({})) known.push_back(sub->get_name());
  for (const std::string& word : app.remaining(/*recurse=*/true)) {
    if (!word.starts_with("-") && !chosen.empty()) continue;
    const std::string flag = word.substr(0, word.find('='));
    for (const std::string& nearest : octet::nearest_words(flag, known, 1)) {
      if (octet::edit_distance(flag, nearest) <= std::max<std::size_t>(2, flag.size() / 3)) {
        std::cerr << "octet: '" << flag << "' is unknown; did you mean '" << nearest << "'?\n";
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Octet: quantizes neural networks and runs them fast in int8.", "octet"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("octet " OCTET_VERSION));
  app.footer("Formats: ONNX (.onnx), TFLite (.tflite), TensorFlow (.pb, or the folder of a SavedModel), MindIR (.mindir), MindSpore Lite (.ms),\n"
             "Caffe (.prototxt with --weight FILE.caffemodel).\n"
             "`octet COMMAND --help` tells the options of a command.");
  std::vector<std::function<int()>> run;
  for (const octet::AddCommand add : kCommands) run.push_back(add(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) suggest(app);
    const int status = app.exit(error, std::cout, std::cerr);
    return status == 0 ? 0 : 2;
  }
  for (std::size_t i = 0; i < run.size(); ++i)
    if (app.get_subcommands({})[i]->parsed()) return run[i]();
  return 2;
}
