// SPDX-License-Identifier: Apache-2.0
// Bytes out of an entropy coder with range variants of asymmetric numeral systems (rANS), several states side by side.
//
// A state x in [2^16, 2^32) gives one symbol and becomes the next state:
//   slot = x mod 2^12,  symbol = the one whose slots [begin, begin + frequency) hold it
//   x = frequency * floor(x / 2^12) + slot - begin,  and while x < 2^16:  x = x * 2^16 + the next word
// Symbol i comes from state i mod lanes; words are taken in the order of the symbols.
// Source: Duda 2013 (arXiv:1311.2540); Giesen 2014, "Interleaved entropy coders" (arXiv:1402.3392).
#ifndef OCTET_KERNELS_RANS_DECODE_RANS_DECODE_H_
#define OCTET_KERNELS_RANS_DECODE_RANS_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"

namespace octet {

inline constexpr int kRansTableLog = 12;
inline constexpr std::size_t kRansTableSize = std::size_t{1} << kRansTableLog;
inline constexpr std::size_t kRansLanes = 32;     // of the vector kernels
inline constexpr std::size_t kRansOverread = 64;  // words behind the last one that may be read, and must exist

// By slot: symbol << 24 | (frequency - 1) << 12 | (slot - begin).
inline constexpr std::uint32_t rans_entry(std::uint32_t symbol, std::uint32_t frequency, std::uint32_t offset) {
  return symbol << 24 | (frequency - 1) << 12 | offset;
}

struct RansDecodeArgs {
  std::size_t n;               // symbols, any number: the first comes from state 0
  std::size_t lanes;           // states: kRansLanes, for the scalar kernel 1 to kRansLanes
  const std::uint32_t* table;  // [kRansTableSize]
  const std::uint16_t* words;  // the next one; kRansOverread words behind `end` can be read, too
  const std::uint16_t* end;
  std::uint32_t* states;  // [lanes]; read and written
  std::uint8_t* dst;      // [n]
};

struct RansDecodeKernel {
  const char* name;
  Isa isa;
  // The next word; null if there were too few, and dst is then meaningless.
  const std::uint16_t* (*decode)(const RansDecodeArgs& args);
};

std::span<const RansDecodeKernel* const> rans_decode_kernels();  // best first, scalar last
const RansDecodeKernel& choose_rans_decode(const CpuFeatures& cpu, std::size_t lanes);

// The scalar kernel, for the symbols that a vector kernel leaves.
const std::uint16_t* rans_decode_tail(const RansDecodeArgs& args);

}  // namespace octet

#endif  // OCTET_KERNELS_RANS_DECODE_RANS_DECODE_H_
