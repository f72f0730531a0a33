// SPDX-License-Identifier: Apache-2.0
#include "config/ini.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"

namespace octet {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && !is_blank(c)) || byte == 0x7F;
}

// Reads one file, line by line.
class IniReader {
 public:
  IniReader(std::string_view file_name, bool flat) : flat_(flat) {
    file_.name = file_name;
    if (flat) file_.sections.push_back({"", 0, {}});
  }

  Result<IniFile> read(std::string_view text) && {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      OCTET_RETURN_IF_ERROR(read_line(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(file_);
  }

 private:
  template <typename... Args>
  Error error(fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(ErrorCode::kInvalidConfig, "{}:{}: {}", file_.name, line_,
                      fmt::format(format, std::forward<Args>(args)...));
  }

  Result<void> read_line(std::string_view line) {
    if (line_ > kMaxIniLines) return error("more than {} lines", kMaxIniLines);
    if (line.size() > kMaxIniLineBytes) return error("{} bytes in one line; at most {}", line.size(), kMaxIniLineBytes);
    if (const auto bad = std::find_if(line.begin(), line.end(), is_forbidden); bad != line.end())
      return error("control character 0x{:02X}; a configuration file is plain text", static_cast<unsigned char>(*bad));
    OCTET_ASSIGN_OR_RETURN(const std::string_view content, without_comment(line));
    if (content.empty()) return {};
    return content.front() == '[' ? read_header(content) : read_entry(content);
  }

  Result<std::string_view> without_comment(std::string_view line) const {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < line.size(); ++end) {
      if (line[end] == '"') quoted = !quoted;
      if (line[end] == '#' && !quoted && (end == 0 || is_blank(line[end - 1]))) break;
    }
    if (quoted) return error("a double quote without its partner");
    return trim(line.substr(0, end));
  }

  Result<void> read_header(std::string_view content) {
    if (flat_) return error("section header {} in a file of the old form, which has none", content);
    if (content.back() != ']') return error("section header '{}' does not end in ']'", content);
    const std::string_view name = trim(content.substr(1, content.size() - 2));
    if (name.empty()) return error("section header without a name");
    if (name.find_first_of("[]=") != name.npos) return error("section name '{}' holds one of [ ] =", name);
    const auto same_name = [&](const IniSection& section) { return section.name == name; };
    const auto found = std::find_if(file_.sections.begin(), file_.sections.end(), same_name);
    current_ = static_cast<std::size_t>(found - file_.sections.begin());
    if (found == file_.sections.end()) file_.sections.push_back({std::string(name), line_, {}});
    return {};
  }

  Result<void> read_entry(std::string_view content) {
    const std::size_t equals = content.find('=');
    if (equals == content.npos) return error("'{}' is neither [section] nor key = value", content);
    const std::string_view key = trim(content.substr(0, equals));
    if (key.empty()) return error("'{}' has no key before '='", content);
    if (file_.sections.empty()) return error("{} comes before the first [section]", content);
    std::string_view value = trim(content.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = trim(value.substr(1, value.size() - 2));
    IniSection& section = file_.sections[current_];
    if (const IniEntry* earlier = section.find(key)) {
      OCTET_LOG(kWarning, "{}:{}: [{}] {} replaces its value '{}' of line {}", file_.name, line_, section.name, key,
                earlier->value, earlier->line);
    }
    section.entries.push_back({std::string(key), std::string(value), line_});
    return {};
  }

  IniFile file_;
  bool flat_;
  int line_ = 0;
  std::size_t current_ = 0;  // index of the section that entries go to
};

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

const IniEntry* IniSection::find(std::string_view key) const {
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const IniEntry& e) { return e.key == key; });
  return found == entries.rend() ? nullptr : &*found;
}

const IniSection* IniFile::find(std::string_view section) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](const IniSection& s) { return s.name == section; });
  return found == sections.end() ? nullptr : &*found;
}

Result<IniFile> parse_ini(std::string_view text, std::string_view file_name) {
  return IniReader(file_name, /*flat=*/false).read(text);
}

Result<IniFile> parse_flat_ini(std::string_view text, std::string_view file_name) {
  return IniReader(file_name, /*flat=*/true).read(text);
}

}  // namespace octet
