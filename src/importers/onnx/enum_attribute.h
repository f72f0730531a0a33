// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_IMPORTERS_ONNX_ENUM_ATTRIBUTE_H_
#define OCTET_IMPORTERS_ONNX_ENUM_ATTRIBUTE_H_

#include <algorithm>
#include <array>
#include <string_view>

#include "importers/onnx/onnx_node.h"

namespace octet {

// The enumerator (or index) that `text`, the value of an attribute, names. Error: kUnsupported for a name that is not there.
template <typename E, std::size_t N>
Result<E> read_enum(const OnnxNode& node, std::string_view attribute, std::string_view text,
                    const std::array<std::string_view, N>& names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<E>(found - names.begin());
  return node.error(ErrorCode::kUnsupported, "{} = '{}' is not supported; Octet has {}", attribute, text,
                    fmt::join(names, ", "));
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ENUM_ATTRIBUTE_H_
