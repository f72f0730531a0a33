// SPDX-License-Identifier: Apache-2.0
// `BITPACKING` of .ms files: each code q as the number q + 2^(bits - 1) in `bits` bits, the lowest bit first, one behind the
// other from the lowest bit of the first byte on. Below 8 bits the stream is filled up to whole bytes, above to whole
// 16-bit words (little endian).
#ifndef OCTET_ENCODING_BIT_PACKING_H_
#define OCTET_ENCODING_BIT_PACKING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// Bytes of `count` codes.
std::size_t packed_bits_size(std::size_t count, int bits);

// Codes in [-2^(bits-1), 2^(bits-1)), bits in 1..16.
std::vector<std::byte> pack_bits(std::span<const std::int16_t> codes, int bits);

// Error: kInvalidModel unless there are as many bytes as `count` codes need.
Result<std::vector<std::int16_t>> unpack_bits(std::span<const std::byte> bytes, int bits, std::size_t count);

}  // namespace octet

#endif  // OCTET_ENCODING_BIT_PACKING_H_
