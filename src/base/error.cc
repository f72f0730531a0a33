// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace octet {

Error at(std::string_view place, Error error) {
  error.message.insert(0, fmt::format("{}: ", place));
  return error;
}

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: check failed: %s (this is a bug in Octet)\n", file, line, condition);
  std::abort();
}

}  // namespace octet
