// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2. Products and sums of floats stay separate instructions: fused they would round differently.
#include <immintrin.h>

#include "kernels/binary_qs8/binary_qs8.h"

namespace octet {
namespace {

// Bytes become floats without conversion: below the exponent of 2^23 in the bits of a float, values + 128 are added to
// it.
constexpr std::int16_t kHighBits = 0x4b00;
constexpr float kAdded = 8388608.0f + 128.0f;

struct Constants {
  __m256 a_zero, b_zero;  // zero points, in this form
  __m256 a_scale, b_scale;
  __m256 lo, hi;           // less the zero point of dst
  __m256i dst_zero_point;  // int16
};

Constants make_constants(const BinaryQs8Args& args) {
  const Qs8Output& output = args.output;
  return {.a_zero = _mm256_set1_ps(kAdded + static_cast<float>(args.a_zero_point)),
          .b_zero = _mm256_set1_ps(kAdded + static_cast<float>(args.b_zero_point)),
          .a_scale = _mm256_set1_ps(args.a_scale),
          .b_scale = _mm256_set1_ps(args.b_scale),
          .lo = _mm256_set1_ps(static_cast<float>(output.lo - output.zero_point)),
          .hi = _mm256_set1_ps(static_cast<float>(output.hi - output.zero_point)),
          .dst_zero_point = _mm256_set1_epi16(static_cast<short>(output.zero_point))};
}

// Of values less their zero points.
struct Add {
  static __m256 scaled(const Constants& k, __m256 a, __m256 b) {
    return _mm256_add_ps(_mm256_mul_ps(a, k.a_scale), _mm256_mul_ps(b, k.b_scale));
  }
};

struct Mul {
  static __m256 scaled(const Constants& k, __m256 a, __m256 b) {
    return _mm256_mul_ps(_mm256_mul_ps(a, b), k.a_scale);  // a * b is exact
  }
};

// 32 values less their zero point, in the order in which packing to bytes takes them.
struct Floats {
  __m256 values[4];

  Floats(__m256i bytes, __m256 zero) {
    const __m256i shifted = _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)), high = _mm256_set1_epi16(kHighBits);
    const __m256i low_words = _mm256_unpacklo_epi8(shifted, _mm256_setzero_si256());
    const __m256i high_words = _mm256_unpackhi_epi8(shifted, _mm256_setzero_si256());
    values[0] = less(_mm256_unpacklo_epi16(low_words, high), zero);
    values[1] = less(_mm256_unpackhi_epi16(low_words, high), zero);
    values[2] = less(_mm256_unpacklo_epi16(high_words, high), zero);
    values[3] = less(_mm256_unpackhi_epi16(high_words, high), zero);
  }

  static __m256 less(__m256i value, __m256 zero) { return _mm256_sub_ps(_mm256_castsi256_ps(value), zero); }
};

// Rounded and clamped, less the zero point of dst.
template <typename Op>
__m256i rounded(const Constants& k, __m256 a, __m256 b) {
  // Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(Op::scaled(k, a, b), k.lo), k.hi));
}

template <typename Op>
__m256i bytes(const Constants& k, const Floats& a, const Floats& b) {
  __m256i words[2];
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    words[i] = _mm256_packs_epi32(rounded<Op>(k, a.values[2 * i], b.values[2 * i]),
                                  rounded<Op>(k, a.values[2 * i + 1], b.values[2 * i + 1]));
    words[i] = _mm256_add_epi16(words[i], k.dst_zero_point);
  }
  return _mm256_packs_epi16(words[0], words[1]);
}

__m256i load(const std::int8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
void store(std::int8_t* p, __m256i value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), value); }

struct Row {
  const std::int8_t* a;
  const std::int8_t* b;
  std::int8_t* dst;
  std::size_t n;
};

template <typename Op, bool kScalarB>
void row(const Constants& k, const Row& r) {
  const Floats scalar(_mm256_set1_epi8(kScalarB ? r.b[0] : 0), k.b_zero);
  const auto of = [&](const std::int8_t* a, const std::int8_t* b) {
    return bytes<Op>(k, Floats(load(a), k.a_zero), kScalarB ? scalar : Floats(load(b), k.b_zero));
  };
  std::size_t i = 0;
  for (; i + 32 <= r.n; i += 32) store(r.dst + i, of(r.a + i, r.b + (kScalarB ? 0 : i)));
  if (i == r.n) return;
  alignas(32) std::int8_t a[32] = {}, b[32] = {};
  __builtin_memcpy(a, r.a + i, r.n - i);
  if (!kScalarB) __builtin_memcpy(b, r.b + i, r.n - i);
  store(a, of(a, b));
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

extern const BinaryQs8Kernel kBinaryQs8Avx2 = {"binary_qs8_x32__avx2", Isa::kAvx2, binary<Add>, binary<Mul>};

}  // namespace octet
