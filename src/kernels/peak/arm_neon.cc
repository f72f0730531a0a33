// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0: two products of bytes in int16, neighbours of them added to int32.
#include "kernels/peak/arm_neon_peak.h"

namespace octet {
namespace {

struct Smull {
  static constexpr std::uint64_t kProducts = 16;
  [[gnu::always_inline]] static inline void run(int8x16_t& acc, int8x16_t a) {
    int16x8_t products;
    asm volatile("smull %0.8h, %1.8b, %1.8b" : "=w"(products) : "w"(a));
    asm volatile("smlal2 %0.8h, %1.16b, %1.16b" : "+w"(products) : "w"(a));
    asm volatile("sadalp %0.4s, %1.8h" : "+w"(acc) : "w"(products));
  }
};

std::uint64_t qs8(std::uint64_t n) { return repeat<Smull>(n, vdupq_n_s8(3)); }

}  // namespace

extern const PeakKernel kPeakNeon = {"peak__neon", Isa::kNeon, f32, qs8};

}  // namespace octet
