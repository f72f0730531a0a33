// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/requantize/arm_neon.h"
#include "kernels/pool_qs8/pool_qs8.h"

namespace octet {
namespace {

struct Max {
  int8x16_t lo, hi;

  // row(t) gives 16 channels of tap t.
  template <typename Row>
  int8x16_t operator()(const std::int32_t* offsets, std::size_t taps, const Row& row) const {
    int8x16_t best = lo;
    for (std::size_t t = 0; t < taps; ++t) {
      if (offsets[t] != kPaddingTap) best = vmaxq_s8(best, row(t));
    }
    return vminq_s8(best, hi);
  }
};

struct Average {
  int32x4_t first;  // - count * src_zero_point
  float32x4_t scale;
  Requantize requantize;

  template <typename Row>
  int8x16_t operator()(const std::int32_t* offsets, std::size_t taps, const Row& row) const {
    int32x4_t sums[4] = {first, first, first, first};
    // Sums of 16 bits hold 256 bytes: 255 is the most taps before they are widened.
    constexpr std::size_t kTapsPerChunk = 255;
    for (std::size_t begin = 0; begin < taps; begin += kTapsPerChunk) {
      const std::size_t end = taps - begin < kTapsPerChunk ? taps : begin + kTapsPerChunk;
      int16x8_t low = vdupq_n_s16(0), high = low;
      for (std::size_t t = begin; t < end; ++t) {
        if (offsets[t] == kPaddingTap) continue;
        const int8x16_t values = row(t);
        low = vaddw_s8(low, vget_low_s8(values));
        high = vaddw_high_s8(high, values);
      }
      sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
      sums[1] = vaddw_high_s16(sums[1], low);
      sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
      sums[3] = vaddw_high_s16(sums[3], high);
    }
    return vcombine_s8(requantize.narrow(rounded(sums[0]), rounded(sums[1])),
                       requantize.narrow(rounded(sums[2]), rounded(sums[3])));
  }

  // vcvtn saturates: bounds can wait for the bytes.
  int32x4_t rounded(int32x4_t sum) const { return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum), scale)); }
};

// The last block ends with the last channel and overlaps the one before. Fewer than 16 channels go through a copy:
// whole vectors would reach into other pixels.
template <typename Op>
void one_pixel(const PoolQs8Args& args, const std::int32_t* offsets, const Op& op, std::int8_t* dst) {
  const std::int8_t* src = args.src;
  const std::size_t c = args.c, taps = args.taps;
  if (c < 16) {
    std::int8_t staged[16] = {};
    vst1q_s8(staged, op(offsets, taps, [&](std::size_t t) {
               __builtin_memcpy(staged, src + offsets[t], c);
               return vld1q_s8(staged);
             }));
    __builtin_memcpy(dst, staged, c);
    return;
  }
  for (std::size_t begin = 0; begin < c; begin += 16) {
    const std::size_t at = begin + 16 <= c ? begin : c - 16;
    vst1q_s8(dst + at, op(offsets, taps, [&](std::size_t t) { return vld1q_s8(src + offsets[t] + at); }));
  }
}

void max(const PoolQs8Args& args) {
  const Max op{vdupq_n_s8(static_cast<std::int8_t>(args.output.lo)),
               vdupq_n_s8(static_cast<std::int8_t>(args.output.hi))};
  for (std::size_t p = 0; p < args.pixels; ++p) {
    one_pixel(args, args.offsets + p * args.taps, op, args.dst + p * args.dst_stride);
  }
}

void average(const PoolQs8Args& args) {
  const Requantize requantize(args.output);
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    std::int32_t count = 0;
    for (std::size_t t = 0; t < args.taps; ++t) count += offsets[t] != kPaddingTap;
    const std::int32_t divisor = args.divisors != nullptr ? args.divisors[p] : (count > 0 ? count : 1);
    const Average op{.first = vdupq_n_s32(-count * args.src_zero_point),
                     .scale = vdupq_n_f32(args.scale / static_cast<float>(divisor)),
                     .requantize = requantize};
    one_pixel(args, offsets, op, args.dst + p * args.dst_stride);
  }
}

}  // namespace

extern const PoolQs8Kernel kPoolQs8Neon = {"pool_qs8_x16__neon", Isa::kNeon, max, average};

}  // namespace octet
