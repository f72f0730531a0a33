// SPDX-License-Identifier: Apache-2.0
// octet: convert, run, evaluate, benchmark and inspect models.
#include "octet/commands.h"

#include <iostream>
#include <vector>

namespace {

constexpr octet::AddCommand kCommands[] = {
    octet::add_convert_command, octet::add_run_command, octet::add_evaluate_command, octet::add_benchmark_command,
    octet::add_inspect_command,
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Octet: quantizes neural networks and runs them fast in int8.", "octet"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("octet " OCTET_VERSION));
  app.footer("Formats: ONNX (.onnx), Caffe (.prototxt with --weight FILE.caffemodel), MindSpore Lite (.ms).\n"
             "`octet COMMAND --help` tells the options of a command.");
  std::vector<std::function<int()>> run;
  for (const octet::AddCommand add : kCommands) run.push_back(add(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error, std::cout, std::cerr);
    return status == 0 ? 0 : 2;
  }
  for (std::size_t i = 0; i < run.size(); ++i)
    if (app.get_subcommands({})[i]->parsed()) return run[i]();
  return 2;
}
