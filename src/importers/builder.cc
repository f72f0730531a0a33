// SPDX-License-Identifier: Apache-2.0
#include "importers/builder.h"

#include <algorithm>

#include "ir/verifier.h"
#include "ops/dynamic.h"
#include "ops/evaluate.h"

namespace octet {
namespace {

// Constants are folded only up to this size, each and all together: a few bytes of a file may ask for any amount.
constexpr std::int64_t kMaxFoldedElements = std::int64_t{1} << 26;
constexpr std::int64_t kMaxFoldedBytes = std::int64_t{1} << 31;

// In a file a bool may be any byte; for C++ it must be 0 or 1.
Tensor with_clean_bools(Tensor tensor) {
  if (tensor.type != DataType::kBool) return tensor;
  const auto bytes = tensor.data.bytes();
  if (std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; }))
    return tensor;
  std::vector<std::byte> clean(bytes.begin(), bytes.end());
  for (std::byte& b : clean) b = b == std::byte{0} ? std::byte{0} : std::byte{1};
  tensor.data = ConstantData(std::move(clean));
  return tensor;
}

// Bytes of all outputs; nothing if they are too large to be folded.
std::optional<std::int64_t> folded_bytes(const std::vector<TensorType>& types) {
  std::int64_t bytes = 0;
  for (const TensorType& type : types) {
    const auto count = num_elements(type.shape);
    if (!count || *count > kMaxFoldedElements) return std::nullopt;
    bytes += *count * static_cast<std::int64_t>(data_type_size(type.type));
  }
  return bytes;
}

}  // namespace

TensorId GraphBuilder::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? kNoTensor : found->second;
}

void GraphBuilder::bind(std::string_view name, TensorId id) { by_name_[std::string(name)] = id; }

TensorId GraphBuilder::add_input(std::string_view name, DataType type, Shape shape, Layout layout) {
  Tensor tensor;
  tensor.name = std::string(name);
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.layout = layout;
  const TensorId id = graph_.add_tensor(std::move(tensor));
  graph_.inputs.push_back(id);
  bind(name, id);
  return id;
}

TensorId GraphBuilder::add_constant(Tensor tensor, std::string_view bind_name) {
  const TensorId id = graph_.add_tensor(with_clean_bools(std::move(tensor)));
  if (!bind_name.empty()) bind(bind_name, id);
  return id;
}

Result<TensorId> GraphBuilder::add(const Op& op, std::any attrs, std::vector<TensorId> inputs, std::string_view node_name,
                                   std::string_view output_name) {
  OCTET_ASSIGN_OR_RETURN(const auto ids, add_multi(op, std::move(attrs), std::move(inputs), node_name, {std::string(output_name)}));
  return ids[0];
}

Result<std::vector<TensorId>> GraphBuilder::add_multi(const Op& op, std::any attrs, std::vector<TensorId> inputs,
                                                      std::string_view node_name,
                                                      const std::vector<std::string>& output_names) {
  Node node;
  node.name = std::string(node_name.empty() ? op.name : node_name);
  node.op = &op;
  node.attrs = std::move(attrs);
  node.inputs = std::move(inputs);
  auto plain = resolve_dynamic(node, input_tensors(graph_, node));
  if (!plain) return at(fmt::format("node '{}' ({})", node.name, op.name), std::move(plain).error());
  if (*plain) node = std::move(**plain);
  OCTET_ASSIGN_OR_RETURN(auto types, infer_types(graph_, node));
  if (output_names.empty() || output_names.size() > types.size()) {
    return make_error(ErrorCode::kInvalidModel, "node '{}' ({}): has {} outputs, expected 1 to {}", node.name, op.name,
                      output_names.size(), types.size());
  }
  types.resize(output_names.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    Tensor tensor;
    tensor.name = output_names[i].empty() ? node.name : output_names[i];
    tensor.type = types[i].type;
    tensor.shape = types[i].shape;
    node.outputs.push_back(graph_.add_tensor(std::move(tensor)));
    if (!output_names[i].empty()) bind(output_names[i], node.outputs.back());
  }
  OCTET_ASSIGN_OR_RETURN(const bool folded, fold(node, types));
  const std::vector<TensorId> outputs = node.outputs;
  if (!folded) graph_.add_node(std::move(node));
  return outputs;
}

Result<bool> GraphBuilder::fold(const Node& node, const std::vector<TensorType>& types) {
  const bool has_known_size = node.op->evaluate == nullptr;  // else can_fold sees to it
  const auto bytes = has_known_size ? folded_bytes(types) : std::optional<std::int64_t>(0);
  if (!can_fold(graph_, node) || !bytes || *bytes > kMaxFoldedBytes - folded_bytes_) return false;
  auto values = evaluate_node(graph_, node);
  if (!values && values.error().code == ErrorCode::kUnsupported) return false;  // a type without a reference: stays a node
  if (!values) return std::move(values).error();
  folded_bytes_ += *bytes;
  for (std::size_t i = 0; i < values->size(); ++i) graph_.tensor(node.outputs[i]) = std::move((*values)[i]);
  return true;
}

Result<void> GraphBuilder::charge(std::int64_t count, DataType type) {
  const auto size = static_cast<std::int64_t>(data_type_size(type));
  if (count > (kMaxFoldedBytes - folded_bytes_) / size)
    return make_error(ErrorCode::kUnsupported, "computed constants take more than {} bytes", kMaxFoldedBytes);
  folded_bytes_ += count * size;
  return {};
}

Result<Graph> GraphBuilder::finish() {
  remove_dead_code(graph_);
  OCTET_RETURN_IF_ERROR(verify(graph_));
  return std::move(graph_);
}

}  // namespace octet
