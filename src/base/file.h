// SPDX-License-Identifier: Apache-2.0
// Reading whole files without copying them, and writing files that appear whole or not at all.
#ifndef OCTET_BASE_FILE_H_
#define OCTET_BASE_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "octet/result.h"

namespace octet {

// A file mapped read-only into memory for the life of the object. An empty file is an empty span.
class MappedFile {
 public:
  // Error: kNotFound if there is no such file, kIo if it is not a regular file or cannot be read.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  // Pages of `part` leave memory; they are read again where they are touched.
  void forget(std::span<const std::byte> part) const;
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// Writes `bytes` to a temporary file beside `path` and renames it: a reader never sees half a file, and a failure leaves
// whatever was there before. Permissions follow the umask. Error: kIo with the system's reason.
Result<void> write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace octet

#endif  // OCTET_BASE_FILE_H_
