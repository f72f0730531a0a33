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

// The same for 64 accumulators at once: packing with saturation takes the place of clamping each.
struct RequantizeBytes {
  __m512i zero_point, lo, hi;
  bool clamps;  // lo and hi are more than what saturation does

  explicit RequantizeBytes(const Qs8Output& output)
      : zero_point(_mm512_set1_epi16(static_cast<short>(output.zero_point))),
        lo(_mm512_set1_epi8(static_cast<char>(output.lo))),
        hi(_mm512_set1_epi8(static_cast<char>(output.hi))),
        clamps(output.lo != -128 || output.hi != 127) {}

  // Results below the zero point are clamped away, as ReLU does: then the offset needs no sign, as a negative product
  // plus an offset that is no larger than the scale stays at 0 or below.
  static bool is_positive(const Qs8Output& output) { return output.lo >= output.zero_point; }

  // kAnyScale: also scales of 1 and more, whose products may be too large for vcvtps2dq, which then gives INT32_MIN.
  template <bool kPositive, bool kAnyScale = false>
  static __m512i rounded(__m512i acc, __m512 scale, __m512 offset) {
    __m512 addend = offset;
    if constexpr (!kPositive) {
      constexpr int kFirstAndThirdOrSecond = 0xEC;
      addend = _mm512_castsi512_ps(
          _mm512_ternarylogic_epi32(acc, _mm512_castps_si512(offset), _mm512_set1_epi32(INT32_MIN), kFirstAndThirdOrSecond));
    }
    __m512 scaled = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, addend);
    if constexpr (kAnyScale) scaled = _mm512_min_ps(scaled, _mm512_set1_ps(65536.0f));
    return _mm512_cvtps_epi32(scaled);
  }

  // Of what rounded() gives; byte 16 * L + 4 * i + e is element 4 * L + e of the i-th.
  __m512i bytes(__m512i q0, __m512i q1, __m512i q2, __m512i q3) const {
    const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(q0, q1), zero_point);
    const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(q2, q3), zero_point);
    const __m512i packed = _mm512_packs_epi16(low, high);
    return clamps ? _mm512_min_epi8(_mm512_max_epi8(packed, lo), hi) : packed;
  }

  // The same in order: all bytes of q0, then those of q1, q2 and q3.
  __m512i bytes_in_order(__m512i q0, __m512i q1, __m512i q2, __m512i q3) const {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, bytes(q0, q1, q2, q3));
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_X86_AVX512_H_
