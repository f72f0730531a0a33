// SPDX-License-Identifier: Apache-2.0
// What the public handles hold.
#ifndef OCTET_API_MODEL_IMPL_H_
#define OCTET_API_MODEL_IMPL_H_

#include <cstdint>

#include "ir/graph.h"
#include "octet/model.h"

namespace octet {

struct Model::Impl {
  Graph graph;  // as imported
};

struct ImportedModel {
  Graph graph;
  std::uint64_t file_bytes;  // of all files that hold it
};

// Reads a model file of any format. Error: as Model::load.
Result<ImportedModel> import_model(const std::string& path, const LoadOptions& options);

// The format that the options or the file's name say. Error: kInvalidArgument naming the suffixes that are known.
Result<ModelFormat> model_format(const std::string& path, const LoadOptions& options);

TensorInfo tensor_info(const Tensor& tensor);
ElementType element_type(DataType type);

}  // namespace octet

#endif  // OCTET_API_MODEL_IMPL_H_
