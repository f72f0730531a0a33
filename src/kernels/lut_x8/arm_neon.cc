// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/lut_x8/arm_neon_look_up.h"
#include "kernels/lut_x8/lut_x8.h"

namespace octet {
namespace {

void lut(const LutX8Args& args) {
  const std::uint8_t *src = args.src, *table = args.table;
  std::uint8_t* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  if (n >= 64) {
    const Parts parts = load_parts(table);
    for (; i + 16 <= n; i += 16) vst1q_u8(dst + i, look_up(parts, vld1q_u8(src + i)));
  }
  for (; i < n; ++i) dst[i] = table[src[i]];
}

}  // namespace

extern const LutX8Kernel kLutX8Neon = {"lut_x8_x16__neon", Isa::kNeon, lut};

}  // namespace octet
