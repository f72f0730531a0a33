// SPDX-License-Identifier: Apache-2.0
#include "exporters/tflite/tflite_exporter.h"

#include "exporters/tflite/tflite_writer.h"

namespace octet {
namespace {

Result<void> check_tensors(const Graph& graph) {
  constexpr std::uint64_t kMaxBytes = (std::uint64_t{1} << 31) - (1 << 24);
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) {
    bytes += tensor.data.size_bytes();
    if (!is_fixed(tensor.shape) && !is_fixed({tensor.shape.begin() + 1, tensor.shape.end()}))
      return make_error(ErrorCode::kInvalidArgument,
                        "tensor '{}' has a dynamic dimension behind its first, which Octet does not write to a .tflite file: "
                        "fix the inputs with --input-shape \"NAME:1,...\"",
                        tensor.name);
    if (tensor.quant && !tensor.is_constant && is_float(tensor.type))
      return make_error(ErrorCode::kUnsupported,
                        "float tensor '{}' has quantization parameters, which only a .ms file holds: choose "
                        "target_device=CPU for a .tflite file",
                        tensor.name);
    const bool is_corrected = tensor.quant && tensor.quant->corrected();
    if (is_corrected)
      return make_error(
          ErrorCode::kUnsupported,
          "weights '{}' have corrections of mean and variance, which a .tflite file cannot hold: use 8 bits",
          tensor.name);
  }
  if (bytes <= kMaxBytes) return {};
  return make_error(ErrorCode::kInvalidArgument, "the model's tensors have {} bytes, a .tflite file holds at most {}",
                    bytes, kMaxBytes);
}

// All nodes that cannot be written are reported at once.
Result<void> write_nodes(TfliteFile& file) {
  std::vector<std::string> problems;
  for (const Node& node : file.graph().nodes) {
    const WriteTflite write = find_tflite_writer(*node.op);
    if (write == nullptr) {
      problems.push_back(fmt::format("node '{}' ({}): cannot be stored in a .tflite file; a .ms file can hold it",
                                     node.name, node.op->name));
      continue;
    }
    TfliteWriter writer(file, node);
    if (auto written = write(writer); !written) problems.push_back(written.error().message);
  }
  if (problems.empty()) return {};
  return make_error(ErrorCode::kUnsupported, "{}", fmt::join(problems, "\n"));
}

}  // namespace

Result<std::vector<std::byte>> export_tflite(const Graph& graph) {
  OCTET_RETURN_IF_ERROR(check_tensors(graph));
  TfliteFile file(graph);
  OCTET_RETURN_IF_ERROR(write_nodes(file));
  return file.finish();
}

}  // namespace octet
