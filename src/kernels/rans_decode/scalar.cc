// SPDX-License-Identifier: Apache-2.0
#include "kernels/rans_decode/rans_decode.h"

namespace octet {
namespace {

const std::uint16_t* decode(const RansDecodeArgs& a) {
  const std::uint16_t* words = a.words;
  for (std::size_t i = 0; i < a.n; i += a.lanes) {
    const std::size_t lanes = a.n - i < a.lanes ? a.n - i : a.lanes;
    for (std::size_t l = 0; l < lanes; ++l) {
      const std::uint32_t entry = a.table[a.states[l] & (kRansTableSize - 1)];
      std::uint32_t x = ((entry >> 12 & 0xfff) + 1) * (a.states[l] >> kRansTableLog) + (entry & 0xfff);
      if (x < 1u << 16) x = x << 16 | *words++;
      a.states[l] = x;
      a.dst[i + l] = static_cast<std::uint8_t>(entry >> 24);
    }
    if (words > a.end) return nullptr;  // at most `lanes` words too far, which exist
  }
  return words;
}

}  // namespace

const std::uint16_t* rans_decode_tail(const RansDecodeArgs& args) { return decode(args); }

extern const RansDecodeKernel kRansDecodeScalar;
const RansDecodeKernel kRansDecodeScalar = {"rans_decode__scalar", Isa::kScalar, decode};

}  // namespace octet
