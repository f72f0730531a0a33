// SPDX-License-Identifier: Apache-2.0
// Reads a TensorFlow model into a Graph: a frozen `.pb` (GraphDef), or the folder of a SavedModel with its variables.
//
// Inputs of a frozen graph are its placeholders, outputs the nodes that nobody reads. Those of a SavedModel are what
// its signature says (serving_default, else the only one), by the names there. Functions are called in place.
#ifndef OCTET_IMPORTERS_TENSORFLOW_TF_IMPORTER_H_
#define OCTET_IMPORTERS_TENSORFLOW_TF_IMPORTER_H_

#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

// Error: kNotFound or kIo for the files; kInvalidModel for content that makes no sense, with the place; kUnsupported
// listing all operators Octet does not have with their nodes' names, or for a feature; kInvalidArgument for input
// shapes that do not fit.
Result<Graph> import_tensorflow(const std::filesystem::path& path, const ImportOptions& options = {});
// A frozen graph in memory.
Result<Graph> import_tensorflow(std::span<const std::byte> bytes, std::string_view file_name,
                                const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_TF_IMPORTER_H_
