// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512. Products and sums of floats stay separate instructions: fused they would round differently.
#include "kernels/binary_qs8/binary_qs8.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

// No result is too large for vcvtps2dq below this scale, and saturation does what clamping would.
constexpr float kSmallScale = 16384.0f;

struct Constants {
  __m512i a_minus_zero, b_minus_zero;  // zero points, negated
  __m512 a_scale, b_scale;
  __m512 lo, hi;  // less the zero point of dst
  RequantizeBytes requantize;
};

Constants make_constants(const BinaryQs8Args& args) {
  const Qs8Output& output = args.output;
  return {.a_minus_zero = _mm512_set1_epi32(-args.a_zero_point),
          .b_minus_zero = _mm512_set1_epi32(-args.b_zero_point),
          .a_scale = _mm512_set1_ps(args.a_scale),
          .b_scale = _mm512_set1_ps(args.b_scale),
          .lo = _mm512_set1_ps(static_cast<float>(output.lo - output.zero_point)),
          .hi = _mm512_set1_ps(static_cast<float>(output.hi - output.zero_point)),
          .requantize = RequantizeBytes(output)};
}

bool is_small(float scale) { return scale > -kSmallScale && scale < kSmallScale; }

// Of values less their zero points.
struct Add {
  static bool has_small_scales(const BinaryQs8Args& args) { return is_small(args.a_scale) && is_small(args.b_scale); }
  static __m512 scaled(const Constants& k, __m512 a, __m512 b) {
    return _mm512_add_ps(_mm512_mul_ps(a, k.a_scale), _mm512_mul_ps(b, k.b_scale));
  }
};

struct Mul {
  static bool has_small_scales(const BinaryQs8Args& args) { return is_small(args.a_scale); }
  static __m512 scaled(const Constants& k, __m512 a, __m512 b) {
    return _mm512_mul_ps(_mm512_mul_ps(a, b), k.a_scale);  // a * b is exact
  }
};

// 64 values less their zero point: values[i] has every fourth one from i on. A dot product with a one and three zeros
// takes a byte out of four and the zero point off, on more ports than unpacking.
struct Floats {
  __m512 values[4];

  Floats(__m512i bytes, __m512i minus_zero) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      values[i] = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(minus_zero, _mm512_set1_epi32(1 << (8 * i)), bytes));
  }
};

template <typename Op, bool kSmall>
__m512i bytes(const Constants& k, const Floats& a, const Floats& b) {
  __m512i q[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512 scaled = Op::scaled(k, a.values[i], b.values[i]);
    q[i] = _mm512_cvtps_epi32(kSmall ? scaled : _mm512_min_ps(_mm512_max_ps(scaled, k.lo), k.hi));
  }
  const __m512i every_fourth =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return _mm512_shuffle_epi8(k.requantize.bytes(q[0], q[1], q[2], q[3]), every_fourth);
}

struct Row {
  const std::int8_t* a;
  const std::int8_t* b;
  std::int8_t* dst;
  std::size_t n;
};

template <typename Op, bool kScalarB, bool kSmall>
void row(const Constants& k, const Row& r) {
  const Floats scalar(_mm512_set1_epi8(kScalarB ? r.b[0] : 0), k.b_minus_zero);
  const auto of = [&](std::size_t i, __mmask64 mask) {
    const Floats a(_mm512_maskz_loadu_epi8(mask, r.a + i), k.a_minus_zero);
    return bytes<Op, kSmall>(k, a, kScalarB ? scalar : Floats(_mm512_maskz_loadu_epi8(mask, r.b + i), k.b_minus_zero));
  };
  std::size_t i = 0;
  for (; i + 64 <= r.n; i += 64) _mm512_storeu_si512(r.dst + i, of(i, ~__mmask64{0}));
  if (i == r.n) return;
  const __mmask64 mask = (__mmask64{1} << (r.n - i)) - 1;
  _mm512_mask_storeu_epi8(r.dst + i, mask, of(i, mask));
}

template <typename Op, bool kScalarB, bool kSmall>
void rows(const BinaryQs8Args& args) {
  const Constants k = make_constants(args);
  for (std::size_t i = 0; i < args.rows; ++i) {
    row<Op, kScalarB, kSmall>(k, {args.a + i * args.a_row_stride, args.b + i * args.b_row_stride,
                                  args.dst + i * args.dst_row_stride, args.n});
  }
}

template <typename Op>
void binary(const BinaryQs8Args& args) {
  if (args.n == 0) return;  // b may have no value to broadcast
  if (Op::has_small_scales(args)) {
    args.b_is_scalar ? rows<Op, true, true>(args) : rows<Op, false, true>(args);
  } else {
    args.b_is_scalar ? rows<Op, true, false>(args) : rows<Op, false, false>(args);
  }
}

}  // namespace

extern const BinaryQs8Kernel kBinaryQs8Avx512Vnni = {"binary_qs8_x64__avx512vnni", Isa::kAvx512Vnni, binary<Add>,
                                                     binary<Mul>};

}  // namespace octet
