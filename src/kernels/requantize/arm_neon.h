// SPDX-License-Identifier: Apache-2.0
// requantize.h for vectors of ARMv8.0; only for kernel files.
#ifndef OCTET_KERNELS_REQUANTIZE_ARM_NEON_H_
#define OCTET_KERNELS_REQUANTIZE_ARM_NEON_H_

#include <arm_neon.h>

#include "kernels/requantize/requantize.h"

namespace octet {
namespace {

// The constants of one output tensor.
struct Requantize {
  int16x8_t zero_point;
  int8x8_t lo, hi;

  explicit Requantize(const Qs8Output& output)
      : zero_point(vdupq_n_s16(static_cast<std::int16_t>(output.zero_point))),
        lo(vdup_n_s8(static_cast<std::int8_t>(output.lo))),
        hi(vdup_n_s8(static_cast<std::int8_t>(output.hi))) {}

  // Rounded, without the zero point. vcvtn saturates, so clamping can wait for the bytes.
  static int32x4_t rounded(int32x4_t acc, float32x4_t scale, float32x4_t offset) {
    const float32x4_t value = vcvtq_f32_s32(acc);
    const float32x4_t signed_offset = vbslq_f32(vdupq_n_u32(0x80000000u), value, offset);
    return vcvtnq_s32_f32(vfmaq_f32(signed_offset, value, scale));
  }

  // Adds the zero point, narrows and clamps.
  int8x8_t narrow(int32x4_t q0, int32x4_t q1) const {
    const int16x8_t words = vqaddq_s16(vcombine_s16(vqmovn_s32(q0), vqmovn_s32(q1)), zero_point);
    return vmin_s8(vmax_s8(vqmovn_s16(words), lo), hi);
  }

  // Of eight neighbours.
  int8x8_t bytes(const int32x4_t (&acc)[2], const float32x4_t (&scale)[2], const float32x4_t (&offset)[2]) const {
    return narrow(rounded(acc[0], scale[0], offset[0]), rounded(acc[1], scale[1], offset[1]));
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_ARM_NEON_H_
