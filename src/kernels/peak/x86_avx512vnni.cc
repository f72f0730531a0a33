// SPDX-License-Identifier: Apache-2.0
// Built with -mavx512f -mavx512vnni.
#include <immintrin.h>

#include "kernels/peak/peak.h"

namespace octet {
namespace {

constexpr int kChains = 24;  // as many accumulators as a tile has

// Statements, so that the compiler neither drops nor merges them.
std::uint64_t f32(std::uint64_t n) {
  __m512 acc[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm512_setzero_ps();
    asm("" : "+v"(acc[i]));
  }
  const __m512 a = _mm512_set1_ps(0.5f);
  std::uint64_t done = 0;
  for (; done < n; done += kChains * 16) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) asm volatile("vfmadd231ps %1, %1, %0" : "+v"(acc[i]) : "v"(a));
  }
  return done;
}

std::uint64_t qs8(std::uint64_t n) {
  __m512i acc[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm512_setzero_si512();
    asm("" : "+v"(acc[i]));
  }
  const __m512i bytes = _mm512_set1_epi8(3);
  std::uint64_t done = 0;
  for (; done < n; done += kChains * 64) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) asm volatile("vpdpbusd %1, %1, %0" : "+v"(acc[i]) : "v"(bytes));
  }
  return done;
}

}  // namespace

extern const PeakKernel kPeakAvx512Vnni = {"peak__avx512vnni", Isa::kAvx512Vnni, f32, qs8};

}  // namespace octet
