// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

namespace octet {
namespace {

struct Constants {
  __m256 scale, lo, hi;  // bounds less the zero point
  __m256i zero_point;    // int16
};

// Rounded and clamped, less the zero point.
__m256i eight(const Constants& k, __m256 src) {
  const __m256 scaled = _mm256_div_ps(src, k.scale);
  const __m256 number = _mm256_and_ps(scaled, _mm256_cmp_ps(scaled, scaled, _CMP_ORD_Q));  // NaN becomes 0
  // Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(number, k.lo), k.hi));
}

template <bool kFactor>
__m256i sixteen(const Constants& k, const float* src, const float* factor) {
  __m256 a = _mm256_loadu_ps(src), b = _mm256_loadu_ps(src + 8);
  if (kFactor) a = _mm256_mul_ps(a, _mm256_loadu_ps(factor)), b = _mm256_mul_ps(b, _mm256_loadu_ps(factor + 8));
  return _mm256_add_epi16(_mm256_packs_epi32(eight(k, a), eight(k, b)), k.zero_point);
}

template <bool kFactor>
__m256i thirty_two(const Constants& k, const float* src, const float* factor) {
  const __m256i bytes =
      _mm256_packs_epi16(sixteen<kFactor>(k, src, factor), sixteen<kFactor>(k, src + 16, factor + 16));
  // Both steps of packing work on halves of the register: groups of four values came out as 0 2 4 6 1 3 5 7.
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

template <bool kFactor>
void quantize_all(const QuantizeF32Qs8Args& args) {
  const Qs8Output& output = args.output;
  const Constants k{.scale = _mm256_set1_ps(args.scale),
                    .lo = _mm256_set1_ps(static_cast<float>(output.lo - output.zero_point)),
                    .hi = _mm256_set1_ps(static_cast<float>(output.hi - output.zero_point)),
                    .zero_point = _mm256_set1_epi16(static_cast<short>(output.zero_point))};
  alignas(32) float staged[32] = {}, staged_factor[32] = {};
  const float* src = args.src;
  const float* factor = kFactor ? args.factor : staged_factor;
  std::int8_t* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + i),
                        thirty_two<kFactor>(k, src + i, kFactor ? factor + i : factor));
  if (i == n) return;
  alignas(32) std::int8_t bytes[32];
  __builtin_memcpy(staged, src + i, (n - i) * sizeof(float));
  if (kFactor) __builtin_memcpy(staged_factor, factor + i, (n - i) * sizeof(float));
  _mm256_store_si256(reinterpret_cast<__m256i*>(bytes), thirty_two<kFactor>(k, staged, staged_factor));
  __builtin_memcpy(dst + i, bytes, n - i);
}

void quantize(const QuantizeF32Qs8Args& args) {
  args.factor != nullptr ? quantize_all<true>(args) : quantize_all<false>(args);
}

void dequantize(const DequantizeQs8F32Args& args) {
  const __m256i zero_point = _mm256_set1_epi32(args.zero_point);
  const __m256 scale = _mm256_set1_ps(args.scale);
  std::size_t i = 0;
  for (; i + 8 <= args.n; i += 8) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(args.src + i));
    const __m256i wide = _mm256_sub_epi32(_mm256_cvtepi8_epi32(bytes), zero_point);
    _mm256_storeu_ps(args.dst + i, _mm256_mul_ps(_mm256_cvtepi32_ps(wide), scale));
  }
  for (; i < args.n; ++i) args.dst[i] = static_cast<float>(args.src[i] - args.zero_point) * args.scale;
}

}  // namespace

extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Avx2 = {"quantize_f32_qs8_x32__avx2", Isa::kAvx2, quantize,
                                                         dequantize};

}  // namespace octet
