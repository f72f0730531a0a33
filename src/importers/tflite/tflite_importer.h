// SPDX-License-Identifier: Apache-2.0
// Reads a `.tflite` file into a Graph.
//
// Float models, float16 weights, integer weights with float activations (dequantized: the graph computes in float), and
// fully quantized models, whose parameters are kept. Quantized uint8 tensors become int8 with a zero point lower by
// 128; graph inputs and outputs keep their type, with a quantize node to or from int8 beside them. The first sub-graph
// counts.
#ifndef OCTET_IMPORTERS_TFLITE_TFLITE_IMPORTER_H_
#define OCTET_IMPORTERS_TFLITE_TFLITE_IMPORTER_H_

#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

// Free dimensions have the size that the file gives them first, unless the options say another one.
// Error: kNotFound or kIo for the file; kInvalidModel for content that makes no sense, with the place; kUnsupported
// listing all operators Octet does not have with their nodes' names, or for a feature; kInvalidArgument for input
// shapes that do not fit.
Result<Graph> import_tflite(const std::filesystem::path& path, const ImportOptions& options = {});
Result<Graph> import_tflite(std::span<const std::byte> bytes, std::string_view file_name,
                            const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_TFLITE_TFLITE_IMPORTER_H_
