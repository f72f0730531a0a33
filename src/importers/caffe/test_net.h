// SPDX-License-Identifier: Apache-2.0
// Small Caffe networks for tests: text as in a .prototxt, and weights by layer.
#ifndef OCTET_IMPORTERS_CAFFE_TEST_NET_H_
#define OCTET_IMPORTERS_CAFFE_TEST_NET_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "importers/caffe/caffe.pb.h"
#include "importers/caffe/caffe_importer.h"
#include "ir/text.h"
#include "ops/evaluate.h"

namespace octet::test {

struct TestBlob {
  Shape shape;
  std::vector<float> values;
};

// `layer` fields of the new form.
class TestNet {
 public:
  explicit TestNet(std::string prototxt) : prototxt_(std::move(prototxt)) {}

  caffe::NetWeights weights;

  TestNet& blobs(const std::string& layer_name, const std::vector<TestBlob>& blobs) {
    auto* layer = weights.add_layer();
    layer->set_name(layer_name);
    for (const TestBlob& blob : blobs) {
      auto* proto = layer->add_blobs();
      proto->mutable_shape();
      for (const auto d : blob.shape) proto->mutable_shape()->add_dim(d);
      for (const float value : blob.values) proto->add_data(value);
    }
    return *this;
  }

  Result<Graph> import(const ImportOptions& options = {}) const {
    const std::string bytes = weights.SerializeAsString();
    return import_caffe(NamedBytes{"n.prototxt", std::as_bytes(std::span(prototxt_))},
                        NamedBytes{"n.caffemodel", std::as_bytes(std::span(bytes))}, options);
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
  // Output `index` of the imported graph.
  Tensor output(const std::vector<std::vector<float>>& inputs, std::size_t index = 0) const {
    const auto imported = import();
    if (!imported.ok()) {
      ADD_FAILURE() << imported.error().message;
      return make_constant("failed", {0}, std::vector<float>());
    }
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& input = imported->tensor(imported->inputs[i]);
      tensors.push_back(make_constant(input.name, input.shape, inputs[i]));
    }
    auto outputs = evaluate_graph(*imported, std::move(tensors));
    if (!outputs.ok()) {
      ADD_FAILURE() << outputs.error().message;
      return make_constant("failed", {0}, std::vector<float>());
    }
    return std::move((*outputs)[index]);
  }
  std::vector<float> run(const std::vector<std::vector<float>>& inputs, std::size_t index = 0) const {
    const Tensor tensor = output(inputs, index);
    const auto values = tensor.values<float>();
    return {values.begin(), values.end()};
  }

 private:
  std::string prototxt_;
};

// A network of one input 'x' and one layer 'y' that reads it. `fields`: the layer's other fields.
inline TestNet layer_net(const std::vector<int>& input, const std::string& type, const std::string& fields = "") {
  return TestNet(fmt::format(R"(name: "n"
      layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: [{}] }} }} }}
      layer {{ name: "y" type: "{}" bottom: "x" top: "y" {} }})",
                             fmt::join(input, ", "), type, fields));
}

}  // namespace octet::test

#endif  // OCTET_IMPORTERS_CAFFE_TEST_NET_H_
