// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. Products and sums of floats stay separate instructions: fused they would round differently.
#include "kernels/requantize/arm_neon.h"
#include "kernels/binary_qs8/binary_qs8.h"

namespace octet {
namespace {

struct Constants {
  int8x8_t a_zero_point, b_zero_point;
  float32x4_t a_scale, b_scale;
  Requantize requantize;
};

// Four values; the products are scaled, not yet rounded.
struct Add {
  static float32x4_t scaled(const Constants& k, int16x4_t a, int16x4_t b) {
    return vaddq_f32(vmulq_f32(vcvtq_f32_s32(vmovl_s16(a)), k.a_scale),
                     vmulq_f32(vcvtq_f32_s32(vmovl_s16(b)), k.b_scale));
  }
};

struct Mul {
  static float32x4_t scaled(const Constants& k, int16x4_t a, int16x4_t b) {
    return vmulq_f32(vcvtq_f32_s32(vmull_s16(a, b)), k.a_scale);
  }
};

// vcvtn saturates: bounds can wait for the bytes.
template <typename Op>
int8x8_t eight(const Constants& k, int8x8_t a, int8x8_t b) {
  const int16x8_t wide_a = vsubl_s8(a, k.a_zero_point), wide_b = vsubl_s8(b, k.b_zero_point);
  return k.requantize.narrow(vcvtnq_s32_f32(Op::scaled(k, vget_low_s16(wide_a), vget_low_s16(wide_b))),
                             vcvtnq_s32_f32(Op::scaled(k, vget_high_s16(wide_a), vget_high_s16(wide_b))));
}

struct Row {
  const std::int8_t* a;
  const std::int8_t* b;
  std::int8_t* dst;
  std::size_t n;
};

template <typename Op, bool kScalarB>
void row(const Constants& k, const Row& r) {
  const int8x8_t scalar = vdup_n_s8(kScalarB ? r.b[0] : 0);
  std::size_t i = 0;
  for (; i + 8 <= r.n; i += 8) vst1_s8(r.dst + i, eight<Op>(k, vld1_s8(r.a + i), kScalarB ? scalar : vld1_s8(r.b + i)));
  if (i == r.n) return;
  std::int8_t a[8] = {}, b[8] = {};
  __builtin_memcpy(a, r.a + i, r.n - i);
  if (!kScalarB) __builtin_memcpy(b, r.b + i, r.n - i);
  vst1_s8(a, eight<Op>(k, vld1_s8(a), kScalarB ? scalar : vld1_s8(b)));
  __builtin_memcpy(r.dst + i, a, r.n - i);
}

template <typename Op>
void binary(const BinaryQs8Args& args) {
  if (args.n == 0) return;  // b may have no value to broadcast
  const Constants k{.a_zero_point = vdup_n_s8(static_cast<std::int8_t>(args.a_zero_point)),
                    .b_zero_point = vdup_n_s8(static_cast<std::int8_t>(args.b_zero_point)),
                    .a_scale = vdupq_n_f32(args.a_scale),
                    .b_scale = vdupq_n_f32(args.b_scale),
                    .requantize = Requantize(args.output)};
  for (std::size_t i = 0; i < args.rows; ++i) {
    const Row r{args.a + i * args.a_row_stride, args.b + i * args.b_row_stride, args.dst + i * args.dst_row_stride,
                args.n};
    args.b_is_scalar ? row<Op, true>(k, r) : row<Op, false>(k, r);
  }
}

}  // namespace

extern const BinaryQs8Kernel kBinaryQs8Neon = {"binary_qs8_x8__neon", Isa::kNeon, binary<Add>, binary<Mul>};

}  // namespace octet
