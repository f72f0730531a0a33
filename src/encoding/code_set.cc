// SPDX-License-Identifier: Apache-2.0
#include "encoding/code_set.h"

#include "base/error.h"

namespace octet {

CodeSet CodeSet::of(std::span<const std::int16_t> codes) {
  CodeSet set;
  std::vector<bool> present(65536, false);
  for (const std::int16_t code : codes) present[static_cast<std::size_t>(code + 32768)] = true;
  set.place.resize(present.size());
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!present[i]) continue;
    set.place[i] = static_cast<std::uint16_t>(set.codes.size());
    set.codes.push_back(static_cast<std::int16_t>(static_cast<std::int32_t>(i) - 32768));
  }
  return set;
}

void write_code_set(const std::vector<std::int16_t>& codes, int bits, BitWriter& writer) {
  writer.write(static_cast<std::uint32_t>(codes.size()), bits);
  for (const std::int16_t code : codes) writer.write(static_cast<std::uint32_t>(code + (1 << (bits - 1))), bits);
}

Result<std::vector<std::int16_t>> read_code_set(BitReader& reader, int bits) {
  if (bits < 1 || bits > 16) return make_error(ErrorCode::kInvalidModel, "has codes of {} bits, expected 1 to 16", bits);
  if (reader.bits_left() < static_cast<std::size_t>(bits)) return make_error(ErrorCode::kInvalidModel, "ends before its codes");
  std::size_t count = reader.read(bits);
  if (count == 0) count = std::size_t{1} << bits;
  if (reader.bits_left() / static_cast<std::size_t>(bits) < count)
    return make_error(ErrorCode::kInvalidModel, "ends within its {} different codes", count);
  std::vector<std::int16_t> codes(count);
  for (std::int16_t& code : codes) code = static_cast<std::int16_t>(static_cast<std::int32_t>(reader.read(bits)) - (1 << (bits - 1)));
  return codes;
}

}  // namespace octet
