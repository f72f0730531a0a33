// SPDX-License-Identifier: Apache-2.0
#include "api/output_format.h"

#include <algorithm>

#include "base/log.h"
#include "exporters/ms/runtime_support.h"
#include "exporters/onnx/onnx_exporter.h"
#include "exporters/tflite/tflite_exporter.h"
#include "ir/verifier.h"
#include "passes/passes.h"

namespace octet {
namespace {

Result<SharedBytes> write_ms(Graph graph, const WriteOptions& options) {
  for (const RuntimeGap& gap : find_mindspore_gaps(graph))
    OCTET_LOG(kWarning,
              "node '{}' ({}): Octet runs it in int8; in MindSpore Lite's runtime it {}. To keep it float: "
              "skip_quant_type={}",
              gap.node, gap.op, gap.reason, gap.op);
  return export_ms(std::move(graph), options.source, options.ms);
}

Result<SharedBytes> write_onnx(Graph graph, const WriteOptions& options) {
  for (const auto pass : {convert_layout_to_nchw, cancel_transposes, merge_reshapes, remove_dead}) {
    if (auto done = pass(graph); !done) return std::move(done).error();
  }
  OCTET_RETURN_IF_ERROR(verify(graph));
  OCTET_ASSIGN_OR_RETURN(std::vector<std::byte> bytes, export_onnx(graph, {.opset = options.onnx_opset, .ascend_nodes = options.ascend_nodes}));
  return SharedBytes(std::move(bytes));
}

Result<SharedBytes> write_tflite(Graph graph, const WriteOptions&) {
  OCTET_ASSIGN_OR_RETURN(std::vector<std::byte> bytes, export_tflite(graph));
  return SharedBytes(std::move(bytes));
}

// A new format is a new line.
constexpr OutputFormat kFormats[] = {
    {ModelFormat::kMs, ".ms", "NHWC", write_ms},
    {ModelFormat::kOnnx, ".onnx", "", write_onnx},
    {ModelFormat::kTflite, ".tflite", "NHWC", write_tflite},
};

}  // namespace

Result<const OutputFormat*> output_format(const ConvertOptions& options) {
  for (const OutputFormat& format : kFormats) {
    const bool is_asked = options.output_format == ModelFormat::kAuto ? options.output_file.ends_with(format.suffix)
                                                                      : options.output_format == format.format;
    if (is_asked) return &format;
  }
  if (options.output_format == ModelFormat::kAuto) return &kFormats[0];
  return make_error(ErrorCode::kInvalidArgument,
                    "{}: Octet does not write this format; it writes .ms, .onnx and .tflite", options.output_file);
}

std::string output_path(const ConvertOptions& options, const OutputFormat& format) {
  return options.output_file.ends_with(format.suffix) ? options.output_file
                                                      : fmt::format("{}{}", options.output_file, format.suffix);
}

}  // namespace octet
