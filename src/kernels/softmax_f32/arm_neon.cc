// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. The operations of the scalar kernel in the same order, four at a time; none is fused.
#include "kernels/arm_neon_floats.h"
#include "kernels/softmax_f32/softmax_f32.h"

namespace octet {
namespace {

float32x4_t multiply_add(float32x4_t a, float32x4_t b, float c) { return vaddq_f32(vmulq_f32(a, b), vdupq_n_f32(c)); }

float32x4_t exp_of_negative(float32x4_t x) {
  const float32x4_t smallest = vdupq_n_f32(-87.3f), magic = vdupq_n_f32(12582912.0f);
  const float32x4_t bounded = greater_of(x, smallest);
  const float32x4_t shifted = multiply_add(bounded, vdupq_n_f32(1.44269504f), 12582912.0f);
  const float32x4_t n = vsubq_f32(shifted, magic);
  const float32x4_t r = vsubq_f32(vsubq_f32(bounded, vmulq_f32(n, vdupq_n_f32(0.693359375f))),
                                  vmulq_f32(n, vdupq_n_f32(-2.12194440e-4f)));
  float32x4_t poly = vdupq_n_f32(1.9875691500e-4f);
  poly = multiply_add(poly, r, 1.3981999507e-3f);
  poly = multiply_add(poly, r, 8.3334519073e-3f);
  poly = multiply_add(poly, r, 4.1665795894e-2f);
  poly = multiply_add(poly, r, 1.6666665459e-1f);
  poly = multiply_add(poly, r, 5.0000001201e-1f);
  poly = vaddq_f32(vaddq_f32(vmulq_f32(poly, vmulq_f32(r, r)), r), vdupq_n_f32(1.0f));
  const uint32x4_t exponent = vaddq_u32(vshlq_n_u32(vreinterpretq_u32_f32(shifted), 23), vdupq_n_u32(0x3F800000));
  const uint32x4_t value = vreinterpretq_u32_f32(vmulq_f32(poly, vreinterpretq_f32_u32(exponent)));
  return vreinterpretq_f32_u32(vandq_u32(value, vcgtq_f32(x, smallest)));
}

float max_of(const float* src, std::size_t n) {
  float32x4_t best = vdupq_n_f32(-__builtin_inff());
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) best = greater_of(vld1q_f32(src + i), best);
  float lanes[4];
  vst1q_f32(lanes, best);
  float max = lanes[0];
  for (int lane = 1; lane < 4; ++lane) max = lanes[lane] > max ? lanes[lane] : max;
  for (; i < n; ++i) max = src[i] > max ? src[i] : max;
  return max;
}

// Lane i is set for i < n.
uint32x4_t first_lanes(std::size_t n) {
  static constexpr std::uint32_t kLanes[4] = {0, 1, 2, 3};
  return vcltq_u32(vld1q_u32(kLanes), vdupq_n_u32(static_cast<std::uint32_t>(n < 4 ? n : 4)));
}

// Four of the row, of which n exist: dst = exp(src - max), added to sums.
void exponentials_of_four(const float* src, float* dst, std::size_t n, float32x4_t max, float32x4_t& sums) {
  const float32x4_t e = exp_of_negative(vsubq_f32(load_first(src, n), max));
  sums = vaddq_f32(sums, vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(e), first_lanes(n))));
  store_first(dst, n, e);
}

// dst = exp(src - max); returns the sum in the order of the scalar kernel.
float exponentials(const float* src, float* dst, std::size_t n, float max) {
  const float32x4_t shift = vdupq_n_f32(max);
  float32x4_t low = vdupq_n_f32(0.0f),
              high = low;  // sums of the values whose index mod 8 is below 4, and of the others
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const float32x4_t e0 = exp_of_negative(vsubq_f32(vld1q_f32(src + i), shift));
    const float32x4_t e1 = exp_of_negative(vsubq_f32(vld1q_f32(src + i + 4), shift));
    low = vaddq_f32(low, e0);
    high = vaddq_f32(high, e1);
    vst1q_f32(dst + i, e0);
    vst1q_f32(dst + i + 4, e1);
  }
  if (i < n) exponentials_of_four(src + i, dst + i, n - i, shift, low);
  if (i + 4 < n) exponentials_of_four(src + i + 4, dst + i + 4, n - i - 4, shift, high);
  const float32x4_t four = vaddq_f32(low, high);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

void multiply(float* dst, std::size_t n, float factor) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(dst + i, vmulq_n_f32(vld1q_f32(dst + i), factor));
  for (; i < n; ++i) dst[i] *= factor;
}

void softmax(const SoftmaxF32Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    const float* src = args.src + row * args.src_row_stride;
    float* dst = args.dst + row * args.dst_row_stride;
    multiply(dst, args.n, 1.0f / exponentials(src, dst, args.n, max_of(src, args.n)));
  }
}

}  // namespace

extern const SoftmaxF32Kernel kSoftmaxF32Neon = {"softmax_f32_x4__neon", Isa::kNeon, softmax};

}  // namespace octet
