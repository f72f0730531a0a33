// SPDX-License-Identifier: Apache-2.0
#include "support/command_support.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/error.h"

namespace octet {

int report_error(const Error& error) {
  std::fprintf(stderr, "octet: error: %s\n", error.message.c_str());
  return kExitFailure;
}

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::update(const std::string& stage, std::size_t done, std::size_t total) {
  if (!is_terminal_ || total == 0) return;
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = kWidth * done / total;
  fmt::print(stderr, "\r\033[K{:<14} [{}{}] {}/{}", stage, std::string(filled, '#'), std::string(kWidth - filled, '.'), done, total);
  std::fflush(stderr);
  is_shown_ = true;
}

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

}  // namespace

Result<std::vector<std::pair<std::string, std::vector<std::int64_t>>>> parse_input_shapes(const std::string& text) {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes;
  if (text.empty()) return shapes;
  for (const std::string& part : split(text, ';')) {
    const std::size_t colon = part.rfind(':');
    if (colon == std::string::npos || colon == 0)
      return make_error(ErrorCode::kInvalidArgument, "input shape '{}': expected NAME:D,D,... such as input:1,3,224,224", part);
    std::vector<std::int64_t> dims;
    for (const std::string& dim : split(part.substr(colon + 1), ',')) {
      std::int64_t value = 0;
      const auto [end, status] = std::from_chars(dim.data(), dim.data() + dim.size(), value);
      if (status != std::errc() || end != dim.data() + dim.size() || value < 1)
        return make_error(ErrorCode::kInvalidArgument, "input shape '{}': '{}' is not a positive number", part, dim);
      dims.push_back(value);
    }
    shapes.emplace_back(part.substr(0, colon), std::move(dims));
  }
  return shapes;
}

Result<LoadOptions> ModelOptions::load_options() const {
  LoadOptions options;
  options.weight_file = weight_file;
  OCTET_ASSIGN_OR_RETURN(options.input_shapes, parse_input_shapes(input_shapes));
  return options;
}

std::string format_megabytes(std::uint64_t bytes) { return fmt::format("{:.2f} MB", static_cast<double>(bytes) / 1e6); }

}  // namespace octet
