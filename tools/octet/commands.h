// SPDX-License-Identifier: Apache-2.0
// The commands of `octet`: each adds its options to the parser, and runs when it was chosen.
#ifndef OCTET_TOOLS_OCTET_COMMANDS_H_
#define OCTET_TOOLS_OCTET_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace octet {

// Adds the sub-command to `app`; the returned function runs it and gives the exit status.
using AddCommand = std::function<int()> (*)(CLI::App& app);

std::function<int()> add_convert_command(CLI::App& app);
std::function<int()> add_run_command(CLI::App& app);
std::function<int()> add_evaluate_command(CLI::App& app);
std::function<int()> add_benchmark_command(CLI::App& app);
std::function<int()> add_inspect_command(CLI::App& app);

}  // namespace octet

#endif  // OCTET_TOOLS_OCTET_COMMANDS_H_
