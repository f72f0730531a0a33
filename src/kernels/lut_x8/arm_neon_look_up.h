// SPDX-License-Identifier: Apache-2.0
// A table of 256 bytes in 16 registers; only for kernel files.
#ifndef OCTET_KERNELS_LUT_X8_ARM_NEON_LOOK_UP_H_
#define OCTET_KERNELS_LUT_X8_ARM_NEON_LOOK_UP_H_

#include <arm_neon.h>

#include <cstdint>

namespace octet {
namespace {

struct Parts {
  uint8x16x4_t part[4];
};

Parts load_parts(const std::uint8_t* table) {
  return {{vld1q_u8_x4(table), vld1q_u8_x4(table + 64), vld1q_u8_x4(table + 128), vld1q_u8_x4(table + 192)}};
}

// tbl gives 0 for an index that is not below 64, and tbx leaves what was there: each index is in one part.
uint8x16_t look_up(const Parts& parts, uint8x16_t index) {
  const uint8x16_t step = vdupq_n_u8(64);
  uint8x16_t result = vqtbl4q_u8(parts.part[0], index);
  index = vsubq_u8(index, step);
  result = vqtbx4q_u8(result, parts.part[1], index);
  index = vsubq_u8(index, step);
  result = vqtbx4q_u8(result, parts.part[2], index);
  index = vsubq_u8(index, step);
  return vqtbx4q_u8(result, parts.part[3], index);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_LUT_X8_ARM_NEON_LOOK_UP_H_
