// SPDX-License-Identifier: Apache-2.0
// Reads a `.mindir` file of MindSpore into a Graph. Names are without the graph's own in front of them; nodes have the
// full names of MindSpore ("Default/conv-Conv2d/Conv2D-op0").
#ifndef OCTET_IMPORTERS_MINDIR_MINDIR_IMPORTER_H_
#define OCTET_IMPORTERS_MINDIR_MINDIR_IMPORTER_H_

#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

// Error: kNotFound or kIo for the file; kInvalidModel for content that makes no sense, with the place; kUnsupported
// listing all operators Octet does not have with their nodes' names, or for a feature; kInvalidArgument for input
// shapes that do not fit.
Result<Graph> import_mindir(const std::filesystem::path& path, const ImportOptions& options = {});
Result<Graph> import_mindir(std::span<const std::byte> bytes, std::string_view file_name,
                            const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_MINDIR_MINDIR_IMPORTER_H_
