// SPDX-License-Identifier: Apache-2.0
// The formats that models are written in.
#ifndef OCTET_API_OUTPUT_FORMAT_H_
#define OCTET_API_OUTPUT_FORMAT_H_

#include <cstddef>
#include <vector>

#include "exporters/ms/ms_exporter.h"
#include "octet/convert.h"

namespace octet {

struct WriteOptions {
  SourceFormat source = SourceFormat::kOnnx;
  MsExportOptions ms;
  std::int64_t onnx_opset = 13;
  bool ascend_nodes = false;  // of ONNX files
};

struct OutputFormat {
  ModelFormat format;
  std::string_view suffix;
  std::string_view input_layout;  // of 4-D graph inputs unless a user says otherwise; empty: as in the source model
  // The prepared graph as the bytes of a file.
  Result<SharedBytes> (*write)(Graph graph, const WriteOptions& options);
};

// What `options` ask for: output_format, else by the suffix of output_file, else .ms. Error: kInvalidArgument for a
// format that Octet only reads.
Result<const OutputFormat*> output_format(const ConvertOptions& options);

// output_file with the format's suffix.
std::string output_path(const ConvertOptions& options, const OutputFormat& format);

}  // namespace octet

#endif  // OCTET_API_OUTPUT_FORMAT_H_
