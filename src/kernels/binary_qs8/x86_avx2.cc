// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2. Products and sums of floats stay separate instructions: fused they would round differently.
#include <immintrin.h>

#include "kernels/binary_qs8/binary_qs8.h"

namespace octet {
namespace {

struct Constants {
  __m256i a_zero_point, b_zero_point;  // int32
  __m256 a_scale, b_scale;
  __m256 lo, hi;           // less the zero point of dst
  __m256i dst_zero_point;  // int16
};

Constants make_constants(const BinaryQs8Args& args) {
  const Qs8Output& output = args.output;
  return {.a_zero_point = _mm256_set1_epi32(args.a_zero_point),
          .b_zero_point = _mm256_set1_epi32(args.b_zero_point),
          .a_scale = _mm256_set1_ps(args.a_scale),
          .b_scale = _mm256_set1_ps(args.b_scale),
          .lo = _mm256_set1_ps(static_cast<float>(output.lo - output.zero_point)),
          .hi = _mm256_set1_ps(static_cast<float>(output.hi - output.zero_point)),
          .dst_zero_point = _mm256_set1_epi16(static_cast<short>(output.zero_point))};
}

struct Add {
  static __m256 scaled(const Constants& k, __m256i a, __m256i b) {
    return _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(a), k.a_scale),
                         _mm256_mul_ps(_mm256_cvtepi32_ps(b), k.b_scale));
  }
};

struct Mul {
  static __m256 scaled(const Constants& k, __m256i a, __m256i b) {
    return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_mullo_epi32(a, b)), k.a_scale);
  }
};

// Eight values, rounded and clamped, less the zero point of dst. a and b: the low eight bytes.
template <typename Op>
__m256i eight(const Constants& k, __m128i a, __m128i b) {
  const __m256i wide_a = _mm256_sub_epi32(_mm256_cvtepi8_epi32(a), k.a_zero_point);
  const __m256i wide_b = _mm256_sub_epi32(_mm256_cvtepi8_epi32(b), k.b_zero_point);
  // Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(Op::scaled(k, wide_a, wide_b), k.lo), k.hi));
}

template <typename Op>
__m128i sixteen(const Constants& k, __m128i a, __m128i b) {
  const __m256i low = eight<Op>(k, a, b);
  const __m256i high = eight<Op>(k, _mm_unpackhi_epi64(a, a), _mm_unpackhi_epi64(b, b));
  // Packing works on halves: 0-3, 8-11, 4-7, 12-15 is put straight afterwards.
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
  const __m256i shifted = _mm256_add_epi16(words, k.dst_zero_point);
  return _mm_packs_epi16(_mm256_castsi256_si128(shifted), _mm256_extracti128_si256(shifted, 1));
}

__m128i load(const std::int8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
void store(std::int8_t* p, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), value); }

struct Row {
  const std::int8_t* a;
  const std::int8_t* b;
  std::int8_t* dst;
  std::size_t n;
};

template <typename Op, bool kScalarB>
void row(const Constants& k, const Row& r) {
  const __m128i scalar = _mm_set1_epi8(kScalarB ? r.b[0] : 0);
  std::size_t i = 0;
  for (; i + 16 <= r.n; i += 16) store(r.dst + i, sixteen<Op>(k, load(r.a + i), kScalarB ? scalar : load(r.b + i)));
  if (i == r.n) return;
  alignas(16) std::int8_t a[16] = {}, b[16] = {};
  __builtin_memcpy(a, r.a + i, r.n - i);
  if (!kScalarB) __builtin_memcpy(b, r.b + i, r.n - i);
  store(a, sixteen<Op>(k, load(a), kScalarB ? scalar : load(b)));
  __builtin_memcpy(r.dst + i, a, r.n - i);
}

template <typename Op>
void binary(const BinaryQs8Args& args) {
  if (args.n == 0) return;  // b may have no value to broadcast
  const Constants k = make_constants(args);
  for (std::size_t i = 0; i < args.rows; ++i) {
    const Row r{args.a + i * args.a_row_stride, args.b + i * args.b_row_stride, args.dst + i * args.dst_row_stride,
                args.n};
    args.b_is_scalar ? row<Op, true>(k, r) : row<Op, false>(k, r);
  }
}

}  // namespace

extern const BinaryQs8Kernel kBinaryQs8Avx2 = {"binary_qs8_x16__avx2", Isa::kAvx2, binary<Add>, binary<Mul>};

}  // namespace octet
