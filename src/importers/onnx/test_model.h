// SPDX-License-Identifier: Apache-2.0
// Writes small ONNX models in tests.
#ifndef OCTET_IMPORTERS_ONNX_TEST_MODEL_H_
#define OCTET_IMPORTERS_ONNX_TEST_MODEL_H_

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "importers/onnx/onnx.pb.h"
#include "importers/onnx/onnx_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"

namespace octet::test {

// A node's attributes, by chaining: model.node(...).ints("pads", {1, 1}).set("group", 2).
class TestNode {
 public:
  explicit TestNode(onnx::NodeProto* proto) : proto_(proto) {}
  onnx::NodeProto& proto() { return *proto_; }

  TestNode& named(const std::string& name) {
    proto_->set_name(name);
    return *this;
  }
  TestNode& set(const std::string& name, std::int64_t value) {
    add(name, onnx::AttributeProto::INT)->set_i(value);
    return *this;
  }
  TestNode& set_float(const std::string& name, float value) {
    add(name, onnx::AttributeProto::FLOAT)->set_f(value);
    return *this;
  }
  TestNode& set_string(const std::string& name, const std::string& value) {
    add(name, onnx::AttributeProto::STRING)->set_s(value);
    return *this;
  }
  TestNode& ints(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* attribute = add(name, onnx::AttributeProto::INTS);
    for (const auto value : values) attribute->add_ints(value);
    return *this;
  }
  TestNode& floats(const std::string& name, const std::vector<float>& values) {
    auto* attribute = add(name, onnx::AttributeProto::FLOATS);
    for (const auto value : values) attribute->add_floats(value);
    return *this;
  }
  TestNode& tensor(const std::string& name, const onnx::TensorProto& value) {
    *add(name, onnx::AttributeProto::TENSOR)->mutable_t() = value;
    return *this;
  }
  onnx::AttributeProto* add(const std::string& name, onnx::AttributeProto::Type type) {
    auto* attribute = proto_->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }

 private:
  onnx::NodeProto* proto_;
};

inline onnx::TensorProto float_tensor(const std::string& name, const Shape& dims, const std::vector<float>& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const auto d : dims) tensor.add_dims(d);
  for (const auto value : values) tensor.add_float_data(value);
  return tensor;
}

inline onnx::TensorProto int_tensor(const std::string& name, const Shape& dims, const std::vector<std::int64_t>& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  for (const auto d : dims) tensor.add_dims(d);
  for (const auto value : values) tensor.add_int64_data(value);
  return tensor;
}

class TestModel {
 public:
  explicit TestModel(std::int64_t opset = 13) {
    proto.set_ir_version(8);
    proto.add_opset_import()->set_version(opset);
    graph().set_name("g");
  }

  onnx::ModelProto proto;
  onnx::GraphProto& graph() { return *proto.mutable_graph(); }

  // A dimension is a number or a name; an empty name is a nameless one.
  using Dimension = std::variant<std::int64_t, std::string>;
  void input(const std::string& name, const std::vector<Dimension>& dimensions, int type = onnx::TensorProto::FLOAT) {
    auto* input = graph().add_input();
    input->set_name(name);
    auto* tensor_type = input->mutable_type()->mutable_tensor_type();
    tensor_type->set_elem_type(type);
    tensor_type->mutable_shape();
    for (const auto& dimension : dimensions) {
      auto* dim = tensor_type->mutable_shape()->add_dim();
      if (const auto* number = std::get_if<std::int64_t>(&dimension)) dim->set_dim_value(*number);
      else if (!std::get<std::string>(dimension).empty()) dim->set_dim_param(std::get<std::string>(dimension));
    }
  }
  void floats(const std::string& name, const Shape& dims, const std::vector<float>& values) {
    *graph().add_initializer() = float_tensor(name, dims, values);
  }
  void ints(const std::string& name, const std::vector<std::int64_t>& values) {
    *graph().add_initializer() = int_tensor(name, {static_cast<std::int64_t>(values.size())}, values);
  }
  TestNode node(const std::string& type, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
    auto* node = graph().add_node();
    node->set_op_type(type);
    for (const auto& input : inputs) node->add_input(input);
    for (const auto& output : outputs) node->add_output(output);
    return TestNode(node);
  }
  void output(const std::string& name) { graph().add_output()->set_name(name); }

  Result<Graph> import(const ImportOptions& options = {}) const {
    const std::string bytes = proto.SerializeAsString();
    return import_onnx(std::as_bytes(std::span(bytes)), "m.onnx", {}, options);
  }
  // The imported graph's text, or the error.
  std::string text(const ImportOptions& options = {}) const {
    const auto imported = import(options);
    return imported.ok() ? print_graph(*imported) : "error: " + imported.error().message;
  }
  std::string error(const ImportOptions& options = {}) const {
    const auto imported = import(options);
    return imported.ok() ? "" : imported.error().message;
  }
  // Output `index` of the imported graph on float inputs.
  std::vector<float> run(const std::vector<std::vector<float>>& inputs, std::size_t index = 0) const {
    const auto imported = import();
    if (!imported.ok()) {
      ADD_FAILURE() << imported.error().message;
      return {};
    }
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& input = imported->tensor(imported->inputs[i]);
      tensors.push_back(make_constant(input.name, input.shape, inputs[i]));
    }
    const auto outputs = evaluate_graph(*imported, std::move(tensors));
    if (!outputs.ok()) {
      ADD_FAILURE() << outputs.error().message;
      return {};
    }
    const auto values = (*outputs)[index].values<float>();
    return {values.begin(), values.end()};
  }
};

}  // namespace octet::test

#endif  // OCTET_IMPORTERS_ONNX_TEST_MODEL_H_
