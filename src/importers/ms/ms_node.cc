// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_node.h"

namespace octet {

Result<std::vector<std::int64_t>> MsNode::list(const MsList* list, std::string_view what, std::size_t max_size) const {
  if (list == nullptr) return std::vector<std::int64_t>();
  if (list->size() > max_size)
    return error(ErrorCode::kInvalidModel, "{} has {} entries, expected at most {}", what, list->size(), max_size);
  return std::vector<std::int64_t>(list->begin(), list->end());
}

Result<std::array<std::int64_t, 2>> MsNode::pair(const MsList* list, std::string_view what,
                                                 std::array<std::int64_t, 2> fallback) const {
  if (list == nullptr || list->size() == 0) return fallback;
  if (list->size() != 2) return error(ErrorCode::kInvalidModel, "{} has {} entries, expected 2", what, list->size());
  return std::array<std::int64_t, 2>{list->Get(0), list->Get(1)};
}

}  // namespace octet
