// SPDX-License-Identifier: Apache-2.0
// A node of the model as its handler sees it: its attributes and inputs, and the operators it adds (NodeBuilder).
#ifndef OCTET_IMPORTERS_TENSORFLOW_TF_NODE_H_
#define OCTET_IMPORTERS_TENSORFLOW_TF_NODE_H_

#include <string>
#include <vector>

#include "importers/lowering.h"
#include "importers/tensorflow/tf_program.h"
#include "importers/tensorflow/tf_tensor.h"
#include "ops/conv2d.h"

namespace octet {

class TfNode : public NodeBuilder {
 public:
  TfNode(GraphBuilder& graph, const tensorflow::NodeDef& def, std::string name, std::vector<OutputSpec> outputs,
         std::vector<TensorId> inputs)
      : NodeBuilder(graph, std::move(name), def.op(), std::move(outputs)), def_(def), inputs_(std::move(inputs)) {}

  std::size_t num_inputs() const { return inputs_.size(); }
  Result<TensorId> input(std::size_t i) const;
  const std::vector<TensorId>& inputs() const { return inputs_; }
  Result<Numbers> integers_of(std::size_t i, std::string_view what, std::size_t max_size) const;
  Result<std::int64_t> integer_of(std::size_t i, std::string_view what) const;

  // Attributes; absent: the fallback. Error: kInvalidModel if it is of another kind, or no finite number.
  Result<std::int64_t> integer_attr(std::string_view key, std::int64_t fallback) const;
  Result<bool> bool_attr(std::string_view key, bool fallback) const;
  Result<float> float_attr(std::string_view key, float fallback) const;
  Result<std::string_view> string_attr(std::string_view key, std::string_view fallback) const;
  Result<Numbers> list_attr(std::string_view key) const;  // absent: empty
  Result<DataType> type_attr(std::string_view key) const;
  const tensorflow::AttrValue* attr(std::string_view key) const { return find_attr(def_, key); }

  // NHWC or NCHW as data_format says; NHWC if it does not.
  Result<Layout> layout() const;
  // Strides, dilations or window in h and w, of [N, H, W, C] or [N, C, H, W] numbers; those of N and C must be 1.
  Result<std::array<std::int64_t, 2>> spatial(std::string_view key, Layout layout) const;

 private:
  const tensorflow::NodeDef& def_;
  std::vector<TensorId> inputs_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_TF_NODE_H_
