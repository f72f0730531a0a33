// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/requantize/arm_neon.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

namespace octet {
namespace {

// vcvtn gives 0 for NaN, and saturates: bounds can wait for the bytes.
int8x8_t quantize_eight(const Requantize& requantize, const float* src, float32x4_t scale) {
  const int32x4_t q0 = vcvtnq_s32_f32(vdivq_f32(vld1q_f32(src), scale));
  const int32x4_t q1 = vcvtnq_s32_f32(vdivq_f32(vld1q_f32(src + 4), scale));
  return requantize.narrow(q0, q1);
}

void quantize(const QuantizeF32Qs8Args& args) {
  const Requantize requantize(args.output);
  const float32x4_t scale = vdupq_n_f32(args.scale);
  const float* src = args.src;
  std::int8_t* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) vst1_s8(dst + i, quantize_eight(requantize, src + i, scale));
  if (i == n) return;
  float staged[8] = {};
  std::int8_t bytes[8];
  __builtin_memcpy(staged, src + i, (n - i) * sizeof(float));
  vst1_s8(bytes, quantize_eight(requantize, staged, scale));
  __builtin_memcpy(dst + i, bytes, n - i);
}

void dequantize(const DequantizeQs8F32Args& args) {
  const int8x8_t zero_point = vdup_n_s8(static_cast<std::int8_t>(args.zero_point));
  const float32x4_t scale = vdupq_n_f32(args.scale);
  std::size_t i = 0;
  for (; i + 8 <= args.n; i += 8) {
    const int16x8_t wide = vsubl_s8(vld1_s8(args.src + i), zero_point);
    vst1q_f32(args.dst + i, vmulq_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), scale));
    vst1q_f32(args.dst + i + 4, vmulq_f32(vcvtq_f32_s32(vmovl_high_s16(wide)), scale));
  }
  for (; i < args.n; ++i) args.dst[i] = static_cast<float>(args.src[i] - args.zero_point) * args.scale;
}

}  // namespace

extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Neon = {"quantize_f32_qs8_x8__neon", Isa::kNeon, quantize, dequantize};

}  // namespace octet
