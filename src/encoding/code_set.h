// SPDX-License-Identifier: Apache-2.0
// The different codes of a tensor, which the index and sparse encodings write first.
#ifndef OCTET_ENCODING_CODE_SET_H_
#define OCTET_ENCODING_CODE_SET_H_

#include <cstdint>
#include <span>
#include <vector>

#include "encoding/bit_string.h"
#include "octet/result.h"

namespace octet {

struct CodeSet {
  std::vector<std::int16_t> codes;   // ascending
  std::vector<std::uint16_t> place;  // of each of the 65,536 possible codes, by code + 32768; meaningless for absent ones

  static CodeSet of(std::span<const std::int16_t> codes);
  std::uint16_t place_of(std::int16_t code) const { return place[static_cast<std::size_t>(code + 32768)]; }
};

// The number of codes in `bits` bits (2^bits as 0), then the codes as q + 2^(bits - 1).
void write_code_set(const std::vector<std::int16_t>& codes, int bits, BitWriter& writer);
// Error: kInvalidModel if the string ends too soon.
Result<std::vector<std::int16_t>> read_code_set(BitReader& reader, int bits);

}  // namespace octet

#endif  // OCTET_ENCODING_CODE_SET_H_
