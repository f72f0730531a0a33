// SPDX-License-Identifier: Apache-2.0
// Bytes on vectors of 256 bits, with either encoding of VNNI (kernels/x86_vnni256.h); only for kernel files.
#ifndef OCTET_KERNELS_PEAK_X86_VNNI256_H_
#define OCTET_KERNELS_PEAK_X86_VNNI256_H_

#include "kernels/peak/x86_avx2_f32.h"
#include "kernels/x86_vnni256.h"

namespace octet {
namespace {

template <typename Instructions>
std::uint64_t qs8(std::uint64_t n) {
  __m256i acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) acc[i] = _mm256_setzero_si256();
  const __m256i bytes = _mm256_set1_epi8(3);
  std::uint64_t done = 0;
  for (; done < n; done += kChains * 32) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) acc[i] = Instructions::dot4(acc[i], bytes, bytes);
  }
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) Instructions::keep(acc[i]);  // or the compiler would drop it all
  return done;
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_PEAK_X86_VNNI256_H_
