// SPDX-License-Identifier: Apache-2.0
// A checkpoint of TensorFlow: `PREFIX.index`, a sorted table of names in LevelDB's table format, and
// `PREFIX.data-00000-of-00001` and so on with the tensors' bytes.
//
// The index ends in a footer of 48 bytes: the places of two blocks (varints: metaindex, index), zeros, and the magic
// number. The index block's values are places of data blocks. A block is a list of entries that share the beginnings of
// their keys (shared length, length of the rest, length of the value: varints), then restart positions and their
// number, one byte that says how it is compressed, and a checksum. Source: LevelDB's doc/table_format.md; TensorFlow's
// tensor_bundle.
#ifndef OCTET_IMPORTERS_TENSORFLOW_TENSOR_BUNDLE_H_
#define OCTET_IMPORTERS_TENSORFLOW_TENSOR_BUNDLE_H_

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "ir/tensor.h"

namespace octet {

// Entries of a table in order. Error: kInvalidModel if the bytes are damaged, kUnsupported for compressed blocks.
Result<std::vector<std::pair<std::string, std::string>>> read_sorted_table(std::span<const std::byte> bytes);

// CRC-32C (Castagnoli), and the form in which TensorFlow stores it.
std::uint32_t crc32c(std::span<const std::byte> bytes);
std::uint32_t masked_crc32c(std::span<const std::byte> bytes);

class TensorBundle {
 public:
  // Error: kNotFound or kIo for the files, as read_sorted_table() for their content.
  static Result<TensorBundle> open(const std::filesystem::path& prefix);

  bool has(const std::string& key) const { return entries_.count(key) > 0; }
  // The variable as a constant named `name`. Error: kNotFound, kInvalidModel if shape, size or checksum do not fit.
  Result<Tensor> read(const std::string& key, std::string name) const;

 private:
  std::map<std::string, std::string> entries_;  // serialized, by key
  std::vector<MappedFile> shards_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_TENSOR_BUNDLE_H_
