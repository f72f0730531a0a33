// SPDX-License-Identifier: Apache-2.0
// Reads ONNX models. https://onnx.ai/onnx/repo-docs/IR.html
//
// Opsets 7 to 23 of the standard operators (domain "" or "ai.onnx"); float graphs. float16 and bfloat16 become float32.
// Four-dimensional graph inputs and outputs get Layout::kNchw. Dimensions with a name become symbols of the graph, nameless
// ones a symbol each; options.input_shapes fixes them.
//
// Errors: kNotFound, kIo (files); kInvalidModel (the file contradicts itself or the specification); kUnsupported (all
// operators we lack, in one message); kInvalidArgument (input_shapes). Messages start with the model's name.
#ifndef OCTET_IMPORTERS_ONNX_ONNX_IMPORTER_H_
#define OCTET_IMPORTERS_ONNX_ONNX_IMPORTER_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

Result<Graph> import_onnx(const std::filesystem::path& path, const ImportOptions& options = {});

// The same for a model in memory; `name` stands for it in messages. External data is read from
// `folder_of_external_data` and nowhere else; if that is empty, external data is an error.
Result<Graph> import_onnx(std::span<const std::byte> bytes, std::string_view name,
                          const std::filesystem::path& folder_of_external_data, const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ONNX_IMPORTER_H_
