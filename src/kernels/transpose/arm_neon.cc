// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. Matrices go in squares of 16 x 16 bytes or 4 x 4 words of 32 bits; the rest goes one by one.
#include <arm_neon.h>

#include <cstdint>

#include "kernels/transpose/squares.h"

namespace octet {
namespace {

// 16 x 16 bytes: interleaving row i with row i + 8 four times is a transpose.
void square(const std::uint8_t* src, std::ptrdiff_t src_stride, std::uint8_t* dst, std::ptrdiff_t dst_stride) {
  uint8x16_t rows[16], next[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) rows[i] = vld1q_u8(src + i * src_stride);
#pragma GCC unroll 2
  for (int round = 0; round < 2; ++round) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      next[2 * i] = vzip1q_u8(rows[i], rows[i + 8]);
      next[2 * i + 1] = vzip2q_u8(rows[i], rows[i + 8]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      rows[2 * i] = vzip1q_u8(next[i], next[i + 8]);
      rows[2 * i + 1] = vzip2q_u8(next[i], next[i + 8]);
    }
  }
#pragma GCC unroll 16
  for (int j = 0; j < 16; ++j) vst1q_u8(dst + j * dst_stride, rows[j]);
}

// 4 x 4 words, likewise.
void square(const std::uint32_t* src, std::ptrdiff_t src_stride, std::uint32_t* dst, std::ptrdiff_t dst_stride) {
  const uint32x4_t r0 = vld1q_u32(src), r1 = vld1q_u32(src + src_stride);
  const uint32x4_t r2 = vld1q_u32(src + 2 * src_stride), r3 = vld1q_u32(src + 3 * src_stride);
  const uint32x4_t even0 = vzip1q_u32(r0, r2), even1 = vzip2q_u32(r0, r2);
  const uint32x4_t odd0 = vzip1q_u32(r1, r3), odd1 = vzip2q_u32(r1, r3);
  vst1q_u32(dst, vzip1q_u32(even0, odd0));
  vst1q_u32(dst + dst_stride, vzip2q_u32(even0, odd0));
  vst1q_u32(dst + 2 * dst_stride, vzip1q_u32(even1, odd1));
  vst1q_u32(dst + 3 * dst_stride, vzip2q_u32(even1, odd1));
}

struct Squares {
  template <typename T>
  static void transpose(const T* src, std::ptrdiff_t src_stride, T* dst, std::ptrdiff_t dst_stride) {
    square(src, src_stride, dst, dst_stride);
  }
};

void transpose(const TransposeArgs& args) {
  transpose_walk(args, {matrix<Squares, std::uint8_t, 16>, kScalarMatrixFunctions.x16,
                        matrix<Squares, std::uint32_t, 4>, kScalarMatrixFunctions.x64});
}

}  // namespace

extern const TransposeKernel kTransposeNeon = {"transpose_16x16__neon", Isa::kNeon, transpose};

}  // namespace octet
