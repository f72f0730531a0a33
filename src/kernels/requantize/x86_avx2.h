// SPDX-License-Identifier: Apache-2.0
// requantize.h for vectors of AVX2 and FMA; only for kernel files built for them.
#ifndef OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_
#define OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_

#include "kernels/requantize/requantize.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

// Products of scales up to this and any accumulator stay within int32, with the offset: vcvtps2dq needs no clamp.
constexpr float kMaxUnclampedScale = 0.5f;

// The constants of one output tensor.
struct Requantize {
  __m256 lo, hi;
  __m256i zero_point;
  __m128i lo_bytes, hi_bytes;
  // Values below zero become the zero point (ReLU): their offset may be that of values above.
  bool is_one_sided;

  explicit Requantize(const Qs8Output& output)
      : lo(_mm256_set1_ps(static_cast<float>(output.lo - output.zero_point))),
        hi(_mm256_set1_ps(static_cast<float>(output.hi - output.zero_point))),
        zero_point(_mm256_set1_epi16(static_cast<short>(output.zero_point))),
        lo_bytes(_mm_set1_epi8(static_cast<char>(output.lo))),
        hi_bytes(_mm_set1_epi8(static_cast<char>(output.hi))),
        is_one_sided(output.lo >= output.zero_point) {}

  // Rounded, without the zero point. Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  __m256i rounded(__m256i acc, __m256 scale, __m256 offset) const {
    const __m256 value = _mm256_cvtepi32_ps(acc);
    const __m256 sign = _mm256_and_ps(value, _mm256_set1_ps(-0.0f));
    const __m256 scaled = _mm256_fmadd_ps(value, scale, _mm256_or_ps(sign, offset));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(scaled, lo), hi));
  }

  // The same where all scales are at most kMaxUnclampedScale; clamp() then bounds the bytes.
  template <bool kOneSided>
  __m256i rounded_unclamped(__m256i acc, __m256 scale, __m256 offset) const {
    const __m256 value = _mm256_cvtepi32_ps(acc);
    if constexpr (!kOneSided) offset = _mm256_or_ps(_mm256_and_ps(value, _mm256_set1_ps(-0.0f)), offset);
    return _mm256_cvtps_epi32(_mm256_fmadd_ps(value, scale, offset));
  }

  // Bytes 0-3 and 8-11 of acc0, 4-7 and 12-15 of acc1: accumulators stand in the order that packing puts straight.
  __m128i bytes(__m256i acc0, __m256i acc1, const __m256 (&scale)[2], const __m256 (&offset)[2]) const {
    return narrow(rounded(acc0, scale[0], offset[0]), rounded(acc1, scale[1], offset[1]));
  }
  template <bool kOneSided>
  __m128i bytes_unclamped(__m256i acc0, __m256i acc1, const __m256 (&scale)[2], const __m256 (&offset)[2]) const {
    return clamp(narrow(rounded_unclamped<kOneSided>(acc0, scale[0], offset[0]),
                        rounded_unclamped<kOneSided>(acc1, scale[1], offset[1])));
  }

  // Adds the zero point and narrows with saturation.
  __m128i narrow(__m256i q0, __m256i q1) const {
    const __m256i words = _mm256_adds_epi16(_mm256_packs_epi32(q0, q1), zero_point);
    return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  }
  __m128i clamp(__m128i bytes) const { return _mm_min_epi8(_mm_max_epi8(bytes, lo_bytes), hi_bytes); }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_X86_AVX2_H_
