// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include "kernels/pool_qs8/pool_qs8.h"

namespace octet {
namespace {

__m128i load(const std::int8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
void store(std::int8_t* p, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), value); }

struct Max {
  __m128i lo, hi;

  // row(t) gives 16 channels of tap t.
  template <typename Row>
  __m128i operator()(const std::int32_t* offsets, std::size_t taps, const Row& row) const {
    __m128i best = lo;
    for (std::size_t t = 0; t < taps; ++t) {
      if (offsets[t] != kPaddingTap) best = _mm_max_epi8(best, row(t));
    }
    return _mm_min_epi8(best, hi);
  }
};

struct Average {
  __m256i first;  // int32; - count * src_zero_point
  __m256 scale, lo, hi;
  __m256i zero_point;  // int16

  template <typename Row>
  __m128i operator()(const std::int32_t* offsets, std::size_t taps, const Row& row) const {
    __m256i low = first, high = first;
    // Sums of 16 bits hold 256 bytes: 255 is the most taps before they are widened.
    constexpr std::size_t kTapsPerChunk = 255;
    for (std::size_t begin = 0; begin < taps; begin += kTapsPerChunk) {
      const std::size_t end = taps - begin < kTapsPerChunk ? taps : begin + kTapsPerChunk;
      __m256i words = _mm256_setzero_si256();
      for (std::size_t t = begin; t < end; ++t) {
        if (offsets[t] != kPaddingTap) words = _mm256_add_epi16(words, _mm256_cvtepi8_epi16(row(t)));
      }
      low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(words)));
      high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(words, 1)));
    }
    const __m256i q_low = rounded(low), q_high = rounded(high);
    // Packing works on halves: 0-3, 8-11, 4-7, 12-15 is put straight afterwards.
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(q_low, q_high), _MM_SHUFFLE(3, 1, 2, 0));
    const __m256i shifted = _mm256_add_epi16(words, zero_point);
    return _mm_packs_epi16(_mm256_castsi256_si128(shifted), _mm256_extracti128_si256(shifted, 1));
  }

  // Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
  __m256i rounded(__m256i sum) const {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale), lo), hi));
  }
};

// The last block ends with the last channel and overlaps the one before. Fewer than 16 channels go through a copy:
// whole vectors would reach into other pixels.
template <typename Op>
void one_pixel(const PoolQs8Args& args, const std::int32_t* offsets, const Op& op, std::int8_t* dst) {
  const std::int8_t* src = args.src;
  const std::size_t c = args.c, taps = args.taps;
  if (c < 16) {
    alignas(16) std::int8_t staged[16] = {};
    store(staged, op(offsets, taps, [&](std::size_t t) {
            __builtin_memcpy(staged, src + offsets[t], c);
            return load(staged);
          }));
    __builtin_memcpy(dst, staged, c);
    return;
  }
  for (std::size_t begin = 0; begin < c; begin += 16) {
    const std::size_t at = begin + 16 <= c ? begin : c - 16;
    store(dst + at, op(offsets, taps, [&](std::size_t t) { return load(src + offsets[t] + at); }));
  }
}

void max(const PoolQs8Args& args) {
  const Max op{_mm_set1_epi8(static_cast<char>(args.output.lo)), _mm_set1_epi8(static_cast<char>(args.output.hi))};
  for (std::size_t p = 0; p < args.pixels; ++p) {
    one_pixel(args, args.offsets + p * args.taps, op, args.dst + p * args.dst_stride);
  }
}

void average(const PoolQs8Args& args) {
  const Qs8Output& output = args.output;
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    std::int32_t count = 0;
    for (std::size_t t = 0; t < args.taps; ++t) count += offsets[t] != kPaddingTap;
    const std::int32_t divisor = args.divisors != nullptr ? args.divisors[p] : (count > 0 ? count : 1);
    const Average op{.first = _mm256_set1_epi32(-count * args.src_zero_point),
                     .scale = _mm256_set1_ps(args.scale / static_cast<float>(divisor)),
                     .lo = _mm256_set1_ps(static_cast<float>(output.lo - output.zero_point)),
                     .hi = _mm256_set1_ps(static_cast<float>(output.hi - output.zero_point)),
                     .zero_point = _mm256_set1_epi16(static_cast<short>(output.zero_point))};
    one_pixel(args, offsets, op, args.dst + p * args.dst_stride);
  }
}

}  // namespace

extern const PoolQs8Kernel kPoolQs8Avx2 = {"pool_qs8_x16__avx2", Isa::kAvx2, max, average};

}  // namespace octet
