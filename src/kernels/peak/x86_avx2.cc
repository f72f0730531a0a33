// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
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

std::uint64_t qs8(std::uint64_t n) {
  __m256i acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm256_setzero_si256();
    asm("" : "+x"(acc[i]));
  }
  const __m256i bytes = _mm256_set1_epi8(3), ones = _mm256_set1_epi16(1);
  std::uint64_t done = 0;
  for (; done < n; done += kChains * 32) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      __m256i products;
      asm volatile("vpmaddubsw %1, %1, %0" : "=x"(products) : "x"(bytes));
      asm volatile("vpmaddwd %1, %0, %0" : "+x"(products) : "x"(ones));
      asm volatile("vpaddd %1, %0, %0" : "+x"(acc[i]) : "x"(products));
    }
  }
  return done;
}

}  // namespace

extern const PeakKernel kPeakAvx2 = {"peak__avx2", Isa::kAvx2, f32, qs8};

}  // namespace octet
