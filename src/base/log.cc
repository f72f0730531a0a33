// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace octet {
namespace {

LogLevel least_level() {
  static const LogLevel level = [] {
    const char* text = std::getenv("GLOG_v");
    if (text == nullptr || text[0] < '0' || text[0] > '3' || text[1] != '\0') return LogLevel::kWarning;
    return static_cast<LogLevel>(text[0] - '0');
  }();
  return level;
}

std::string timestamp() {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = duration_cast<std::chrono::microseconds>(now).count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d-%H:%M:%S", &local);
  return fmt::format("{}.{:03}.{:03}", date, micros / 1000 % 1000, micros % 1000);
}

const char* program_name() { return program_invocation_short_name; }

}  // namespace

bool log_enabled(LogLevel level) { return level >= least_level(); }

void log_line(LogLevel level, const char* file, int line, const char* function, std::string_view text) {
  static constexpr const char* kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  const char* slash = std::strrchr(file, '/');
  const std::string full = fmt::format("[{}] LITE({},{:x},{}):{} [{}:{}] {}] {}\n", kNames[static_cast<int>(level)],
                                       getpid(), static_cast<long>(syscall(SYS_gettid)), program_name(), timestamp(),
                                       slash == nullptr ? file : slash + 1, line, function, text);
  std::fwrite(full.data(), 1, full.size(), stderr);
}

}  // namespace octet
