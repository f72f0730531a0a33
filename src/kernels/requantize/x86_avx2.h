// SPDX-License-Identifier: Apache-2.0
// requantize.h for vectors of AVX2 and FMA; only for kernel files built for them.
#ifndef OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_
#define OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_

#include <immintrin.h>

#include "kernels/requantize/requantize.h"

namespace octet {
namespace {

// The constants of one output tensor.
struct Requantize {
  __m256 lo, hi;
  __m256i zero_point;

  explicit Requantize(const Qs8Output& output)
      : lo(_mm256_set1_ps(static_cast<float>(output.lo - output.zero_point))),
        hi(_mm256_set1_ps(static_cast<float>(output.hi - output.zero_point))),
        zero_point(_mm256_set1_epi16(static_cast<short>(output.zero_point))) {}

  // Rounded, without the zero point. Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  __m256i rounded(__m256i acc, __m256 scale, __m256 offset) const {
    const __m256 value = _mm256_cvtepi32_ps(acc);
    const __m256 sign = _mm256_and_ps(value, _mm256_set1_ps(-0.0f));
    const __m256 scaled = _mm256_fmadd_ps(value, scale, _mm256_or_ps(sign, offset));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(scaled, lo), hi));
  }

  // Bytes 0-3 and 8-11 of acc0, 4-7 and 12-15 of acc1: accumulators stand in the order that packing puts straight.
  __m128i bytes(__m256i acc0, __m256i acc1, const __m256 (&scale)[2], const __m256 (&offset)[2]) const {
    const __m256i q0 = rounded(acc0, scale[0], offset[0]), q1 = rounded(acc1, scale[1], offset[1]);
    const __m256i words = _mm256_add_epi16(_mm256_packs_epi32(q0, q1), zero_point);
    return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_
