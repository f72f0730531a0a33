// SPDX-License-Identifier: Apache-2.0
// `SPARSE` of .ms files, a bit string (bit_string.h) for weights most of which are zero, that is, equal to their zero point:
//   width of the gaps (8 bits), number of entries (32), the different codes of the entries as in indexing.h, the place of each
//   entry's code among them (ceil(log2(number)) bits each), and each entry's gap (`width` bits): zeros since the entry
//   before it. A gap too wide for its bits is split by entries that are themselves zero.
#ifndef OCTET_ENCODING_SPARSE_H_
#define OCTET_ENCODING_SPARSE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// What counts as zero: one zero point, or one for each run of `run` codes, in turn.
struct SparseZeros {
  std::span<const std::int32_t> zero_points;
  std::size_t run;  // > 0

  std::int16_t at(std::size_t i) const { return static_cast<std::int16_t>(zero_points[i / run % zero_points.size()]); }
};

// Bytes that encode_sparse() gives.
std::size_t sparse_bytes(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros);

// Codes in [-2^(bits-1), 2^(bits-1)), bits in 1..16. The width of the gaps is the one in 2..10 that gives the fewest bits.
std::vector<std::byte> encode_sparse(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros);

// Error: kInvalidModel if the bytes are not `count` codes in this form.
Result<std::vector<std::int16_t>> decode_sparse(std::span<const std::byte> bytes, int bits, std::size_t count, const SparseZeros& zeros);

}  // namespace octet

#endif  // OCTET_ENCODING_SPARSE_H_
