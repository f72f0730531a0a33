// SPDX-License-Identifier: Apache-2.0
// Suggestions for mistyped names.
#ifndef OCTET_BASE_EDIT_DISTANCE_H_
#define OCTET_BASE_EDIT_DISTANCE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

// Levenshtein distance: insertions, deletions and substitutions of single bytes. Words are cut at 256 bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Up to `count` of `known`, nearest first, ties in the given order.
std::vector<std::string> nearest_words(std::string_view word, std::span<const std::string> known, std::size_t count);

}  // namespace octet

#endif  // OCTET_BASE_EDIT_DISTANCE_H_
