// SPDX-License-Identifier: Apache-2.0
// Messages for people on stderr, one line each, in the shape that scripts around MindSpore Lite expect:
//   [WARNING] LITE(pid,tid,octet):2026-11-21-10:00:00.000.000 [file:line] function] text
// GLOG_v chooses the least level: 0 debug, 1 info, 2 warning (default), 3 error. Thread-safe.
#ifndef OCTET_BASE_LOG_H_
#define OCTET_BASE_LOG_H_

#include <fmt/format.h>

#include <string_view>

namespace octet {

enum class LogLevel { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

bool log_enabled(LogLevel level);
void log_line(LogLevel level, const char* file, int line, const char* function, std::string_view text);

}  // namespace octet

#define OCTET_LOG(level, ...) \
  do { \
    if (::octet::log_enabled(::octet::LogLevel::level)) \
      ::octet::log_line(::octet::LogLevel::level, __FILE__, __LINE__, __func__, ::fmt::format(__VA_ARGS__)); \
  } while (false)

#endif  // OCTET_BASE_LOG_H_
