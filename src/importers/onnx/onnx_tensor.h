// SPDX-License-Identifier: Apache-2.0
// TensorProto -> Tensor: element types, the three ways of storing elements, and files of external data.
#ifndef OCTET_IMPORTERS_ONNX_ONNX_TENSOR_H_
#define OCTET_IMPORTERS_ONNX_ONNX_TENSOR_H_

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "importers/onnx/onnx.pb.h"
#include "ir/tensor.h"

namespace octet {

// float16 and bfloat16 become f32. Error: kUnsupported for other types.
Result<DataType> data_type_from_onnx(std::int32_t onnx_type);
std::string onnx_type_name(std::int32_t onnx_type);  // "FLOAT16", or the number if it has no name

// Files that hold elements of tensors, mapped once each. Copies share them.
class ExternalData {
 public:
  using OnFile = std::function<void(const std::filesystem::path& path)>;
  // Files are looked for in `folder`; none if it is empty. `on_file`, if any, is told of each that is opened.
  explicit ExternalData(std::filesystem::path folder, OnFile on_file = {}) : folder_(std::move(folder)), on_file_(std::move(on_file)) {}

  // Bytes of one of the files.
  struct Part {
    std::shared_ptr<const MappedFile> file;
    std::span<const std::byte> bytes;
  };
  // `length` bytes (all behind `offset` if negative) of the file `location`, a relative path that stays inside the folder,
  // symbolic links followed.
  Result<Part> read(const std::string& location, std::int64_t offset, std::int64_t length);

 private:
  Result<std::shared_ptr<const MappedFile>> open(const std::string& location) const;

  std::filesystem::path folder_;
  OnFile on_file_;
  std::map<std::string, std::shared_ptr<const MappedFile>> files_;
};

// A constant of the tensor's elements, named `name`. Large ones of external data stay in their file (ConstantData). Error: kInvalidModel or kUnsupported naming the tensor.
Result<Tensor> import_tensor(const onnx::TensorProto& proto, std::string_view name, ExternalData& external);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ONNX_TENSOR_H_
