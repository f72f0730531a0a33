// SPDX-License-Identifier: Apache-2.0
// vector_f32/scalar.h for AVX2 and FMA; only for kernel files built for them.
#ifndef OCTET_KERNELS_VECTOR_F32_X86_AVX2_H_
#define OCTET_KERNELS_VECTOR_F32_X86_AVX2_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet {
namespace {

constexpr std::size_t kLanes = 8;
using Floats = __m256;

inline __m256i first_lanes(std::size_t n) {
  alignas(64) static constexpr std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - n));
}

inline Floats splat(float x) { return _mm256_set1_ps(x); }
inline Floats load(const float* src) { return _mm256_loadu_ps(src); }
inline void store(float* dst, Floats a) { _mm256_storeu_ps(dst, a); }
inline Floats load_first(const float* src, std::size_t n) { return _mm256_maskload_ps(src, first_lanes(n)); }
inline void store_first(float* dst, Floats a, std::size_t n) { _mm256_maskstore_ps(dst, first_lanes(n), a); }
inline Floats keep_first(Floats a, std::size_t n) { return _mm256_and_ps(a, _mm256_castsi256_ps(first_lanes(n))); }

inline Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
inline Floats sub(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
inline Floats mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
inline Floats div(Floats a, Floats b) { return _mm256_div_ps(a, b); }
inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Floats min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
inline Floats max(Floats a, Floats b) { return _mm256_max_ps(a, b); }
inline Floats square_root(Floats a) { return _mm256_sqrt_ps(a); }
inline Floats select_less(Floats a, Floats b, Floats c, Floats d) { return _mm256_blendv_ps(d, c, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
inline Floats power_of_two(Floats shifted) {
  return _mm256_castsi256_ps(
      _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23), _mm256_set1_epi32(0x3F800000)));
}
inline float largest(Floats a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

using Sums = Floats;
inline Sums no_sums() { return splat(0.0f); }
inline Sums add_to(Sums sums, Floats a) { return add(sums, a); }
inline Sums add_square_to(Sums sums, Floats a) { return fma(a, a, sums); }
inline float sum(Sums a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline Floats from_integers(const std::int32_t* src) {
  return _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(src)));
}
inline Floats corrected(__m256i acc, __m256i sums, std::int32_t factor) {
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(acc, _mm256_mullo_epi32(sums, _mm256_set1_epi32(factor))));
}
inline Floats corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return corrected(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc)),
                   _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sums)), factor);
}
inline Floats corrected_first(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor, std::size_t n) {
  return corrected(_mm256_maskload_epi32(acc, first_lanes(n)), _mm256_maskload_epi32(sums, first_lanes(n)), factor);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_X86_AVX2_H_
