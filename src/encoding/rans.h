// SPDX-License-Identifier: Apache-2.0
// Octet's own encoding of int8 weights: rANS (kernels/rans_decode) with one of up to 16 models of frequencies for each channel.
// All numbers are little endian:
//   u8 version 1, u8 log2 of the number of states, u8 number of models, u8 0, u32 bytes of the bit string
//   a bit string (bit_string.h): the models, then for each channel its model (ceil(log2(models)) bits)
//   u32 state[], u16 words to the end
// A model: the least and the largest code as q + 128 (8 bits each), then the frequency of each code between them, of a sum of
// 4096, as its difference from the one before (the first: from 4096 / number of codes), folded (0, -1, 1, -2, ...), in a
// Golomb-Rice code whose parameter is half the bits of the frequency before.
// The weights are in the order of the models and, within a model, of the channels.
#ifndef OCTET_ENCODING_RANS_H_
#define OCTET_ENCODING_RANS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// A tensor [outer, channels, inner].
struct RansShape {
  std::size_t outer, channels, inner;
  std::size_t count() const { return outer * channels * inner; }
};

// Error: kUnsupported if there is nothing to encode.
Result<std::vector<std::byte>> encode_rans(std::span<const std::int8_t> codes, const RansShape& shape);

// Error: kInvalidModel if the bytes are not `shape.count()` codes in this form. `codes` has that many; after an error they mean
// nothing.
Result<void> decode_rans(std::span<const std::byte> bytes, const RansShape& shape, std::span<std::int8_t> codes);
Result<std::vector<std::int8_t>> decode_rans(std::span<const std::byte> bytes, const RansShape& shape);

}  // namespace octet

#endif  // OCTET_ENCODING_RANS_H_
