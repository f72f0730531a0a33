// SPDX-License-Identifier: Apache-2.0
// Reader of INI files: text to sections of key-value pairs with their line numbers. It knows no section or key by name.
//
//   [section]            # a comment starts at the beginning of a line or after a blank, outside double quotes
//   key = value          split at the first '='; blanks around both are dropped, and double quotes around the value
//
// A section that appears twice is one section. A repeated key is a warning, and find() gives the last, as MindSpore
// Lite does.
#ifndef OCTET_CONFIG_INI_H_
#define OCTET_CONFIG_INI_H_

#include <string>
#include <string_view>
#include <vector>

#include "octet/result.h"

namespace octet {

struct IniEntry {
  std::string key;    // never empty
  std::string value;  // may be empty
  int line;           // from 1
};

struct IniSection {
  std::string name;
  int line;                       // of its first header; 0 for the nameless section of a flat file
  std::vector<IniEntry> entries;  // in the order of the file, repeated keys included

  const IniEntry* find(std::string_view key) const;  // the last of that key; null if there is none
};

struct IniFile {
  std::string name;  // for messages
  std::vector<IniSection> sections;

  const IniSection* find(std::string_view section) const;  // null if there is none
};

inline constexpr int kMaxIniLines = 9999;  // as MindSpore Lite
inline constexpr std::size_t kMaxIniLineBytes = 256 * 1024;

// Error (kInvalidConfig, "file:line: what is wrong"): a key before the first section, a line that is neither header nor
// key = value, an empty name, an unpaired double quote, a control character, more lines or longer ones than the limits.
Result<IniFile> parse_ini(std::string_view text, std::string_view file_name);

// The same for a file without sections (the old config.cfg): one nameless section. Error also for a section header.
Result<IniFile> parse_flat_ini(std::string_view text, std::string_view file_name);

// `text` without blanks (space, tab, carriage return) at both ends.
std::string_view trim(std::string_view text);

}  // namespace octet

#endif  // OCTET_CONFIG_INI_H_
