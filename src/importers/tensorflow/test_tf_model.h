// SPDX-License-Identifier: Apache-2.0
// Builds TensorFlow graphs for tests, node by node, right or wrong ones.
#ifndef OCTET_IMPORTERS_TENSORFLOW_TEST_TF_MODEL_H_
#define OCTET_IMPORTERS_TENSORFLOW_TEST_TF_MODEL_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "importers/tensorflow/tensorflow.pb.h"
#include "importers/tensorflow/tf_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"

namespace octet::test {

using tensorflow::NodeDef;

inline tensorflow::AttrValue& tf_attr(NodeDef& node, const std::string& key) {
  auto* attr = node.add_attr();
  attr->set_key(key);
  return *attr->mutable_value();
}
inline void set_shape(tensorflow::TensorShapeProto& proto, const std::vector<std::int64_t>& shape) {
  for (const std::int64_t d : shape) proto.add_dim()->set_size(d);
}
inline void set_list(NodeDef& node, const std::string& key, const std::vector<std::int64_t>& values) {
  auto* list = tf_attr(node, key).mutable_list();
  for (const std::int64_t value : values) list->add_i(value);
}

// Nodes of a graph, or of a function's body.
template <typename Nodes>
NodeDef& add_node(Nodes& nodes, const std::string& op, const std::string& name,
                  const std::vector<std::string>& inputs) {
  NodeDef& node = *nodes.Add();
  node.set_op(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  return node;
}

class TestTfModel {
 public:
  tensorflow::GraphDef graph;

  NodeDef& node(const std::string& op, const std::string& name, const std::vector<std::string>& inputs = {}) {
    return add_node(*graph.mutable_node(), op, name, inputs);
  }
  void placeholder(const std::string& name, const std::vector<std::int64_t>& shape) {
    NodeDef& made = node("Placeholder", name);
    tf_attr(made, "dtype").set_type(1);
    set_shape(*tf_attr(made, "shape").mutable_shape(), shape);
  }
  void floats(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    auto* tensor = tf_attr(node("Const", name), "value").mutable_tensor();
    tensor->set_dtype(1);
    set_shape(*tensor->mutable_tensor_shape(), shape);
    tensor->set_tensor_content(
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
  }
  void ints(const std::string& name, const std::vector<std::int32_t>& values) {
    auto* tensor = tf_attr(node("Const", name), "value").mutable_tensor();
    tensor->set_dtype(3);
    set_shape(*tensor->mutable_tensor_shape(), {static_cast<std::int64_t>(values.size())});
    for (const std::int32_t value : values) tensor->add_int_val(value);
  }

  Result<Graph> import(const ImportOptions& options = {}) const {
    const std::string bytes = graph.SerializeAsString();
    return import_tensorflow(std::as_bytes(std::span(bytes)), "a.pb", options);
  }
  // The graph's text without its first line, or the error.
  std::string text() const {
    const auto imported = import();
    if (!imported) return imported.error().message;
    const std::string text = print_graph(*imported);
    return text.substr(text.find('\n') + 1);
  }
  // Values of the first output.
  std::vector<float> run(const std::vector<std::vector<float>>& values) const { return run_imported(import(), values); }

  static std::vector<float> run_imported(const Result<Graph>& imported, const std::vector<std::vector<float>>& values) {
    if (!imported) ADD_FAILURE() << imported.error().message;
    if (!imported) return {};
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Tensor& input = imported->tensor(imported->inputs[i]);
      tensors.push_back(make_constant(input.name, input.shape, values[i]));
    }
    const auto results = evaluate_graph(*imported, std::move(tensors));
    if (!results) ADD_FAILURE() << results.error().message;
    if (!results) return {};
    const auto result = (*results)[0].values<float>();
    return {result.begin(), result.end()};
  }
};

}  // namespace octet::test

#endif  // OCTET_IMPORTERS_TENSORFLOW_TEST_TF_MODEL_H_
