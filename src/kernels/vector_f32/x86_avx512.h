// SPDX-License-Identifier: Apache-2.0
// vector_f32/scalar.h for AVX-512, with sixteen lanes; only for kernel files built for it.
#ifndef OCTET_KERNELS_VECTOR_F32_X86_AVX512_H_
#define OCTET_KERNELS_VECTOR_F32_X86_AVX512_H_

#include <cstddef>
#include <cstdint>

#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kLanes = 16;
using Floats = __m512;

inline __mmask16 first_lanes(std::size_t n) { return static_cast<__mmask16>((1u << n) - 1); }

inline Floats splat(float x) { return _mm512_set1_ps(x); }
inline Floats load(const float* src) { return _mm512_loadu_ps(src); }
inline void store(float* dst, Floats a) { _mm512_storeu_ps(dst, a); }
inline Floats load_first(const float* src, std::size_t n) { return _mm512_maskz_loadu_ps(first_lanes(n), src); }
inline void store_first(float* dst, Floats a, std::size_t n) { _mm512_mask_storeu_ps(dst, first_lanes(n), a); }
inline Floats keep_first(Floats a, std::size_t n) { return _mm512_maskz_mov_ps(first_lanes(n), a); }

inline Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
inline Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
inline Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline Floats square_root(Floats a) { return _mm512_sqrt_ps(a); }
inline Floats select_less(Floats a, Floats b, Floats c, Floats d) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), d, c);
}
inline Floats power_of_two(Floats shifted) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(shifted), 23), _mm512_set1_epi32(0x3F800000)));
}

inline __m256 lower_half(Floats a) { return _mm512_castps512_ps256(a); }
inline __m256 upper_half(Floats a) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)); }
inline float largest(Floats a) {
  const __m256 eight = _mm256_max_ps(lower_half(a), upper_half(a));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

using Sums = __m256;
inline Sums no_sums() { return _mm256_setzero_ps(); }
inline Sums add_to(Sums sums, Floats a) { return _mm256_add_ps(_mm256_add_ps(sums, lower_half(a)), upper_half(a)); }
inline Sums add_square_to(Sums sums, Floats a) {
  return _mm256_fmadd_ps(upper_half(a), upper_half(a), _mm256_fmadd_ps(lower_half(a), lower_half(a), sums));
}
inline float sum(Sums a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline Floats from_integers(const std::int32_t* src) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(src)); }
inline Floats corrected(__m512i acc, __m512i sums, std::int32_t factor) {
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(acc, _mm512_mullo_epi32(sums, _mm512_set1_epi32(factor))));
}
inline Floats corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return corrected(_mm512_loadu_si512(acc), _mm512_loadu_si512(sums), factor);
}
inline Floats corrected_first(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor, std::size_t n) {
  return corrected(_mm512_maskz_loadu_epi32(first_lanes(n), acc), _mm512_maskz_loadu_epi32(first_lanes(n), sums),
                   factor);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_X86_AVX512_H_
