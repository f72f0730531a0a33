// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/onnx_exporter.h"

#include <unordered_set>

#include "exporters/onnx/ascend.h"
#include "exporters/onnx/onnx_writer.h"
#include "ops/quantize.h"

namespace octet {
namespace {

// An opset, and the version of the file format that came with it: https://onnx.ai/onnx/repo-docs/Versioning.html
struct Opset {
  std::int64_t opset, ir_version;
};
constexpr Opset kOpsets[] = {{13, 7}, {21, 10}};

Result<std::int64_t> ir_version(std::int64_t opset) {
  for (const Opset& known : kOpsets)
    if (known.opset == opset) return known.ir_version;
  return make_error(ErrorCode::kInvalidArgument, "opset {}: ONNX files are written in opset 13 or 21", opset);
}

// All nodes that cannot be written are reported at once.
Result<void> write_nodes(OnnxFile& file) {
  std::vector<std::string> problems;
  for (const Node& node : file.graph().nodes) {
    const WriteOnnx write = find_onnx_writer(*node.op);
    if (write == nullptr) {
      problems.push_back(fmt::format("node '{}' ({}): cannot be stored in an ONNX file; a .ms file can hold it",
                                     node.name, node.op->name));
      continue;
    }
    OnnxWriter writer(file, node);
    if (auto written = write(writer); !written) problems.push_back(written.error().message);
  }
  if (problems.empty()) return {};
  return make_error(ErrorCode::kUnsupported, "{}", fmt::join(problems, "\n"));
}

// Parameters without integers are what some targets' tools take in `.ms` files; left out here they would be lost. Those of a
// float tensor beside its integers only repeat theirs.
Result<void> check_params(const Graph& graph) {
  std::unordered_set<TensorId> repeated;
  for (const Node& node : graph.nodes)
    if (node.is(kQuantize) || node.is(kDequantize)) repeated.insert(node.is(kQuantize) ? node.inputs[0] : node.outputs[0]);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const Tensor& tensor = graph.tensors[id];
    if (tensor.quant && !tensor.is_constant && is_float(tensor.type) && !repeated.contains(static_cast<TensorId>(id)))
      return make_error(ErrorCode::kUnsupported,
                        "float tensor '{}' has quantization parameters, which only a .ms file holds: choose "
                        "target_device=CPU for an ONNX file",
                        tensor.name);
  }
  return {};
}

Result<void> check_size(const Graph& graph) {
  constexpr std::uint64_t kMaxBytes = (std::uint64_t{1} << 31) - (1 << 20);  // of a protobuf message
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) bytes += tensor.data.size_bytes();
  if (bytes <= kMaxBytes) return {};
  return make_error(ErrorCode::kInvalidArgument, "the model's tensors have {} bytes, an ONNX file holds at most {}",
                    bytes, kMaxBytes);
}

}  // namespace

Result<std::vector<std::byte>> export_onnx(const Graph& graph, const OnnxExportOptions& options) {
  onnx::ModelProto model;
  OCTET_ASSIGN_OR_RETURN(const std::int64_t version, ir_version(options.opset));
  OCTET_RETURN_IF_ERROR(check_size(graph));
  OCTET_RETURN_IF_ERROR(check_params(graph));
  OnnxFile file(graph, options.opset);
  OCTET_RETURN_IF_ERROR(write_nodes(file));
  file.add_graph_inputs_and_outputs();
  if (options.ascend_nodes) OCTET_RETURN_IF_ERROR(make_ascend_nodes(file.proto()));
  model.set_ir_version(version);
  model.set_producer_name("octet");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(options.opset);
  *model.mutable_graph() = std::move(file.proto());
  std::vector<std::byte> bytes(model.ByteSizeLong());
  if (!model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())))
    return make_error(ErrorCode::kInternal, "the ONNX file could not be put together");
  return bytes;
}

}  // namespace octet
