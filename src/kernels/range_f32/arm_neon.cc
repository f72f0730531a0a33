// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/arm_neon_floats.h"
#include "kernels/range_f32/range_f32.h"

namespace octet {
namespace {

struct Lanes {
  float32x4_t min, max, non_finite;

  // A NaN is neither less nor greater: the accumulator stays.
  void join(float32x4_t value) {
    min = less_of(value, min);
    max = greater_of(value, max);
    non_finite = vaddq_f32(non_finite, vmulq_n_f32(value, 0.0f));  // NaN for all but numbers
  }
};

RangeF32 range(const float* src, std::size_t n) {
  Lanes even{vdupq_n_f32(__builtin_inff()), vdupq_n_f32(-__builtin_inff()), vdupq_n_f32(0.0f)}, odd = even;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    even.join(vld1q_f32(src + i));
    odd.join(vld1q_f32(src + i + 4));
  }
  float min[4], max[4], non_finite[4];
  vst1q_f32(min, less_of(even.min, odd.min));
  vst1q_f32(max, greater_of(even.max, odd.max));
  vst1q_f32(non_finite, vaddq_f32(even.non_finite, odd.non_finite));
  RangeF32 r{min[0], max[0], true};
  float sum = 0.0f;
  for (int lane = 0; lane < 4; ++lane) {
    if (min[lane] < r.min) r.min = min[lane];
    if (max[lane] > r.max) r.max = max[lane];
    sum += non_finite[lane];
  }
  for (; i < n; ++i) {
    if (src[i] < r.min) r.min = src[i];
    if (src[i] > r.max) r.max = src[i];
    sum += src[i] * 0.0f;
  }
  return {r.min + 0.0f, r.max + 0.0f, sum == 0.0f};  // + 0: no -0
}

}  // namespace

extern const RangeF32Kernel kRangeF32Neon = {"range_f32_x4__neon", Isa::kNeon, range};

}  // namespace octet
