// SPDX-License-Identifier: Apache-2.0
#include "encoding/indexing.h"

#include "base/error.h"
#include "encoding/code_set.h"

namespace octet {

std::size_t indexing_bytes(std::span<const std::int16_t> codes, int bits) {
  const std::size_t num_codes = CodeSet::of(codes).codes.size();
  const std::size_t num_bits = static_cast<std::size_t>(bits) * (1 + num_codes) + codes.size() * static_cast<std::size_t>(bits_to_index(num_codes));
  return (num_bits + 7) / 8;
}

std::vector<std::byte> encode_indexing(std::span<const std::int16_t> codes, int bits) {
  const CodeSet set = CodeSet::of(codes);
  BitWriter writer;
  write_code_set(set.codes, bits, writer);
  const int index_bits = bits_to_index(set.codes.size());
  for (const std::int16_t code : codes) writer.write(set.place_of(code), index_bits);
  return writer.take();
}

Result<std::vector<std::int16_t>> decode_indexing(std::span<const std::byte> bytes, int bits, std::size_t count) {
  BitReader reader(bytes);
  OCTET_ASSIGN_OR_RETURN(const auto codes, read_code_set(reader, bits));
  const int index_bits = bits_to_index(codes.size());
  if (index_bits > 0 && reader.bits_left() / static_cast<std::size_t>(index_bits) < count)
    return make_error(ErrorCode::kInvalidModel, "has {} bytes, which end before the last of {} codes", bytes.size(), count);
  std::vector<std::int16_t> result(count);
  for (std::int16_t& code : result) {
    const std::size_t place = reader.read(index_bits);
    if (place >= codes.size()) return make_error(ErrorCode::kInvalidModel, "names code {} of {}", place, codes.size());
    code = codes[place];
  }
  return result;
}

}  // namespace octet
