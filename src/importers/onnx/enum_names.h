// SPDX-License-Identifier: Apache-2.0
// Words of attributes as values of enums.
#ifndef OCTET_IMPORTERS_ONNX_ENUM_NAMES_H_
#define OCTET_IMPORTERS_ONNX_ENUM_NAMES_H_

#include <algorithm>
#include <array>
#include <string_view>

#include "importers/onnx/onnx_node.h"

namespace octet {

// The value of E whose name, in the order of `names`, is `text`. Error: kUnsupported, with the attribute and the names.
template <typename E, std::size_t N>
Result<E> read_enum(const OnnxNode& node, std::string_view attribute, std::string_view text,
                    const std::array<std::string_view, N>& names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<E>(found - names.begin());
  return node.error(ErrorCode::kUnsupported, "{} = '{}' is not supported; Octet has {}", attribute, text,
                    fmt::join(names, ", "));
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ENUM_NAMES_H_
