// SPDX-License-Identifier: Apache-2.0
// What the float kernels for NEON share: comparisons with the bits of the scalar kernels, and ends of rows; only for
// kernel files.
#ifndef OCTET_KERNELS_ARM_NEON_FLOATS_H_
#define OCTET_KERNELS_ARM_NEON_FLOATS_H_

#include <arm_neon.h>

#include <cstddef>

namespace octet {
namespace {

// a > b ? a : b and a < b ? a : b, as minps and maxps of x86 are: b if one of them is NaN, or both are zeros. fmax and
// fmin of ARM give NaN, and +0 and -0.
[[maybe_unused]] float32x4_t greater_of(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
[[maybe_unused]] float32x4_t less_of(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); }

// A NaN stays.
[[maybe_unused]] float32x4_t clamp(float32x4_t x, float32x4_t lo, float32x4_t hi) {
  return less_of(hi, greater_of(lo, x));
}

// The first n values (0 to 4), zeros behind them.
[[maybe_unused]] float32x4_t load_first(const float* from, std::size_t n) {
  if (n >= 4) return vld1q_f32(from);
  const float32x4_t zeros = vdupq_n_f32(0.0f);
  if (n == 0) return zeros;
  if (n == 1) return vld1q_lane_f32(from, zeros, 0);
  const float32x4_t two = vcombine_f32(vld1_f32(from), vdup_n_f32(0.0f));
  return n == 2 ? two : vld1q_lane_f32(from + 2, two, 2);
}

// Writes the first n values; those past the fourth are somebody else's.
[[maybe_unused]] void store_first(float* to, std::size_t n, float32x4_t values) {
  if (n >= 4) return vst1q_f32(to, values);
  if (n == 0) return;
  if (n == 1) return vst1q_lane_f32(to, values, 0);
  vst1_f32(to, vget_low_f32(values));
  if (n == 3) vst1q_lane_f32(to + 2, values, 2);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_ARM_NEON_FLOATS_H_
