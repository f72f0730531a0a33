// SPDX-License-Identifier: Apache-2.0
// Formats whose parts may be shared inside a file let a few bytes say "this weight" a million times. What is copied out
// of a file is charged here, and may be no more than a multiple of its size.
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

  // Of a value that a file states once and asks to be repeated: honest in a small file too, so the limit is one for all
  // files.
  Result<void> charge_repeated(std::size_t bytes) {
    if (bytes > repeated_left_)
      return make_error(ErrorCode::kInvalidModel, "its repeated values unfold to more than {} MiB",
                        kMaxRepeatedBytes >> 20);
    repeated_left_ -= bytes;
    return {};
  }

 private:
  static constexpr std::size_t kMaxRepeatedBytes = std::size_t{1} << 29;
  // Reading an honest file costs its size, 4 times that for int8 weights that become float32, 8 times for int4, and
  // somewhat more for names.
  static constexpr std::size_t kCopies = 16;
  static constexpr std::size_t kSlack = 1 << 16;
  std::size_t left_;
  std::size_t repeated_left_ = kMaxRepeatedBytes;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_COPY_BUDGET_H_
