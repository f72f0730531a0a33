// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.2 with dot products.
#include "kernels/peak/arm_neon_peak.h"

namespace octet {
namespace {

struct Sdot {
  static constexpr std::uint64_t kProducts = 16;
  [[gnu::always_inline]] static inline void run(int8x16_t& acc, int8x16_t a) {
    asm volatile("sdot %0.4s, %1.16b, %1.16b" : "+w"(acc) : "w"(a));
  }
};

std::uint64_t qs8(std::uint64_t n) { return repeat<Sdot>(n, vdupq_n_s8(3)); }

}  // namespace

extern const PeakKernel kPeakNeonDot = {"peak__neondot", Isa::kNeonDot, f32, qs8};

}  // namespace octet
