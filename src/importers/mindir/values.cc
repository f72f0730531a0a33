// SPDX-License-Identifier: Apache-2.0
// Nodes that compute nothing: they order side effects, read parameters, and put values together and apart.
#include "importers/mindir/handlers.h"

namespace octet {

// Load, Depend: the first input is the value, the others say what has to happen before.
Result<void> import_mindir_first(MindirNode& node) {
  if (node.num_inputs() == 0) return node.error(ErrorCode::kInvalidModel, "has no input");
  node.set_result(node.input_value(0));
  return {};
}

Result<void> import_mindir_nothing(MindirNode&) { return {}; }

Result<void> import_mindir_make_tuple(MindirNode& node) {
  MindirValue tuple;
  tuple.kind = MindirValue::Kind::kTuple;
  tuple.items = node.input_values();
  node.set_result(std::move(tuple));
  return {};
}

// The first result of an operator with several is all that inference needs.
Result<void> import_mindir_tuple_get_item(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t index, node.integer_argument(1, "index", 0));
  if (node.num_inputs() == 0) return node.error(ErrorCode::kInvalidModel, "has no input");
  const MindirValue& value = node.input_value(0);
  if (value.kind == MindirValue::Kind::kTuple && index >= 0 && index < static_cast<std::int64_t>(value.items.size())) {
    node.set_result(value.items[static_cast<std::size_t>(index)]);
    return {};
  }
  if (value.kind == MindirValue::Kind::kTensor && index == 0) return import_mindir_first(node);
  return node.error(ErrorCode::kUnsupported, "takes item {} of a value that has none", index);
}

}  // namespace octet
