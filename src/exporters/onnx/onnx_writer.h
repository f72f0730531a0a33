// SPDX-License-Identifier: Apache-2.0
// What the operator writers share. A writer sees real values: the integers of a quantized graph and the parameters are
// written around its operator.
#ifndef OCTET_EXPORTERS_ONNX_ONNX_WRITER_H_
#define OCTET_EXPORTERS_ONNX_ONNX_WRITER_H_

#include <string>
#include <vector>

#include "exporters/onnx/onnx_file.h"
#include "ops/define.h"

namespace octet {

class OnnxWriter {
 public:
  OnnxWriter(OnnxFile& file, const Node& node) : file(file), node(node) {}

  OnnxFile& file;
  const Node& node;

  const Tensor& input(std::size_t i = 0) const { return file.graph().tensor(node.inputs[i]); }
  const Tensor& output(std::size_t i = 0) const { return file.graph().tensor(node.outputs[i]); }
  bool has_input(std::size_t i) const { return i < node.inputs.size() && node.inputs[i] != kNoTensor; }

  // Name of an input's real values; empty if it is absent.
  std::string src(std::size_t i = 0) { return has_input(i) ? file.real(node.inputs[i]) : std::string(); }
  std::vector<std::string> srcs();
  // A constant named after the node.
  std::string constant(std::string_view suffix, Tensor constant);
  std::string integers(std::string_view suffix, const std::vector<std::int64_t>& values);
  std::string scalar(std::string_view suffix, float value);

  // The operator that makes the outputs; the activation and quantization of the first follow it.
  void add(std::string_view type, const std::vector<std::string>& inputs, const OnnxAttributes& attributes = {},
           Activation activation = Activation::kNone);
  // An operator on the way there; returns the name of its result.
  std::string inner(std::string_view suffix, std::string_view type, const std::vector<std::string>& inputs,
                    const OnnxAttributes& attributes = {});

  // Error unless the file's opset has an operator that came with `since`.
  Result<void> needs_opset(std::int64_t since, std::string_view type) const;

  template <typename... Args>
  Error unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(ErrorCode::kUnsupported, "node '{}' ({}): {}", node.name, node.op->name,
                      fmt::format(format, std::forward<Args>(args)...));
  }
};

using WriteOnnx = Result<void> (*)(OnnxWriter& writer);

// The writer of an operator; null if there is none.
WriteOnnx find_onnx_writer(const Op& op);

// layer_writers.cc
Result<void> write_onnx_conv2d(OnnxWriter& writer);
Result<void> write_onnx_pool2d(OnnxWriter& writer);
Result<void> write_onnx_resize(OnnxWriter& writer);
Result<void> write_onnx_fully_connected(OnnxWriter& writer);
Result<void> write_onnx_dynamic_fully_connected(OnnxWriter& writer);
Result<void> write_onnx_matmul(OnnxWriter& writer);
Result<void> write_onnx_batch_norm(OnnxWriter& writer);
Result<void> write_onnx_scale(OnnxWriter& writer);
Result<void> write_onnx_layer_norm(OnnxWriter& writer);
Result<void> write_onnx_lrn(OnnxWriter& writer);

// element_writers.cc
Result<void> write_onnx_unary(OnnxWriter& writer);
Result<void> write_onnx_binary(OnnxWriter& writer);
Result<void> write_onnx_softmax(OnnxWriter& writer);
Result<void> write_onnx_cast(OnnxWriter& writer);
Result<void> write_onnx_quantize(OnnxWriter& writer);
Result<void> write_onnx_dequantize(OnnxWriter& writer);

// movement_writers.cc
Result<void> write_onnx_concat(OnnxWriter& writer);
Result<void> write_onnx_split(OnnxWriter& writer);
Result<void> write_onnx_slice(OnnxWriter& writer);
Result<void> write_onnx_pad(OnnxWriter& writer);
Result<void> write_onnx_transpose(OnnxWriter& writer);
Result<void> write_onnx_reshape(OnnxWriter& writer);
Result<void> write_onnx_flatten(OnnxWriter& writer);
Result<void> write_onnx_squeeze(OnnxWriter& writer);
Result<void> write_onnx_identity(OnnxWriter& writer);
Result<void> write_onnx_reduce(OnnxWriter& writer);
Result<void> write_onnx_arg_extreme(OnnxWriter& writer);
Result<void> write_onnx_gather(OnnxWriter& writer);
Result<void> write_onnx_expand(OnnxWriter& writer);
Result<void> write_onnx_tile(OnnxWriter& writer);

// dynamic_writers.cc
Result<void> write_onnx_shape_of(OnnxWriter& writer);
Result<void> write_onnx_dynamic(OnnxWriter& writer);
Result<void> write_onnx_dynamic_reshape(OnnxWriter& writer);

}  // namespace octet

#endif  // OCTET_EXPORTERS_ONNX_ONNX_WRITER_H_
