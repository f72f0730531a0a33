// SPDX-License-Identifier: Apache-2.0
// Making and passing on errors; checks of our own invariants.
#ifndef OCTET_BASE_ERROR_H_
#define OCTET_BASE_ERROR_H_

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

#include "octet/result.h"

namespace octet {

// Error with a formatted message: make_error(ErrorCode::kIo, "{}: cannot be opened", path).
template <typename... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{code, fmt::format(format, std::forward<Args>(args)...)};
}

// The same error with `place` in front: "place: message".
Error at(std::string_view place, Error error);

// Prints where and what to stderr and aborts. For our own bugs, never for files, flags or user data.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace octet

#define OCTET_CONCAT_INNER_(a, b) a##b
#define OCTET_CONCAT_(a, b) OCTET_CONCAT_INNER_(a, b)

// Returns the error of `expression` (a Result) from the enclosing function.
#define OCTET_RETURN_IF_ERROR(expression) \
  do { \
    if (auto octet_result_ = (expression); !octet_result_.ok()) return std::move(octet_result_).error(); \
  } while (false)

// OCTET_ASSIGN_OR_RETURN(auto x, f()): declares x with the value of f(), or returns its error.
#define OCTET_ASSIGN_OR_RETURN(declaration, expression) \
  OCTET_ASSIGN_OR_RETURN_IMPL_(OCTET_CONCAT_(octet_result_, __LINE__), declaration, expression)
#define OCTET_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression); \
  if (!result.ok()) return std::move(result).error(); \
  declaration = std::move(result).value()

#define OCTET_CHECK(condition) \
  do { \
    if (!(condition)) ::octet::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

#ifdef NDEBUG
#define OCTET_DCHECK(condition) \
  do { \
  } while (false && (condition))
#else
#define OCTET_DCHECK(condition) OCTET_CHECK(condition)
#endif

#endif  // OCTET_BASE_ERROR_H_
