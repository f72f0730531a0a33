// SPDX-License-Identifier: Apache-2.0
#include "importers/missing_operators.h"

#include <algorithm>

namespace octet {

Result<void> MissingOperators::error() const {
  if (nodes_.empty()) return {};
  constexpr std::size_t kMaxNamed = 10;
  std::vector<std::string> lines;
  for (const auto& [type, nodes] : nodes_) {
    const std::vector<std::string> named(
        nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(std::min(nodes.size(), kMaxNamed)));
    const std::size_t rest = nodes.size() - named.size();
    lines.push_back(
        fmt::format("{} ('{}'{})", type, fmt::join(named, "', '"), rest > 0 ? fmt::format(" and {} more", rest) : ""));
  }
  return make_error(ErrorCode::kUnsupported, "has operators that Octet does not support: {}", fmt::join(lines, "; "));
}

Result<void> check_input_shape_names(const ImportOptions& options, const std::vector<std::string>& input_names) {
  for (const auto& [name, shape] : options.input_shapes) {
    if (std::find(input_names.begin(), input_names.end(), name) != input_names.end()) continue;
    return make_error(ErrorCode::kInvalidArgument,
                      "there is no graph input '{}' to give a shape to; the inputs are '{}'", name,
                      fmt::join(input_names, "', '"));
  }
  return {};
}

}  // namespace octet
