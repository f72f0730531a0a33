// SPDX-License-Identifier: Apache-2.0
#include "config/option_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/edit_distance.h"
#include "base/error.h"
#include "config/ini.h"

namespace octet {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return lower;
}

// The whole of `text` as a number.
template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Problem set_bool(std::string_view text, bool& field) {
  const std::string lower = lower_case(text);
  if (lower != "true" && lower != "false") return text.empty() ? "the value is missing" : "neither true nor false";
  field = lower == "true";
  return {};
}

Problem set_text(std::string_view text, std::string& field) {
  field = text;
  return {};
}

Problem set_list(std::string_view text, std::vector<std::string>& field) {
  field.clear();
  if (text.empty()) return {};
  for (const std::string_view part : split(text, ',')) {
    if (part.empty()) return "an empty name between commas";
    field.emplace_back(part);
  }
  return {};
}

Problem set_int(std::string_view text, std::int64_t lowest, std::int64_t highest, std::int64_t& field) {
  if (text.empty()) return "the value is missing";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view digits = text.substr(text.front() == '-' ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return "not an integer";
  const std::optional<std::int64_t> value = number<std::int64_t>(text);
  if (!value || *value < lowest || *value > highest) return "out of range";
  field = *value;
  return {};
}

Problem set_int(std::string_view text, int lowest, int highest, int& field) {
  std::int64_t value = 0;
  Problem problem = set_int(text, std::int64_t{lowest}, std::int64_t{highest}, value);
  if (problem.empty()) field = static_cast<int>(value);
  return problem;
}

Problem set_int(std::string_view text, int lowest, int highest, std::optional<int>& field) {
  int value = 0;
  Problem problem = set_int(text, lowest, highest, value);
  if (problem.empty()) field = value;
  return problem;
}

Problem set_double(std::string_view text, double& field) {
  if (text.empty()) return "the value is missing";
  const std::optional<double> value = number<double>(text);
  if (!value || !std::isfinite(*value)) return "not a finite number";
  field = *value;
  return {};
}

Problem set_doubles(std::string_view text, std::vector<double>& field) {
  constexpr std::size_t kMost = 4;  // channels of an image
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return "not a list in square brackets";
  std::vector<double> values;
  for (const std::string_view part : split(text.substr(1, text.size() - 2), ',')) {
    if (values.size() == kMost) return fmt::format("more than {} numbers", kMost);
    if (const Problem problem = set_double(part, values.emplace_back()); !problem.empty())
      return fmt::format("'{}' is {}", shortened(part), part.empty() ? "no number" : problem);
  }
  field = std::move(values);
  return {};
}

std::vector<std::string_view> split(std::string_view text, char separator, char quote) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != '\0' && text[i] == quote) quoted = !quoted;
    if (text[i] != separator || quoted) continue;
    parts.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  return text.size() <= kLongest ? std::string(text) : fmt::format("{}...", text.substr(0, kLongest));
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const std::vector<std::string> nearest = nearest_words(word, known, 1);
  // More than half of the word wrong is no misspelling.
  if (nearest.empty() || edit_distance(word, nearest[0]) > std::max<std::size_t>(2, word.size() / 2)) return "";
  return fmt::format(" (did you mean '{}'?)", nearest[0]);
}

}  // namespace octet
