// SPDX-License-Identifier: Apache-2.0
// Reads Caffe models: a network as text (.prototxt) and its weights (.caffemodel), in the forms of all years.
//
// The network of phase TEST is imported. Inputs are `input` fields and Input layers; four-dimensional graph inputs and
// outputs get Layout::kNchw. Shapes are fixed; options.input_shapes replaces those of the file, and may turn a top of a
// data layer into a graph input. Losses and accuracies are left out with a warning, and what they read becomes an
// output: outputs are the blobs that no layer reads, in the order in which they are made.
//
// Errors: kNotFound, kIo (files); kInvalidModel (a file contradicts itself, or weights do not fit the network);
// kUnsupported (all layer types we lack, in one message; a field we do not know); kInvalidArgument (input_shapes).
// Messages start with the network's file name.
#ifndef OCTET_IMPORTERS_CAFFE_CAFFE_IMPORTER_H_
#define OCTET_IMPORTERS_CAFFE_CAFFE_IMPORTER_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "importers/builder.h"

namespace octet {

Result<Graph> import_caffe(const std::filesystem::path& prototxt, const std::filesystem::path& caffemodel,
                           const ImportOptions& options = {});

// The same for files in memory; `name` stands for the file in messages.
struct NamedBytes {
  std::string_view name;
  std::span<const std::byte> bytes;
};
Result<Graph> import_caffe(const NamedBytes& prototxt, const NamedBytes& caffemodel, const ImportOptions& options = {});

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_CAFFE_IMPORTER_H_
