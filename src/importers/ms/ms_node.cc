// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_node.h"

#include <cstring>

namespace octet {

Result<std::vector<std::int64_t>> MsNode::list(const MsList* list, std::string_view what, std::size_t max_size) const {
  if (list == nullptr) return std::vector<std::int64_t>();
  if (list->size() > max_size)
    return error(ErrorCode::kInvalidModel, "{} has {} entries, expected at most {}", what, list->size(), max_size);
  std::vector<std::int64_t> values(list->size());
  // Copied as bytes: the verifier of FlatBuffers does not check that 8-byte elements are aligned.
  if (!values.empty()) std::memcpy(values.data(), list->Data(), values.size() * sizeof(std::int64_t));
  return values;
}

Result<std::array<std::int64_t, 2>> MsNode::pair(const MsList* pair, std::string_view what,
                                                 std::array<std::int64_t, 2> fallback) const {
  OCTET_ASSIGN_OR_RETURN(const auto values, list(pair, what, 2));
  if (values.empty()) return fallback;
  if (values.size() != 2) return error(ErrorCode::kInvalidModel, "{} has {} entries, expected 2", what, values.size());
  return std::array<std::int64_t, 2>{values[0], values[1]};
}

}  // namespace octet
