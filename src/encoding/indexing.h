// SPDX-License-Identifier: Apache-2.0
// `INDEXING` of .ms files, a bit string (bit_string.h):
//   the number of different codes (`bits` bits; 2^bits is written as 0), these codes in ascending order as q + 2^(bits - 1)
//   (`bits` bits each), and for each weight the place of its code among them (ceil(log2(number)) bits)
#ifndef OCTET_ENCODING_INDEXING_H_
#define OCTET_ENCODING_INDEXING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// Bytes that encode_indexing() gives.
std::size_t indexing_bytes(std::span<const std::int16_t> codes, int bits);

// Codes in [-2^(bits-1), 2^(bits-1)), bits in 1..16.
std::vector<std::byte> encode_indexing(std::span<const std::int16_t> codes, int bits);

// Error: kInvalidModel if the bytes are not `count` codes in this form.
Result<std::vector<std::int16_t>> decode_indexing(std::span<const std::byte> bytes, int bits, std::size_t count);

}  // namespace octet

#endif  // OCTET_ENCODING_INDEXING_H_
