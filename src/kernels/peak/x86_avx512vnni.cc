// SPDX-License-Identifier: Apache-2.0
// Built with -mavx512f -mavx512vnni.
#include "kernels/peak/x86_avx512_f32.h"

namespace octet {
namespace {

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
