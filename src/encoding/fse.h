// SPDX-License-Identifier: Apache-2.0
// `FSE` and `FSE_INT` of .ms files: codes written by a finite state entropy coder (tANS), bit for bit as MindSpore Lite does.
// All numbers are little endian:
//   u16 number of symbols n, u16 table_log, u32 number of chunks, u32 frequency[n] (their sum is 2^table_log),
//   zeros up to a multiple of 8 bytes, value[n] (FSE: f32 weights, FSE_INT: i32 codes), zeros up to a multiple of 8,
//   u64 chunk[number of chunks], u8 number of bits in the last chunk
// The chunks are one string of bits, the first bit highest; the last chunk's bits are its highest. It is read from its end:
// the state first, then for each weight, the last one first, the bits that lead to the state before.
// `FSE_INFER` is `FSE`, and zeros up to a multiple of 4, u32 number of segments n, u64 end[n] behind it. Segment i ends with
// weight count * (i + 1) / n - 1. Its end says where in the string, and with which state, decoding it may start:
//   chunk (highest 32 bits), state - 2^table_log (16 bits), bits of that chunk that are written (lowest 16 bits)
// Source of the coder: Duda 2013 (arXiv:1311.2540); of its tables and of how frequencies are scaled: files of MindSpore Lite 2.0.0.
#ifndef OCTET_ENCODING_FSE_H_
#define OCTET_ENCODING_FSE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// Weights q * scale + offset as `FSE`. Error: kUnsupported if there are more different codes than the format's tables take.
Result<std::vector<std::byte>> encode_fse(std::span<const std::int16_t> codes, double scale, double offset = 0.0);
// Codes as `FSE_INT`.
Result<std::vector<std::byte>> encode_fse_int(std::span<const std::int16_t> codes);

// Weights as `FSE_INFER` with `segments` >= 1 (1 below kMinSegmentedWeights, as the original has it).
inline constexpr std::size_t kMinSegmentedWeights = 10001;
Result<std::vector<std::byte>> encode_fse_infer(std::span<const std::int16_t> codes, double scale, double offset, std::size_t segments);

// Error: kInvalidModel if the bytes are not `count` values in this form.
Result<std::vector<float>> decode_fse(std::span<const std::byte> bytes, std::size_t count);
// Decodes each segment from its own end. Error: also if segments do not meet.
Result<std::vector<float>> decode_fse_infer(std::span<const std::byte> bytes, std::size_t count);
Result<std::vector<std::int16_t>> decode_fse_int(std::span<const std::byte> bytes, std::size_t count);

}  // namespace octet

#endif  // OCTET_ENCODING_FSE_H_
