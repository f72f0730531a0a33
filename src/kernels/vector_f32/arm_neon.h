// SPDX-License-Identifier: Apache-2.0
// vector_f32/scalar.h for NEON; only for kernel files.
#ifndef OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_
#define OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace octet {
namespace {

constexpr std::size_t kLanes = 8;
struct F32x8 {
  float32x4_t low, high;
};

inline F32x8 splat(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
inline F32x8 load(const float* src) { return {vld1q_f32(src), vld1q_f32(src + 4)}; }
inline void store(float* dst, F32x8 a) {
  vst1q_f32(dst, a.low);
  vst1q_f32(dst + 4, a.high);
}
inline F32x8 load_first(const float* src, std::size_t n) {
  float lanes[kLanes] = {};
  __builtin_memcpy(lanes, src, n * sizeof(float));
  return load(lanes);
}
inline void store_first(float* dst, F32x8 a, std::size_t n) {
  float lanes[kLanes];
  store(lanes, a);
  __builtin_memcpy(dst, lanes, n * sizeof(float));
}
inline F32x8 keep_first(F32x8 a, std::size_t n) {
  float lanes[kLanes];
  store(lanes, a);
  return load_first(lanes, n);
}

inline F32x8 add(F32x8 a, F32x8 b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
inline F32x8 sub(F32x8 a, F32x8 b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
inline F32x8 mul(F32x8 a, F32x8 b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
inline F32x8 div(F32x8 a, F32x8 b) { return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)}; }
inline F32x8 fma(F32x8 a, F32x8 b, F32x8 c) {
  return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}
inline F32x8 square_root(F32x8 a) { return {vsqrtq_f32(a.low), vsqrtq_f32(a.high)}; }
inline F32x8 select_less(F32x8 a, F32x8 b, F32x8 c, F32x8 d) {
  return {vbslq_f32(vcltq_f32(a.low, b.low), c.low, d.low), vbslq_f32(vcltq_f32(a.high, b.high), c.high, d.high)};
}
// Comparisons, as fmin and fmax give NaN if one operand is.
inline F32x8 min(F32x8 a, F32x8 b) { return select_less(a, b, a, b); }
inline F32x8 max(F32x8 a, F32x8 b) { return select_less(b, a, a, b); }
inline float32x4_t power_of_two(float32x4_t shifted) {
  return vreinterpretq_f32_u32(vaddq_u32(vshlq_n_u32(vreinterpretq_u32_f32(shifted), 23), vdupq_n_u32(0x3F800000)));
}
inline F32x8 power_of_two(F32x8 shifted) { return {power_of_two(shifted.low), power_of_two(shifted.high)}; }
inline float sum(F32x8 a) {
  const float32x4_t four = vaddq_f32(a.low, a.high);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

// Unsigned: vsubq_s32 is a plain difference to the compiler, and must not overflow.
inline float32x4_t corrected_four(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  const uint32x4_t products = vmulq_n_u32(vreinterpretq_u32_s32(vld1q_s32(sums)), static_cast<std::uint32_t>(factor));
  return vcvtq_f32_s32(vreinterpretq_s32_u32(vsubq_u32(vreinterpretq_u32_s32(vld1q_s32(acc)), products)));
}
inline F32x8 corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return {corrected_four(acc, sums, factor), corrected_four(acc + 4, sums + 4, factor)};
}
inline F32x8 corrected_first(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor, std::size_t n) {
  std::int32_t first_acc[kLanes] = {}, first_sums[kLanes] = {};
  __builtin_memcpy(first_acc, acc, n * sizeof(*acc));
  __builtin_memcpy(first_sums, sums, n * sizeof(*sums));
  return corrected(first_acc, first_sums, factor);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_
