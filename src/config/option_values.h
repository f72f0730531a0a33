// SPDX-License-Identifier: Apache-2.0
// Text of one option to its typed field. Each function returns what is wrong with the text, or an empty string after it
// has set the field; the caller adds where the text came from and what is allowed.
#ifndef OCTET_CONFIG_OPTION_VALUES_H_
#define OCTET_CONFIG_OPTION_VALUES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

using Problem = std::string;  // empty: none

// One allowed word of an option and what it stands for.
template <typename T>
struct Word {
  std::string_view text;
  T value;
};

Problem set_bool(std::string_view text, bool& field);                      // true, false in any case
Problem set_text(std::string_view text, std::string& field);               // anything, also nothing
Problem set_list(std::string_view text, std::vector<std::string>& field);  // comma separated, no part empty; or nothing

// Decimal integers, [lowest, highest].
Problem set_int(std::string_view text, std::int64_t lowest, std::int64_t highest, std::int64_t& field);
Problem set_int(std::string_view text, int lowest, int highest, int& field);
Problem set_int(std::string_view text, int lowest, int highest, std::optional<int>& field);

Problem set_double(std::string_view text, double& field);                // finite
Problem set_doubles(std::string_view text, std::vector<double>& field);  // "[a, b, c]", 1 to 4 numbers

// One of `words`, case-sensitive. F is T or std::optional<T>.
template <typename T, std::size_t N, typename F>
Problem set_word(std::string_view text, const Word<T> (&words)[N], F& field) {
  for (const Word<T>& word : words) {
    if (word.text != text) continue;
    field = word.value;
    return {};
  }
  return text.empty() ? "the value is missing" : "unknown value";
}

// The parts of `text` between `separator`s, trimmed, empty ones included; at least one. Separators between two
// `quote`s do not count (0: no quotes).
std::vector<std::string_view> split(std::string_view text, char separator, char quote = '\0');

// `text`, or its beginning and "..." where it is too long for a message.
std::string shortened(std::string_view text);

// " (did you mean 'x'?)" for the nearest of `known`, or nothing where none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace octet

#endif  // OCTET_CONFIG_OPTION_VALUES_H_
