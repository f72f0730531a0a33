// SPDX-License-Identifier: Apache-2.0
#include "kernels/lut_x8/lut_x8.h"

namespace octet {
namespace {

void lut(const LutX8Args& args) {
  const std::uint8_t* src = args.src;
  const std::uint8_t* table = args.table;
  std::uint8_t* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  // Loads before stores: bytes may alias anything, so the compiler cannot reorder them.
  for (; i + 4 <= n; i += 4) {
    const std::uint8_t x0 = src[i], x1 = src[i + 1], x2 = src[i + 2], x3 = src[i + 3];
    const std::uint8_t y0 = table[x0], y1 = table[x1], y2 = table[x2], y3 = table[x3];
    dst[i] = y0;
    dst[i + 1] = y1;
    dst[i + 2] = y2;
    dst[i + 3] = y3;
  }
  for (; i < n; ++i) dst[i] = table[src[i]];
}

}  // namespace

extern const LutX8Kernel kLutX8Scalar = {"lut_x8_x4__scalar", Isa::kScalar, lut};

}  // namespace octet
