// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/requantize/arm_neon.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

namespace octet {
namespace {

// vcvtn gives 0 for NaN, and saturates: bounds can wait for the bytes.
template <bool kFactor>
int8x8_t quantize_eight(const Requantize& requantize, const float* src, const float* factor, float32x4_t scale) {
  float32x4_t a = vld1q_f32(src), b = vld1q_f32(src + 4);
  if (kFactor) a = vmulq_f32(a, vld1q_f32(factor)), b = vmulq_f32(b, vld1q_f32(factor + 4));
  return requantize.narrow(vcvtnq_s32_f32(vdivq_f32(a, scale)), vcvtnq_s32_f32(vdivq_f32(b, scale)));
}

template <bool kFactor>
void quantize_all(const QuantizeF32Qs8Args& args) {
  const Requantize requantize(args.output);
  const float32x4_t scale = vdupq_n_f32(args.scale);
  float staged[8] = {}, staged_factor[8] = {};
  const float* src = args.src;
  const float* factor = kFactor ? args.factor : staged_factor;
  std::int8_t* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    vst1_s8(dst + i, quantize_eight<kFactor>(requantize, src + i, kFactor ? factor + i : factor, scale));
  if (i == n) return;
  std::int8_t bytes[8];
  __builtin_memcpy(staged, src + i, (n - i) * sizeof(float));
  if (kFactor) __builtin_memcpy(staged_factor, factor + i, (n - i) * sizeof(float));
  vst1_s8(bytes, quantize_eight<kFactor>(requantize, staged, staged_factor, scale));
  __builtin_memcpy(dst + i, bytes, n - i);
}

void quantize(const QuantizeF32Qs8Args& args) {
  args.factor != nullptr ? quantize_all<true>(args) : quantize_all<false>(args);
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
