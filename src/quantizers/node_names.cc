// SPDX-License-Identifier: Apache-2.0
#include "quantizers/node_names.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace octet {

Result<void> check_node_names(const Graph& graph, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Node& node : graph.nodes) {
    known.push_back(node.name);
    known.insert(known.end(), node.absorbed.begin(), node.absorbed.end());
  }
  std::vector<std::string> problems;
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.push_back(fmt::format("'{}' (nearest: {})", name, fmt::join(nearest_words(name, known, 3), ", ")));
  }
  if (problems.empty()) return {};
  return make_error(ErrorCode::kNotFound, "skip_quant_node: the model has no node {}", fmt::join(problems, ", nor "));
}

}  // namespace octet
