// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include "kernels/pool_f32/pool_f32.h"

namespace octet {
namespace {

struct Max {
  static constexpr bool kStartsAtLo = true;
  static __m256 join(__m256 acc, __m256 value) { return _mm256_max_ps(acc, value); }
};
struct Average {
  static constexpr bool kStartsAtLo = false;
  static __m256 join(__m256 acc, __m256 value) { return _mm256_add_ps(acc, value); }
};

struct Pixel {
  const float* src;
  const std::int32_t* offsets;
  std::size_t taps;
  __m256 lo, hi;
  __m256 divisor;
};

template <typename Op>
__m256 finish(const Pixel& pixel, __m256 acc) {
  if constexpr (!Op::kStartsAtLo) acc = _mm256_max_ps(pixel.lo, _mm256_div_ps(acc, pixel.divisor));
  return _mm256_min_ps(pixel.hi, acc);
}

template <typename Op, int NB>
void blocks(const Pixel& pixel, std::size_t c, float* dst) {
  __m256 acc[NB];
#pragma GCC unroll 4
  for (int b = 0; b < NB; ++b) acc[b] = Op::kStartsAtLo ? pixel.lo : _mm256_setzero_ps();
  for (std::size_t t = 0; t < pixel.taps; ++t) {
    if (pixel.offsets[t] == kPaddingTap) continue;
    const float* src = pixel.src + pixel.offsets[t] + c;
#pragma GCC unroll 4
    for (int b = 0; b < NB; ++b) acc[b] = Op::join(acc[b], _mm256_loadu_ps(src + b * 8));
  }
#pragma GCC unroll 4
  for (int b = 0; b < NB; ++b) _mm256_storeu_ps(dst + c + b * 8, finish<Op>(pixel, acc[b]));
}

template <typename Op>
void last_channels(const Pixel& pixel, std::size_t c, std::size_t n, float* dst) {
  alignas(32) static const std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const __m256i mask = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - n));
  __m256 acc = Op::kStartsAtLo ? pixel.lo : _mm256_setzero_ps();
  for (std::size_t t = 0; t < pixel.taps; ++t) {
    if (pixel.offsets[t] != kPaddingTap) {
      acc = Op::join(acc, _mm256_maskload_ps(pixel.src + pixel.offsets[t] + c, mask));
    }
  }
  _mm256_maskstore_ps(dst + c, mask, finish<Op>(pixel, acc));
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
                      .lo = _mm256_set1_ps(args.lo),
                      .hi = _mm256_set1_ps(args.hi),
                      .divisor = _mm256_set1_ps(divisor)};
    float* dst = args.dst + p * args.dst_stride;
    std::size_t c = 0;
    for (; c + 32 <= args.c; c += 32) blocks<Op, 4>(pixel, c, dst);
    for (; c + 8 <= args.c; c += 8) blocks<Op, 1>(pixel, c, dst);
    if (c < args.c) last_channels<Op>(pixel, c, args.c - c, dst);
  }
}

}  // namespace

extern const PoolF32Kernel kPoolF32Avx2 = {"pool_f32_x8__avx2", Isa::kAvx2, pool<Max>, pool<Average>};

}  // namespace octet
