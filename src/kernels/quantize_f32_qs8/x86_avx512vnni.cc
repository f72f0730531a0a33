// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kLanes = 16;

// Bounds of src and of the quotient lie one step outside of lo and hi.
struct Constants {
  __m512 scale, minus_scale, inverse, lowest, highest, lowest_quotient, highest_quotient;
  __m512i zero_point;  // int16
  __m512i lo, hi;      // int8

  explicit Constants(const QuantizeF32Qs8Args& args) {
    const Qs8Output& output = args.output;
    const auto below = static_cast<float>(output.lo - output.zero_point - 1);
    const auto above = static_cast<float>(output.hi - output.zero_point + 1);
    scale = _mm512_set1_ps(args.scale);
    minus_scale = _mm512_set1_ps(-args.scale);
    inverse = _mm512_set1_ps(1.0f / args.scale);
    lowest = _mm512_set1_ps(below * args.scale);
    highest = _mm512_set1_ps(above * args.scale);
    lowest_quotient = _mm512_set1_ps(below);
    highest_quotient = _mm512_set1_ps(above);
    zero_point = _mm512_set1_epi16(static_cast<short>(output.zero_point));
    lo = _mm512_set1_epi8(static_cast<char>(output.lo));
    hi = _mm512_set1_epi8(static_cast<char>(output.hi));
  }
};

// Within the bounds, NaN as 0.
__m512 bounded(__m512 x, __m512 lowest, __m512 highest) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), _mm512_min_ps(_mm512_max_ps(x, lowest), highest));
}

// x / scale. A quotient from the rounded inverse is off by 2 units in the last place at most; the first correction
// makes it one, from where the second rounds it as a division would: Markstein 1990, "Computation of elementary
// functions on the IBM RISC System/6000", theorem 5.
template <bool kDivide>
__m512i rounded_quotient(const Constants& k, __m512 x) {
  if (kDivide) return _mm512_cvtps_epi32(bounded(_mm512_div_ps(x, k.scale), k.lowest_quotient, k.highest_quotient));
  x = bounded(x, k.lowest, k.highest);
  __m512 q = _mm512_mul_ps(x, k.inverse);
  q = _mm512_fmadd_ps(_mm512_fmadd_ps(k.minus_scale, q, x), k.inverse, q);
  q = _mm512_fmadd_ps(_mm512_fmadd_ps(k.minus_scale, q, x), k.inverse, q);
  return _mm512_cvtps_epi32(q);
}

// The values of `lanes`, of 64 from src on.
template <bool kFactor, bool kDivide>
__m512i sixty_four(const Constants& k, const float* src, const float* factor, __mmask64 lanes) {
  __m512i q[4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    const auto mask = static_cast<__mmask16>(lanes >> (i * kLanes));
    __m512 x = _mm512_maskz_loadu_ps(mask, src + i * kLanes);
    if (kFactor) x = _mm512_mul_ps(x, _mm512_maskz_loadu_ps(mask, factor + i * kLanes));
    q[i] = rounded_quotient<kDivide>(k, x);
  }
  const __m512i low = _mm512_add_epi16(_mm512_packs_epi32(q[0], q[1]), k.zero_point);
  const __m512i high = _mm512_add_epi16(_mm512_packs_epi32(q[2], q[3]), k.zero_point);
  // Both steps of packing work on quarters of the register, which have four values of each q then.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
  return _mm512_min_epi8(_mm512_max_epi8(bytes, k.lo), k.hi);
}

template <bool kFactor, bool kDivide>
void quantize_all(const QuantizeF32Qs8Args& args) {
  const Constants k(args);
  const std::size_t n = args.n;
  for (std::size_t i = 0; i < n; i += 64) {
    const __mmask64 lanes = n - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (n - i)) - 1;
    const float* factor = kFactor ? args.factor + i : nullptr;
    const __m512i bytes = sixty_four<kFactor, kDivide>(k, args.src + i, factor, lanes);
    _mm512_mask_storeu_epi8(args.dst + i, lanes, bytes);
  }
}

void quantize(const QuantizeF32Qs8Args& args) {
  // Corrections of quotients near a step do not underflow within these scales.
  const bool divide = !(args.scale >= 1e-27f && args.scale <= 1e27f);
  if (args.factor != nullptr) return divide ? quantize_all<true, true>(args) : quantize_all<true, false>(args);
  return divide ? quantize_all<false, true>(args) : quantize_all<false, false>(args);
}

void dequantize(const DequantizeQs8F32Args& args) {
  const __m512i zero_point = _mm512_set1_epi32(args.zero_point);
  const __m512 scale = _mm512_set1_ps(args.scale);
  for (std::size_t i = 0; i < args.n; i += kLanes) {
    const std::size_t left = args.n - i;
    const auto lanes = static_cast<__mmask16>(left >= kLanes ? 0xFFFF : (1u << left) - 1);
    const __m512i wide = _mm512_sub_epi32(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, args.src + i)), zero_point);
    _mm512_mask_storeu_ps(args.dst + i, lanes, _mm512_mul_ps(_mm512_cvtepi32_ps(wide), scale));
  }
}

}  // namespace

extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Avx512Vnni = {"quantize_f32_qs8_x64__avx512vnni", Isa::kAvx512Vnni,
                                                               quantize, dequantize};

}  // namespace octet
