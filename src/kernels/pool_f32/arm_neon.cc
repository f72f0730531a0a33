// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/arm_neon_floats.h"
#include "kernels/pool_f32/pool_f32.h"

namespace octet {
namespace {

struct Max {
  static constexpr bool kStartsAtLo = true;
  static float32x4_t join(float32x4_t acc, float32x4_t value) { return greater_of(acc, value); }
};
struct Average {
  static constexpr bool kStartsAtLo = false;
  static float32x4_t join(float32x4_t acc, float32x4_t value) { return vaddq_f32(acc, value); }
};

struct Pixel {
  const float* src;
  const std::int32_t* offsets;
  std::size_t taps;
  float32x4_t lo, hi;
  float32x4_t divisor;
};

template <typename Op>
float32x4_t finish(const Pixel& pixel, float32x4_t acc) {
  if constexpr (!Op::kStartsAtLo) acc = greater_of(pixel.lo, vdivq_f32(acc, pixel.divisor));
  return less_of(pixel.hi, acc);
}

// NB vectors from channel c, of which n channels exist: all, or fewer of a single vector.
template <typename Op, int NB>
void blocks(const Pixel& pixel, std::size_t c, std::size_t n, float* dst) {
  float32x4_t acc[NB];
#pragma GCC unroll 8
  for (int b = 0; b < NB; ++b) acc[b] = Op::kStartsAtLo ? pixel.lo : vdupq_n_f32(0.0f);
  for (std::size_t t = 0; t < pixel.taps; ++t) {
    if (pixel.offsets[t] == kPaddingTap) continue;
    const float* src = pixel.src + pixel.offsets[t] + c;
#pragma GCC unroll 8
    for (int b = 0; b < NB; ++b) acc[b] = Op::join(acc[b], NB == 1 ? load_first(src, n) : vld1q_f32(src + b * 4));
  }
#pragma GCC unroll 8
  for (std::size_t b = 0; b < NB; ++b) store_first(dst + c + b * 4, n - b * 4, finish<Op>(pixel, acc[b]));
}

std::int32_t divisor_of(const PoolF32Args& args, std::size_t p) {
  if (args.divisors != nullptr) return args.divisors[p];
  std::int32_t count = 0;
  for (std::size_t t = 0; t < args.taps; ++t) count += args.offsets[p * args.taps + t] != kPaddingTap;
  return count > 0 ? count : 1;
}

template <typename Op>
void pool(const PoolF32Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const float divisor = Op::kStartsAtLo ? 1.0f : static_cast<float>(divisor_of(args, p));
    const Pixel pixel{.src = args.src,
                      .offsets = args.offsets + p * args.taps,
                      .taps = args.taps,
                      .lo = vdupq_n_f32(args.lo),
                      .hi = vdupq_n_f32(args.hi),
                      .divisor = vdupq_n_f32(divisor)};
    float* dst = args.dst + p * args.dst_stride;
    std::size_t c = 0;
    for (; c + 32 <= args.c; c += 32) blocks<Op, 8>(pixel, c, 32, dst);
    for (; c + 8 <= args.c; c += 8) blocks<Op, 2>(pixel, c, 8, dst);
    for (; c < args.c; c += 4) blocks<Op, 1>(pixel, c, args.c - c, dst);
  }
}

}  // namespace

extern const PoolF32Kernel kPoolF32Neon = {"pool_f32_x4__neon", Isa::kNeon, pool<Max>, pool<Average>};

}  // namespace octet
