// SPDX-License-Identifier: Apache-2.0
// Reads `.ms` files (MSL2), Octet's own and those of MindSpore Lite, docs/formats/ms.md. What comes out:
//
//   - tensors and nodes named as in the file (made unique; graph inputs and outputs keep their names), images NHWC
//   - int8 tensors with their quantization parameters; float tensors without any
//   - halves as float32; weight-only quantized constants dequantized to float32
//   - dimensions of -1 as symbols "<input>.dim<i>", unless ImportOptions::input_shapes fixes them.
//
// Errors: kNotFound, kIo (files); kInvalidModel (no MSL2 file, or one that contradicts itself); kUnsupported (all
// operators we lack, in one message; sub-graphs; packed weights); kInvalidArgument (input_shapes). Messages start with
// the file's name.
#ifndef OCTET_IMPORTERS_MS_MS_IMPORTER_H_
#define OCTET_IMPORTERS_MS_MS_IMPORTER_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

Result<Graph> import_ms(const std::filesystem::path& path, const ImportOptions& options = {});

// The same for a file in memory; `file_name` stands for it in messages.
Result<Graph> import_ms(std::span<const std::byte> bytes, std::string_view file_name,
                        const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_MS_IMPORTER_H_
