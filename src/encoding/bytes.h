// SPDX-License-Identifier: Apache-2.0
// Numbers in coded bytes, little-endian as the machine.
#ifndef OCTET_ENCODING_BYTES_H_
#define OCTET_ENCODING_BYTES_H_

#include <cstddef>
#include <cstring>
#include <vector>

namespace octet {

template <typename T>
void append_bytes(std::vector<std::byte>& bytes, T value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

// Reads sizeof(T) bytes, wherever they lie.
template <typename T>
T load_bytes(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

}  // namespace octet

#endif  // OCTET_ENCODING_BYTES_H_
