// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/peak/x86_avx2_f32.h"

namespace octet {
namespace {

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
