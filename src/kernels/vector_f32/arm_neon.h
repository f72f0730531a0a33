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
struct Floats {
  float32x4_t lo, hi;
};

inline Floats splat(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
inline Floats load(const float* src) { return {vld1q_f32(src), vld1q_f32(src + 4)}; }
inline void store(float* dst, Floats a) {
  vst1q_f32(dst, a.lo);
  vst1q_f32(dst + 4, a.hi);
}
inline Floats load_first(const float* src, std::size_t n) {
  float first[kLanes] = {};
  __builtin_memcpy(first, src, n * sizeof(float));
  return load(first);
}
inline void store_first(float* dst, Floats a, std::size_t n) {
  float all[kLanes];
  store(all, a);
  __builtin_memcpy(dst, all, n * sizeof(float));
}
inline Floats keep_first(Floats a, std::size_t n) {
  float all[kLanes];
  store(all, a);
  return load_first(all, n);
}

inline Floats add(Floats a, Floats b) { return {vaddq_f32(a.lo, b.lo), vaddq_f32(a.hi, b.hi)}; }
inline Floats sub(Floats a, Floats b) { return {vsubq_f32(a.lo, b.lo), vsubq_f32(a.hi, b.hi)}; }
inline Floats mul(Floats a, Floats b) { return {vmulq_f32(a.lo, b.lo), vmulq_f32(a.hi, b.hi)}; }
inline Floats div(Floats a, Floats b) { return {vdivq_f32(a.lo, b.lo), vdivq_f32(a.hi, b.hi)}; }
inline Floats fma(Floats a, Floats b, Floats c) { return {vfmaq_f32(c.lo, a.lo, b.lo), vfmaq_f32(c.hi, a.hi, b.hi)}; }
// vminq_f32 would pass on NaN of either operand.
inline Floats min(Floats a, Floats b) {
  return {vbslq_f32(vcltq_f32(a.lo, b.lo), a.lo, b.lo), vbslq_f32(vcltq_f32(a.hi, b.hi), a.hi, b.hi)};
}
inline Floats max(Floats a, Floats b) {
  return {vbslq_f32(vcgtq_f32(a.lo, b.lo), a.lo, b.lo), vbslq_f32(vcgtq_f32(a.hi, b.hi), a.hi, b.hi)};
}
inline Floats square_root(Floats a) { return {vsqrtq_f32(a.lo), vsqrtq_f32(a.hi)}; }
inline Floats select_less(Floats a, Floats b, Floats c, Floats d) {
  return {vbslq_f32(vcltq_f32(a.lo, b.lo), c.lo, d.lo), vbslq_f32(vcltq_f32(a.hi, b.hi), c.hi, d.hi)};
}
inline float32x4_t power_of_two(float32x4_t shifted) {
  return vreinterpretq_f32_s32(vaddq_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23), vdupq_n_s32(0x3F800000)));
}
inline Floats power_of_two(Floats shifted) { return {power_of_two(shifted.lo), power_of_two(shifted.hi)}; }
inline float largest(Floats a) { return vmaxvq_f32(vmaxq_f32(a.lo, a.hi)); }

using Sums = Floats;
inline Sums no_sums() { return splat(0.0f); }
inline Sums add_to(Sums sums, Floats a) { return add(sums, a); }
inline Sums add_square_to(Sums sums, Floats a) { return fma(a, a, sums); }
inline float sum(Sums a) {
  const float32x4_t four = vaddq_f32(a.lo, a.hi);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

inline Floats from_integers(const std::int32_t* src) { return {vcvtq_f32_s32(vld1q_s32(src)), vcvtq_f32_s32(vld1q_s32(src + 4))}; }
inline float32x4_t corrected(int32x4_t acc, int32x4_t sums, std::int32_t factor) {
  return vcvtq_f32_s32(vmlsq_n_s32(acc, sums, factor));
}
inline Floats corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return {corrected(vld1q_s32(acc), vld1q_s32(sums), factor), corrected(vld1q_s32(acc + 4), vld1q_s32(sums + 4), factor)};
}
inline Floats corrected_first(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor, std::size_t n) {
  std::int32_t first_acc[kLanes] = {}, first_sums[kLanes] = {};
  __builtin_memcpy(first_acc, acc, n * sizeof(*acc));
  __builtin_memcpy(first_sums, sums, n * sizeof(*sums));
  return corrected(first_acc, first_sums, factor);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_ARM_NEON_H_
