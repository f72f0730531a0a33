// SPDX-License-Identifier: Apache-2.0
// The file under construction: names, constants, and the borders between integers and real values.
#ifndef OCTET_EXPORTERS_ONNX_ONNX_FILE_H_
#define OCTET_EXPORTERS_ONNX_ONNX_FILE_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "importers/onnx/onnx.pb.h"
#include "ir/graph.h"

namespace octet {

struct OnnxAttribute {
  OnnxAttribute(std::string_view name, std::int64_t value);
  OnnxAttribute(std::string_view name, float value);
  OnnxAttribute(std::string_view name, const std::string& value);
  OnnxAttribute(std::string_view name, const std::vector<std::int64_t>& values);
  onnx::AttributeProto proto;
};
using OnnxAttributes = std::vector<OnnxAttribute>;

onnx::TensorProto::DataType onnx_data_type(DataType type);

class OnnxFile {
 public:
  OnnxFile(const Graph& graph, std::int64_t opset);

  const Graph& graph() const { return graph_; }
  std::int64_t opset() const { return opset_; }

  // A tensor as the graph has it: integers stay integers. A constant becomes an initializer when it is first asked for.
  std::string stored(TensorId id);
  // Its real values: behind a DequantizeLinear, made at the first use, if it is quantized (or a Cast, of float16).
  std::string real(TensorId id);

  // `stored` is an integer tensor with these parameters -> its real values, as `dst`. `type` is that of the integers.
  // Corrections become a multiplication and an addition behind it.
  void add_dequantize(std::string_view node_name, const std::string& stored, const Tensor& described,
                      const std::string& dst);
  void add_quantize(std::string_view node_name, const std::string& src, const Tensor& described,
                    const std::string& dst);

  void add_node(std::string_view name, std::string_view type, const std::vector<std::string>& inputs,
                const std::vector<std::string>& outputs, const OnnxAttributes& attributes = {});
  // An initializer with a name like the tensor's; returns the name that it got.
  std::string add_constant(const Tensor& constant);

  // A name for a tensor that the graph does not have.
  std::string new_name(std::string_view wanted);

  void add_graph_inputs_and_outputs();
  onnx::GraphProto& proto() { return proto_; }

 private:
  std::string scale_name(const std::string& stored, const QuantParams& quant);
  std::string zero_point_name(const std::string& stored, const QuantParams& quant, DataType type);
  std::string add_correction(std::string_view node_name, const Tensor& described, std::string_view type,
                             const std::vector<float>& values, const std::string& src, const std::string& dst);
  void describe(TensorId id, onnx::ValueInfoProto& info) const;

  const Graph& graph_;
  std::int64_t opset_;
  onnx::GraphProto proto_;
  std::unordered_set<std::string> tensor_names_, node_names_;
  std::unordered_set<TensorId> written_constants_;
  std::unordered_map<TensorId, std::string> real_;                     // names of real values
  std::unordered_map<std::string, std::string> scales_, zero_points_;  // by the name of the integer tensor
};

}  // namespace octet

#endif  // OCTET_EXPORTERS_ONNX_ONNX_FILE_H_
