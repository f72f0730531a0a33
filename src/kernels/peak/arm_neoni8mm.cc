// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.2 with int8 matrix products.
#include "kernels/peak/arm_neon_peak.h"

namespace octet {
namespace {

struct Smmla {
  static constexpr std::uint64_t kProducts = 32;
  [[gnu::always_inline]] static inline void run(int8x16_t& acc, int8x16_t a) {
    asm volatile("smmla %0.4s, %1.16b, %1.16b" : "+w"(acc) : "w"(a));
  }
};

std::uint64_t qs8(std::uint64_t n) { return repeat<Smmla>(n, vdupq_n_s8(3)); }

}  // namespace

extern const PeakKernel kPeakNeonI8mm = {"peak__neoni8mm", Isa::kNeonI8mm, f32, qs8};

}  // namespace octet
