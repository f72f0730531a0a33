// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/window.h"

namespace octet {

Result<std::array<std::int64_t, 2>> read_sizes(const CaffeLayer& layer, const CaffeSizes& sizes,
                                               std::optional<std::int64_t> fallback,
                                               std::optional<std::int64_t> fallback_of_one) {
  // Caffe's kernel_size has kernel_h and kernel_w, all others append to the name.
  const std::string_view stem = sizes.name == "kernel_size" ? "kernel" : sizes.name;
  using Pair = std::array<std::int64_t, 2>;
  if (sizes.h || sizes.w) {
    if (!sizes.both.empty())
      return layer.error(ErrorCode::kInvalidModel, "has both {} and {}_h or {}_w; keep one form", sizes.name, stem,
                         stem);
    if (!(sizes.h && sizes.w) && !fallback_of_one)
      return layer.error(ErrorCode::kInvalidModel, "has only one of {}_h and {}_w", stem, stem);
    return Pair{sizes.h ? *sizes.h : *fallback_of_one, sizes.w ? *sizes.w : *fallback_of_one};
  }
  switch (sizes.both.size()) {
    case 0:
      if (!fallback) return layer.error(ErrorCode::kInvalidModel, "has no {}", sizes.name);
      return Pair{*fallback, *fallback};
    case 1:
      return Pair{sizes.both[0], sizes.both[0]};
    case 2:
      return Pair{sizes.both[0], sizes.both[1]};
    default:
      return layer.error(ErrorCode::kUnsupported, "has {} numbers as {}; Octet has windows over 2 dimensions",
                         sizes.both.size(), sizes.name);
  }
}

}  // namespace octet
