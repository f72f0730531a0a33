// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/saved_model.h"

#include <algorithm>
#include <vector>

namespace octet {

Result<const tensorflow::MetaGraphDef*> serving_graph(const tensorflow::SavedModel& model) {
  for (const auto& graph : model.meta_graphs()) {
    const auto& tags = graph.meta_info_def().tags();
    if (std::find(tags.begin(), tags.end(), "serve") != tags.end()) return &graph;
  }
  if (model.meta_graphs_size() == 1) return &model.meta_graphs(0);
  return make_error(ErrorCode::kUnsupported, "has {} graphs and none is tagged 'serve'", model.meta_graphs_size());
}

Result<const tensorflow::SignatureDef*> serving_signature(const tensorflow::MetaGraphDef& graph) {
  std::vector<std::string> names;
  const tensorflow::SignatureDef* only = nullptr;
  for (const auto& entry : graph.signature_def()) {
    if (entry.key() == "serving_default") return &entry.value();
    if (entry.key().rfind("__", 0) == 0) continue;  // TensorFlow's own
    names.push_back(entry.key());
    only = &entry.value();
  }
  if (names.size() == 1) return only;
  return make_error(ErrorCode::kUnsupported, "has no signature 'serving_default', and {} others: '{}'", names.size(),
                    fmt::join(names, "', '"));
}

namespace {

constexpr int kMaxIdentities = 16;  // between a restored value and its assignment

// The RestoreV2 output behind the value, if there is one.
Result<std::optional<TfValue>> restored_value(TfProgram& program, TfValue value) {
  for (int i = 0; i < kMaxIdentities; ++i) {
    const std::string& op = program.operation(value.op).def->op();
    if (op == "RestoreV2") return std::optional<TfValue>(value);
    if (op != "Identity") break;
    OCTET_ASSIGN_OR_RETURN(const auto inputs, program.inputs(value.op));
    if (inputs.empty()) break;
    value = inputs[0];
  }
  return std::optional<TfValue>();
}

// The key that a RestoreV2 output stands for: entry `output` of the constant names that are its second input.
Result<std::string> restored_key(TfProgram& program, TfValue value) {
  OCTET_ASSIGN_OR_RETURN(const auto inputs, program.inputs(value.op));
  const auto* names = inputs.size() > 1 ? find_attr(*program.operation(inputs[1].op).def, "value") : nullptr;
  if (names == nullptr || value.output >= names->tensor().string_val_size())
    return make_error(ErrorCode::kInvalidModel, "node '{}' (RestoreV2) has no name for output {}",
                      program.operation(value.op).name, value.output);
  return names->tensor().string_val(static_cast<int>(value.output));
}

bool is_assignment(const std::string& op) { return op == "AssignVariableOp" || op == "Assign"; }

}  // namespace

Result<std::map<std::size_t, std::string>> variable_keys(TfProgram& program, const tensorflow::MetaGraphDef& graph) {
  OCTET_ASSIGN_OR_RETURN(std::vector<std::size_t> operations, program.operations_in(""));
  if (const std::string& restore = graph.saver_def().restore_op_name(); !restore.empty()) {
    OCTET_ASSIGN_OR_RETURN(const auto restoring, program.operations_in(restore));
    operations.insert(operations.end(), restoring.begin(), restoring.end());
  }
  std::map<std::size_t, std::string> keys;
  for (const std::size_t op : operations) {
    if (!is_assignment(program.operation(op).def->op())) continue;
    OCTET_ASSIGN_OR_RETURN(const auto inputs, program.inputs(op));
    if (inputs.size() < 2) continue;
    OCTET_ASSIGN_OR_RETURN(const auto restored, restored_value(program, inputs[1]));
    if (!restored) continue;
    OCTET_ASSIGN_OR_RETURN(keys[inputs[0].op], restored_key(program, *restored));
  }
  return keys;
}

}  // namespace octet
