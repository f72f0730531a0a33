// SPDX-License-Identifier: Apache-2.0
// Floats on vectors of 256 bits; only for kernel files.
#ifndef OCTET_KERNELS_PEAK_X86_AVX2_F32_H_
#define OCTET_KERNELS_PEAK_X86_AVX2_F32_H_

#include <immintrin.h>

#include "kernels/peak/peak.h"

namespace octet {
namespace {

constexpr int kChains = 12;  // as many accumulators as a tile has

// Statements, so that the compiler neither drops nor merges them.
std::uint64_t f32(std::uint64_t n) {
  __m256 acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm256_setzero_ps();
    asm("" : "+x"(acc[i]));
  }
  const __m256 a = _mm256_set1_ps(0.5f);
  std::uint64_t done = 0;
  for (; done < n; done += kChains * 8) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) asm volatile("vfmadd231ps %1, %1, %0" : "+x"(acc[i]) : "x"(a));
  }
  return done;
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_PEAK_X86_AVX2_F32_H_
