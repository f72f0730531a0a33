// SPDX-License-Identifier: Apache-2.0
// A table of 256 bytes without branch and gather, in the scheme of XNNPACK's x8-lut kernels: 16 shuffles for 32 values.
// Only for files built with -mavx2.
//
// vpshufb takes the low four bits of an index, and gives 0 if its top bit is set. The index goes down by 16 from step
// to step. One below 128 in sixteenth h = index / 16 is looked up in steps 0 to h and then has its top bit set; one
// above is looked up in steps h - 7 to h. With d[t] = entries[t] ^ entries[t - 1] of 16 entries each, steps 0 to h must
// leave d[0] ^ ... ^ d[h] = entries[h]: step t looks up d[t], and from 8 on also d[t - 8], which stands for the steps
// left out.
#ifndef OCTET_KERNELS_LUT_X8_X86_AVX2_LOOK_UP_H_
#define OCTET_KERNELS_LUT_X8_X86_AVX2_LOOK_UP_H_

#include <immintrin.h>

#include <cstdint>

namespace octet {
namespace {

constexpr int kParts = 16;

struct Parts {
  __m256i part[kParts];
};

Parts load_parts(const std::uint8_t* table) {
  Parts parts;
  __m256i plain[kParts];
  for (int t = 0; t < kParts; ++t) {
    plain[t] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * t)));
  }
  parts.part[0] = plain[0];
  for (int t = 1; t < kParts; ++t) parts.part[t] = _mm256_xor_si256(plain[t], plain[t - 1]);
  for (int t = 8; t < kParts; ++t) parts.part[t] = _mm256_xor_si256(parts.part[t], parts.part[t - 8]);
  return parts;
}

__m256i look_up(const Parts& parts, __m256i index) {
  const __m256i sixteen = _mm256_set1_epi8(16);
  __m256i result = _mm256_shuffle_epi8(parts.part[0], index);
  for (int t = 1; t <= 8; ++t) {
    index = _mm256_sub_epi8(index, sixteen);
    result = _mm256_xor_si256(result, _mm256_shuffle_epi8(parts.part[t], index));
  }
  for (int t = 9; t < kParts; ++t) {
    // Saturating: an index that has gone below 0 must not come round to 127.
    index = _mm256_subs_epi8(index, sixteen);
    result = _mm256_xor_si256(result, _mm256_shuffle_epi8(parts.part[t], index));
  }
  return result;
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_LUT_X8_X86_AVX2_LOOK_UP_H_
