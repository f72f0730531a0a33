// SPDX-License-Identifier: Apache-2.0
// vector_f32/scalar.h for NEON: two vectors of four.
#ifndef OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_
#define OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace octet {
namespace {

constexpr std::size_t kLanes = 8;
struct F32x8 {
  float32x4_t lo, hi;
};

inline F32x8 splat(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
inline F32x8 load(const float* src) { return {vld1q_f32(src), vld1q_f32(src + 4)}; }
inline void store(float* dst, F32x8 a) {
  vst1q_f32(dst, a.lo);
  vst1q_f32(dst + 4, a.hi);
}
inline F32x8 load_first(const float* src, std::size_t n) {
  float first[kLanes] = {};
  __builtin_memcpy(first, src, n * sizeof(float));
  return load(first);
}
inline void store_first(float* dst, F32x8 a, std::size_t n) {
  float all[kLanes];
  store(all, a);
  __builtin_memcpy(dst, all, n * sizeof(float));
}
inline F32x8 keep_first(F32x8 a, std::size_t n) {
  float all[kLanes];
  store(all, a);
  return load_first(all, n);
}

inline F32x8 add(F32x8 a, F32x8 b) { return {vaddq_f32(a.lo, b.lo), vaddq_f32(a.hi, b.hi)}; }
inline F32x8 sub(F32x8 a, F32x8 b) { return {vsubq_f32(a.lo, b.lo), vsubq_f32(a.hi, b.hi)}; }
inline F32x8 mul(F32x8 a, F32x8 b) { return {vmulq_f32(a.lo, b.lo), vmulq_f32(a.hi, b.hi)}; }
inline F32x8 div(F32x8 a, F32x8 b) { return {vdivq_f32(a.lo, b.lo), vdivq_f32(a.hi, b.hi)}; }
inline F32x8 fma(F32x8 a, F32x8 b, F32x8 c) { return {vfmaq_f32(c.lo, a.lo, b.lo), vfmaq_f32(c.hi, a.hi, b.hi)}; }
// vminq_f32 would pass on NaN of either operand.
inline F32x8 min(F32x8 a, F32x8 b) {
  return {vbslq_f32(vcltq_f32(a.lo, b.lo), a.lo, b.lo), vbslq_f32(vcltq_f32(a.hi, b.hi), a.hi, b.hi)};
}
inline F32x8 max(F32x8 a, F32x8 b) {
  return {vbslq_f32(vcgtq_f32(a.lo, b.lo), a.lo, b.lo), vbslq_f32(vcgtq_f32(a.hi, b.hi), a.hi, b.hi)};
}
inline F32x8 square_root(F32x8 a) { return {vsqrtq_f32(a.lo), vsqrtq_f32(a.hi)}; }
inline F32x8 select_less(F32x8 a, F32x8 b, F32x8 c, F32x8 d) {
  return {vbslq_f32(vcltq_f32(a.lo, b.lo), c.lo, d.lo), vbslq_f32(vcltq_f32(a.hi, b.hi), c.hi, d.hi)};
}
inline float32x4_t power_of_two(float32x4_t shifted) {
  return vreinterpretq_f32_s32(vaddq_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23), vdupq_n_s32(0x3F800000)));
}
inline F32x8 power_of_two(F32x8 shifted) { return {power_of_two(shifted.lo), power_of_two(shifted.hi)}; }
inline float sum(F32x8 a) {
  const float32x4_t four = vaddq_f32(a.lo, a.hi);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

inline float32x4_t corrected(int32x4_t acc, int32x4_t sums, std::int32_t factor) {
  return vcvtq_f32_s32(vmlsq_n_s32(acc, sums, factor));
}
inline F32x8 corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return {corrected(vld1q_s32(acc), vld1q_s32(sums), factor), corrected(vld1q_s32(acc + 4), vld1q_s32(sums + 4), factor)};
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
