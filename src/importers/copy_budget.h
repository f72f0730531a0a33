// SPDX-License-Identifier: Apache-2.0
// Formats whose parts may be shared inside a file let a few bytes say "this weight" a million times. What is copied out of a
// file is charged here, and may be no more than a multiple of its size.
#ifndef OCTET_IMPORTERS_COPY_BUDGET_H_
#define OCTET_IMPORTERS_COPY_BUDGET_H_

#include <cstddef>

#include "base/error.h"

namespace octet {

class CopyBudget {
 public:
  explicit CopyBudget(std::size_t file_bytes) : left_(kCopies * file_bytes + kSlack) {}

  Result<void> charge(std::size_t bytes) {
    if (bytes > left_)
      return make_error(ErrorCode::kInvalidModel,
                        "its parts refer to each other so often that it unfolds to many times its size");
    left_ -= bytes;
    return {};
  }

 private:
  // Reading an honest file costs its size, 4 times that for int8 weights that become float32, 8 times for int4, and somewhat
  // more for names.
  static constexpr std::size_t kCopies = 16;
  static constexpr std::size_t kSlack = 1 << 16;
  std::size_t left_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_COPY_BUDGET_H_
