// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_node.h"

#include <algorithm>

namespace octet {
namespace {

using Attribute = onnx::AttributeProto;

// For messages; long values are cut.
std::string attribute_value(const Attribute& attribute) {
  constexpr std::size_t kMaxLength = 60;
  std::string text;
  switch (attribute.type()) {
    case Attribute::FLOAT: text = fmt::format("{}", attribute.f()); break;
    case Attribute::INT: text = fmt::format("{}", attribute.i()); break;
    case Attribute::STRING: text = fmt::format("'{}'", attribute.s()); break;
    case Attribute::FLOATS: text = fmt::format("[{}]", fmt::join(attribute.floats(), ", ")); break;
    case Attribute::INTS: text = fmt::format("[{}]", fmt::join(attribute.ints(), ", ")); break;
    default: text = fmt::format("a {}", Attribute::Type_Name(attribute.type())); break;
  }
  if (text.size() > kMaxLength) text = text.substr(0, kMaxLength) + "...";
  return text;
}

}  // namespace

std::string onnx_node_name(const onnx::NodeProto& proto) {
  if (!proto.name().empty()) return proto.name();
  for (const std::string& output : proto.output())
    if (!output.empty()) return output;
  return proto.op_type();
}

std::string qualified_onnx_type(const onnx::NodeProto& proto) {
  if (proto.domain().empty() || proto.domain() == "ai.onnx") return proto.op_type();
  return fmt::format("{}::{}", proto.domain(), proto.op_type());
}

OnnxNode::OnnxNode(const onnx::NodeProto& proto, std::int64_t opset, std::vector<TensorId> inputs)
    : proto_(proto), opset_(opset), inputs_(std::move(inputs)), name_(onnx_node_name(proto)) {
  while (!inputs_.empty() && inputs_.back() == kNoTensor) inputs_.pop_back();
}

Result<TensorId> OnnxNode::input(std::size_t i, std::string_view what) const {
  const TensorId id = optional_input(i);
  if (id == kNoTensor) return error(ErrorCode::kInvalidModel, "input {} ({}) is missing", i, what);
  return id;
}

const Attribute* OnnxNode::find(std::string_view name) const {
  known_.insert(std::string(name));
  const auto& all = proto_.attribute();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Attribute& a) { return a.name() == name; });
  return found == all.end() ? nullptr : &*found;
}

Result<const Attribute*> OnnxNode::find(std::string_view name, Attribute::Type type) const {
  const Attribute* attribute = find(name);
  if (attribute == nullptr) return attribute;
  if (!attribute->ref_attr_name().empty())
    return error(ErrorCode::kUnsupported, "attribute '{}' refers to an attribute of a function", name);
  if (attribute->type() != type) {
    return error(ErrorCode::kInvalidModel, "attribute '{}' is {} {}, expected {}", name,
                 Attribute::Type_Name(attribute->type()), attribute_value(*attribute), Attribute::Type_Name(type));
  }
  return attribute;
}

bool OnnxNode::has_attribute(std::string_view name) const { return find(name) != nullptr; }

Result<std::int64_t> OnnxNode::get_int(std::string_view name, std::int64_t fallback) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::INT));
  return attribute ? attribute->i() : fallback;
}

Result<bool> OnnxNode::get_bool(std::string_view name, bool fallback) const {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t value, get_int(name, fallback ? 1 : 0));
  if (value != 0 && value != 1) return error(ErrorCode::kInvalidModel, "attribute '{}' is {}, expected 0 or 1", name, value);
  return value == 1;
}

Result<float> OnnxNode::get_float(std::string_view name, float fallback) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::FLOAT));
  return attribute ? attribute->f() : fallback;
}

Result<std::string> OnnxNode::get_string(std::string_view name, std::string_view fallback) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::STRING));
  return attribute ? attribute->s() : std::string(fallback);
}

Result<std::vector<std::int64_t>> OnnxNode::get_ints(std::string_view name) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::INTS));
  if (attribute == nullptr) return std::vector<std::int64_t>();
  return std::vector<std::int64_t>(attribute->ints().begin(), attribute->ints().end());
}

Result<std::vector<float>> OnnxNode::get_floats(std::string_view name) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::FLOATS));
  if (attribute == nullptr) return std::vector<float>();
  return std::vector<float>(attribute->floats().begin(), attribute->floats().end());
}

Result<std::vector<std::string>> OnnxNode::get_strings(std::string_view name) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::STRINGS));
  if (attribute == nullptr) return std::vector<std::string>();
  return std::vector<std::string>(attribute->strings().begin(), attribute->strings().end());
}

Result<const onnx::TensorProto*> OnnxNode::get_tensor(std::string_view name) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::TENSOR));
  return attribute ? &attribute->t() : nullptr;
}

Result<const onnx::GraphProto*> OnnxNode::get_graph(std::string_view name) const {
  OCTET_ASSIGN_OR_RETURN(const Attribute* attribute, find(name, Attribute::GRAPH));
  if (attribute == nullptr) return error(ErrorCode::kInvalidModel, "attribute '{}' is missing", name);
  return &attribute->g();
}

Result<void> OnnxNode::check_all_attributes_known() const {
  for (const Attribute& attribute : proto_.attribute()) {
    if (known_.count(attribute.name())) continue;
    return error(ErrorCode::kUnsupported, "attribute '{}' = {} is not known to Octet for opset {}", attribute.name(),
                 attribute_value(attribute), opset_);
  }
  return {};
}

}  // namespace octet
