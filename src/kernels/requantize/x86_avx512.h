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

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_X86_AVX512_H_
