// SPDX-License-Identifier: Apache-2.0
// Loops of one instruction on registers alone; only for kernel files.
#ifndef OCTET_KERNELS_PEAK_ARM_NEON_PEAK_H_
#define OCTET_KERNELS_PEAK_ARM_NEON_PEAK_H_

#include <arm_neon.h>

#include "kernels/peak/peak.h"

namespace octet {
namespace {

constexpr int kChains = 16;  // as many accumulators as a tile has

// Instruction::run(acc, a) does Instruction::kProducts products and adds them to acc; acc and a are vectors of the same
// type. run is a volatile statement, so that the compiler neither drops nor merges it.
template <typename Instruction, typename Vector>
[[gnu::always_inline]] inline std::uint64_t repeat(std::uint64_t n, Vector a) {
  Vector acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) acc[i] = a;
  std::uint64_t done = 0;
  for (; done < n; done += kChains * Instruction::kProducts) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) Instruction::run(acc[i], a);
  }
  return done;
}

struct Fmla {
  static constexpr std::uint64_t kProducts = 4;
  [[gnu::always_inline]] static inline void run(float32x4_t& acc, float32x4_t a) {
    asm volatile("fmla %0.4s, %1.4s, %1.4s" : "+w"(acc) : "w"(a));
  }
};

std::uint64_t f32(std::uint64_t n) { return repeat<Fmla>(n, vdupq_n_f32(0.5f)); }

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_PEAK_ARM_NEON_PEAK_H_
