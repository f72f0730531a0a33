// SPDX-License-Identifier: Apache-2.0
// Running the built programs as a user does, in folders of their own.
#ifndef OCTET_TESTS_END_TO_END_PROGRAM_H_
#define OCTET_TESTS_END_TO_END_PROGRAM_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/sanitized.h"

namespace octet {

// A new folder that goes away with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  // The names of what lies in it, sorted.
  std::vector<std::string> entries() const;

 private:
  std::filesystem::path path_;
};

struct ProgramRun {
  int status = -1;       // exit status; 128 + signal number for a crash, as in a shell
  std::string out, err;  // what it wrote on stdout and stderr
  std::uint64_t peak_bytes = 0;  // the most memory it had at a time, pages of files included

  // stdout as one JSON document; a discarded value if it is none.
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false); }
};

// Runs build/PRESET/bin/PROGRAM. Arguments go through as they are, with no shell that could change them.
ProgramRun run_program(const std::string& program, const std::vector<std::string>& args);
// The same for a program elsewhere.
ProgramRun run_program_at(const std::string& path, const std::vector<std::string>& args);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace octet

#endif  // OCTET_TESTS_END_TO_END_PROGRAM_H_
