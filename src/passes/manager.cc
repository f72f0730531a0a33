// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "base/edit_distance.h"
#include "base/log.h"
#include "ir/verifier.h"
#include "passes/pass.h"

namespace octet {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> check_names(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Pass& pass : all_passes()) known.emplace_back(pass.name);
  for (const std::string& name : names) {
    if (contains(known, name)) continue;
    return make_error(ErrorCode::kInvalidArgument, "there is no pass '{}'; the nearest is '{}'", name,
                      nearest_words(name, known, 1).at(0));
  }
  return {};
}

}  // namespace

Result<void> run_passes(Graph& graph, const PassOptions& options) {
  OCTET_RETURN_IF_ERROR(check_names(options.disabled));
  OCTET_RETURN_IF_ERROR(check_names(options.print_after));
  for (const Pass& pass : all_passes()) {
    if (contains(options.disabled, pass.name) || (pass.is_fusion && !options.fusions) ||
        pass.use == (options.for_running ? PassUse::kConverting : PassUse::kRunning))
      continue;
    const auto start = std::chrono::steady_clock::now();
    auto stats = pass.run(graph);
    if (!stats) return at(fmt::format("pass {}", pass.name), std::move(stats).error());
    if (stats->changed > 0)
      if (auto valid = verify(graph); !valid) return at(fmt::format("after pass {}", pass.name), std::move(valid).error());
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    OCTET_LOG(kInfo, "pass {}: {} changed, {} skipped, {:.2f} ms", pass.name, stats->changed, stats->skipped, elapsed.count());
    if (options.done) options.done(pass.name, *stats, elapsed.count());
    if (options.print && contains(options.print_after, pass.name)) options.print(pass.name, graph);
  }
  return {};
}

}  // namespace octet
