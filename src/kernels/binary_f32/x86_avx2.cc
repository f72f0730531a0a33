// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include "kernels/binary_f32/binary_f32.h"

namespace octet {
namespace {

template <BinaryF32Op op>
__m256 apply(__m256 a, __m256 b) {
  if constexpr (op == BinaryF32Op::kAdd) return _mm256_add_ps(a, b);
  if constexpr (op == BinaryF32Op::kSub) return _mm256_sub_ps(a, b);
  if constexpr (op == BinaryF32Op::kMul) return _mm256_mul_ps(a, b);
  if constexpr (op == BinaryF32Op::kDiv) return _mm256_div_ps(a, b);
  if constexpr (op == BinaryF32Op::kMinimum) return _mm256_min_ps(a, b);
  if constexpr (op == BinaryF32Op::kMaximum) return _mm256_max_ps(a, b);
  if constexpr (op == BinaryF32Op::kReverseSub) return _mm256_sub_ps(b, a);
  if constexpr (op == BinaryF32Op::kReverseDiv) return _mm256_div_ps(b, a);
}

// Of two operands min and max return the second if one is NaN: a NaN stays.
__m256 clamp(__m256 x, __m256 lo, __m256 hi) { return _mm256_min_ps(hi, _mm256_max_ps(lo, x)); }

struct Row {
  const float* a;
  const float* b;
  float* dst;
  std::size_t n;
};

template <BinaryF32Op op, bool kScalarB>
void row(const Row& r, __m256 lo, __m256 hi) {
  const __m256 scalar = kScalarB ? _mm256_broadcast_ss(r.b) : _mm256_setzero_ps();
  std::size_t i = 0;
  for (; i + 8 <= r.n; i += 8) {
    const __m256 b = kScalarB ? scalar : _mm256_loadu_ps(r.b + i);
    _mm256_storeu_ps(r.dst + i, clamp(apply<op>(_mm256_loadu_ps(r.a + i), b), lo, hi));
  }
  if (i == r.n) return;
  alignas(32) static const std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const __m256i mask = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - (r.n - i)));
  const __m256 b = kScalarB ? scalar : _mm256_maskload_ps(r.b + i, mask);
  _mm256_maskstore_ps(r.dst + i, mask, clamp(apply<op>(_mm256_maskload_ps(r.a + i, mask), b), lo, hi));
}

template <BinaryF32Op op>
void binary_op(const BinaryF32Args& args) {
  if (args.n == 0) return;  // b may have no value to broadcast
  const __m256 lo = _mm256_set1_ps(args.lo), hi = _mm256_set1_ps(args.hi);
  for (std::size_t i = 0; i < args.rows; ++i) {
    const Row r{args.a + i * args.a_row_stride, args.b + i * args.b_row_stride, args.dst + i * args.dst_row_stride,
                args.n};
    args.b_is_scalar ? row<op, true>(r, lo, hi) : row<op, false>(r, lo, hi);
  }
}

// In the order of BinaryF32Op.
constexpr void (*kOps[])(const BinaryF32Args&) = {
    binary_op<BinaryF32Op::kAdd>,        binary_op<BinaryF32Op::kSub>,       binary_op<BinaryF32Op::kMul>,
    binary_op<BinaryF32Op::kDiv>,        binary_op<BinaryF32Op::kMinimum>,   binary_op<BinaryF32Op::kMaximum>,
    binary_op<BinaryF32Op::kReverseSub>, binary_op<BinaryF32Op::kReverseDiv>};

void binary(BinaryF32Op op, const BinaryF32Args& args) { kOps[static_cast<int>(op)](args); }

}  // namespace

extern const BinaryF32Kernel kBinaryF32Avx2 = {"binary_f32_x8__avx2", Isa::kAvx2, binary};

}  // namespace octet
