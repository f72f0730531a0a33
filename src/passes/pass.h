// SPDX-License-Identifier: Apache-2.0
// What a pass is, and running them.
#ifndef OCTET_PASSES_PASS_H_
#define OCTET_PASSES_PASS_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

struct PassStats {
  std::size_t changed = 0;  // places rewritten; 0: the graph is as it was
  std::size_t skipped = 0;  // places that matched but were left alone, as the pass's comment says
};

enum class PassUse {
  kAlways,
  kRunning,     // makes operators that no file format has
  kConverting,  // makes operators that file formats and quantizers have, of others that run faster
};

struct Pass {
  std::string_view name;
  Result<PassStats> (*run)(Graph& graph);
  bool is_fusion;  // left out with --optimize=none
  PassUse use = PassUse::kAlways;
};

// All passes in the order in which they run.
std::span<const Pass> all_passes();

struct PassOptions {
  bool fusions = true;
  bool for_running = false;  // the passes for running alone, and not those for converting
  std::vector<std::string> disabled;                                             // by name
  std::vector<std::string> print_after;                                          // by name
  std::function<void(std::string_view pass, const Graph& graph)> print;          // called for those
  std::function<void(std::string_view pass, const PassStats&, double ms)> done;  // called for each; may be empty
};

// Runs the passes on a verified graph, and verifies it after each that changed something.
// Error: kInvalidArgument for an unknown name in the options; kInvalidGraph with the pass's name if verification fails.
Result<void> run_passes(Graph& graph, const PassOptions& options = {});

}  // namespace octet

#endif  // OCTET_PASSES_PASS_H_
