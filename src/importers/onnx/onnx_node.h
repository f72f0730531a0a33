// SPDX-License-Identifier: Apache-2.0
// A node of an ONNX file as its handler sees it: inputs as tensors of our graph, attributes by name and type.
#ifndef OCTET_IMPORTERS_ONNX_ONNX_NODE_H_
#define OCTET_IMPORTERS_ONNX_ONNX_NODE_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "importers/onnx/onnx.pb.h"
#include "ir/graph.h"

namespace octet {

// The operator's name, behind its domain unless that is the standard one: "com.microsoft::MatMulNBits".
std::string qualified_onnx_type(const onnx::NodeProto& proto);

// Getters of attributes give the default if the attribute is absent, and fail if it has another type. They remember what
// was asked for: an attribute that no getter asked for is one that the handler does not know.
class OnnxNode {
 public:
  // `inputs` are the tensors of the node's inputs, kNoTensor where absent. Keeps a reference to `proto`.
  OnnxNode(const onnx::NodeProto& proto, std::int64_t opset, std::vector<TensorId> inputs);

  const std::string& name() const { return name_; }  // of the file, or its first output's
  std::string inner_name(std::string_view suffix) const { return fmt::format("{}/{}", name_, suffix); }
  const std::string& type() const { return proto_.op_type(); }
  std::string qualified_type() const { return qualified_onnx_type(proto_); }
  const onnx::NodeProto& proto() const { return proto_; }
  std::int64_t opset() const { return opset_; }

  std::size_t num_inputs() const { return inputs_.size(); }  // without absent ones at the end
  const std::vector<TensorId>& inputs() const { return inputs_; }
  TensorId optional_input(std::size_t i) const { return i < inputs_.size() ? inputs_[i] : kNoTensor; }
  // Error: kInvalidModel if the input is absent. `what` is its name in the specification.
  Result<TensorId> input(std::size_t i, std::string_view what) const;

  std::size_t num_outputs() const { return static_cast<std::size_t>(proto_.output_size()); }
  const std::string& output_name(std::size_t i) const { return proto_.output(static_cast<int>(i)); }

  bool has_attribute(std::string_view name) const;  // asks for it, too
  Result<std::int64_t> get_int(std::string_view name, std::int64_t fallback) const;
  Result<bool> get_bool(std::string_view name, bool fallback) const;  // an int that must be 0 or 1
  Result<float> get_float(std::string_view name, float fallback) const;
  Result<std::string> get_string(std::string_view name, std::string_view fallback) const;
  Result<std::vector<std::int64_t>> get_ints(std::string_view name) const;  // empty if absent
  Result<std::vector<float>> get_floats(std::string_view name) const;
  Result<std::vector<std::string>> get_strings(std::string_view name) const;    // empty if absent
  Result<const onnx::TensorProto*> get_tensor(std::string_view name) const;  // null if absent
  Result<const onnx::GraphProto*> get_graph(std::string_view name) const;  // an error if absent
  // Attributes that do not change what we compute.
  void ignore(std::string_view name) const { known_.insert(std::string(name)); }

  // Error: kUnsupported naming the first attribute nobody asked for, and its value.
  Result<void> check_all_attributes_known() const;

  // "node 'conv_1' (Conv): ..."
  template <typename... Args>
  Error error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) const {
    return located({code, fmt::format(format, std::forward<Args>(args)...)});
  }
  Error located(Error error) const { return at(fmt::format("node '{}' ({})", name_, type()), std::move(error)); }

 private:
  const onnx::AttributeProto* find(std::string_view name) const;
  // The attribute if present. Error if it is not of `type`.
  Result<const onnx::AttributeProto*> find(std::string_view name, onnx::AttributeProto::Type type) const;

  const onnx::NodeProto& proto_;
  std::int64_t opset_;
  std::vector<TensorId> inputs_;
  std::string name_;
  mutable std::set<std::string> known_;  // attributes asked for
};

// The node's name in the file, or where it has none its first output's.
std::string onnx_node_name(const onnx::NodeProto& proto);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ONNX_NODE_H_
