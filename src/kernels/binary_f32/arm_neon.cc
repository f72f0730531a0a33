// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/arm_neon_floats.h"
#include "kernels/binary_f32/binary_f32.h"

namespace octet {
namespace {

template <BinaryF32Op op>
float32x4_t apply(float32x4_t a, float32x4_t b) {
  if constexpr (op == BinaryF32Op::kAdd) return vaddq_f32(a, b);
  if constexpr (op == BinaryF32Op::kSub) return vsubq_f32(a, b);
  if constexpr (op == BinaryF32Op::kMul) return vmulq_f32(a, b);
  if constexpr (op == BinaryF32Op::kDiv) return vdivq_f32(a, b);
  if constexpr (op == BinaryF32Op::kMinimum) return less_of(a, b);
  if constexpr (op == BinaryF32Op::kMaximum) return greater_of(a, b);
  if constexpr (op == BinaryF32Op::kReverseSub) return vsubq_f32(b, a);
  if constexpr (op == BinaryF32Op::kReverseDiv) return vdivq_f32(b, a);
}

struct Row {
  const float* a;
  const float* b;
  float* dst;
  std::size_t n;
};

template <BinaryF32Op op, bool kScalarB>
void row(const Row& r, float32x4_t lo, float32x4_t hi) {
  const float32x4_t scalar = kScalarB ? vld1q_dup_f32(r.b) : vdupq_n_f32(0.0f);
  std::size_t i = 0;
  for (; i + 4 <= r.n; i += 4) {
    const float32x4_t b = kScalarB ? scalar : vld1q_f32(r.b + i);
    vst1q_f32(r.dst + i, clamp(apply<op>(vld1q_f32(r.a + i), b), lo, hi));
  }
  const float32x4_t b = kScalarB ? scalar : load_first(r.b + i, r.n - i);
  store_first(r.dst + i, r.n - i, clamp(apply<op>(load_first(r.a + i, r.n - i), b), lo, hi));
}

template <BinaryF32Op op>
void binary_op(const BinaryF32Args& args) {
  if (args.n == 0) return;  // b may have no value to broadcast
  const float32x4_t lo = vdupq_n_f32(args.lo), hi = vdupq_n_f32(args.hi);
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

extern const BinaryF32Kernel kBinaryF32Neon = {"binary_f32_x4__neon", Isa::kNeon, binary};

}  // namespace octet
