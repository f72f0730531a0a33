// SPDX-License-Identifier: Apache-2.0
// requantize.h for vectors of AVX-512; only for kernel files built for it.
#ifndef OCTET_KERNELS_REQUANTIZE_X86_AVX512_H_
#define OCTET_KERNELS_REQUANTIZE_X86_AVX512_H_

#include "kernels/requantize/requantize.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

// The constants of one output tensor.
struct Requantize {
  __m512 lo, hi;

  explicit Requantize(const Qs8Output& output)
      : lo(_mm512_set1_ps(static_cast<float>(output.lo - output.zero_point))),
        hi(_mm512_set1_ps(static_cast<float>(output.hi - output.zero_point))) {}

  // Rounded, without the zero point. Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  __m512i rounded(__m512i acc, __m512 scale, __m512 offset) const {
    const __m512 value = _mm512_cvtepi32_ps(acc);
    const __m512i sign = _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(INT32_MIN));
    const __m512 signed_offset = _mm512_castsi512_ps(_mm512_or_si512(sign, _mm512_castps_si512(offset)));
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(_mm512_fmadd_ps(value, scale, signed_offset), lo), hi));
  }
};

// The same for four vectors at a time, that become 64 bytes.
struct RequantizeBytes {
  __m512i zero_point;  // words
  __m512i lo, hi;      // bytes
  __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

  explicit RequantizeBytes(const Qs8Output& output)
      : zero_point(_mm512_set1_epi16(static_cast<short>(output.zero_point))),
        lo(_mm512_set1_epi8(static_cast<char>(output.lo))),
        hi(_mm512_set1_epi8(static_cast<char>(output.hi))) {}

  // Rounded, without the zero point. kScalesAreAtMostHalf: no product reaches 2^31, from where on vcvtps2dq gives INT32_MIN.
  template <bool kScalesAreAtMostHalf>
  static __m512i rounded(__m512i acc, __m512 scale, __m512 offset) {
    constexpr int kBitsOfFirstWhereThirdElseSecond = 0xE4;
    const __m512i signed_offset = _mm512_ternarylogic_epi32(acc, _mm512_castps_si512(offset), _mm512_set1_epi32(INT32_MIN),
                                                            kBitsOfFirstWhereThirdElseSecond);
    __m512 scaled = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, _mm512_castsi512_ps(signed_offset));
    if constexpr (!kScalesAreAtMostHalf) scaled = _mm512_min_ps(scaled, _mm512_set1_ps(65536.0f));
    return _mm512_cvtps_epi32(scaled);
  }

  // The 16 bytes of a, then those of b, c and d. Saturation at each step, so that the bounds may come last.
  __m512i bytes(__m512i a, __m512i b, __m512i c, __m512i d) const {
    const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero_point);
    const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero_point);
    const __m512i clamped = _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(first, second), lo), hi);
    return _mm512_permutexvar_epi32(order, clamped);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_X86_AVX512_H_
