// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512.
#include "kernels/pool_qs8/pool_qs8.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kChannels = 64;

// Operations on N times 64 channels, for which a tap is looked at once; the last 64 may be cut off by `mask`.
// src + offsets[t] is the first channel of tap t.

struct Max {
  __m512i lo, hi;

  explicit Max(const Qs8Output& output)
      : lo(_mm512_set1_epi8(static_cast<char>(output.lo))), hi(_mm512_set1_epi8(static_cast<char>(output.hi))) {}

  template <std::size_t N>
  void channels(const std::int32_t* offsets, std::size_t taps, const std::int8_t* src, __mmask64 mask,
                std::int8_t* dst) const {
    __m512i best[N];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < N; ++v) best[v] = lo;
    for (std::size_t t = 0; t < taps; ++t) {
      if (offsets[t] == kPaddingTap) continue;
      const std::int8_t* from = src + offsets[t];
#pragma GCC unroll 4
      for (std::size_t v = 0; v + 1 < N; ++v)
        best[v] = _mm512_max_epi8(best[v], _mm512_loadu_si512(from + v * kChannels));
      best[N - 1] = _mm512_max_epi8(best[N - 1], _mm512_maskz_loadu_epi8(mask, from + (N - 1) * kChannels));
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < N; ++v)
      _mm512_mask_storeu_epi8(dst + v * kChannels, v + 1 < N ? ~__mmask64{0} : mask, _mm512_min_epi8(best[v], hi));
  }
};

template <bool kSmall>
struct Average {
  __m512i first;  // int32; - count * src_zero_point
  __m512 scale, lo, hi;
  RequantizeBytes requantize;

  template <std::size_t N>
  void channels(const std::int32_t* offsets, std::size_t taps, const std::int8_t* src, __mmask64 mask,
                std::int8_t* dst) const {
    __m512i sums[N][4];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < N; ++v) sums[v][0] = sums[v][1] = sums[v][2] = sums[v][3] = first;
    // Sums of 16 bits hold 256 bytes: 255 is the most taps before they are widened.
    constexpr std::size_t kTapsPerChunk = 255;
    for (std::size_t begin = 0; begin < taps; begin += kTapsPerChunk) {
      const std::size_t end = taps - begin < kTapsPerChunk ? taps : begin + kTapsPerChunk;
      __m512i words[N][2];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < N; ++v) words[v][0] = words[v][1] = _mm512_setzero_si512();
      for (std::size_t t = begin; t < end; ++t) {
        if (offsets[t] == kPaddingTap) continue;
        const std::int8_t* from = src + offsets[t];
#pragma GCC unroll 2
        for (std::size_t v = 0; v < N; ++v, from += kChannels) {
          const __mmask64 loaded = v + 1 < N ? ~__mmask64{0} : mask;
          words[v][0] = _mm512_add_epi16(words[v][0], widened(from, static_cast<__mmask32>(loaded)));
          words[v][1] = _mm512_add_epi16(words[v][1], widened(from + 32, static_cast<__mmask32>(loaded >> 32)));
        }
      }
#pragma GCC unroll 2
      for (std::size_t v = 0; v < N; ++v) {
#pragma GCC unroll 2
        for (std::size_t half = 0; half < 2; ++half) {
          const __m512i value = words[v][half], signs = _mm512_srai_epi16(value, 15);
          sums[v][2 * half] = _mm512_add_epi32(sums[v][2 * half], _mm512_unpacklo_epi16(value, signs));
          sums[v][2 * half + 1] = _mm512_add_epi32(sums[v][2 * half + 1], _mm512_unpackhi_epi16(value, signs));
        }
      }
    }
#pragma GCC unroll 2
    for (std::size_t v = 0; v < N; ++v)
      _mm512_mask_storeu_epi8(dst + v * kChannels, v + 1 < N ? ~__mmask64{0} : mask, bytes(sums[v]));
  }

  static __m512i widened(const std::int8_t* from, __mmask32 mask) {
    return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, from));
  }

  __m512i bytes(const __m512i* sums) const {
    __m512i q[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i]), scale);
      // Clamped before rounding: vcvtps2dq gives INT32_MIN for anything too large.
      q[i] = _mm512_cvtps_epi32(kSmall ? scaled : _mm512_min_ps(_mm512_max_ps(scaled, lo), hi));
    }
    // Eight channels of the first 32 and eight of the others stand in each lane.
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    return _mm512_permutexvar_epi64(order, requantize.bytes(q[0], q[1], q[2], q[3]));
  }
};

template <typename Op>
void one_pixel(const PoolQs8Args& args, const std::int32_t* offsets, const Op& op, std::int8_t* dst) {
  const std::size_t c = args.c, taps = args.taps;
  std::size_t at = 0;
  for (; at + 2 * kChannels <= c; at += 2 * kChannels)
    op.template channels<2>(offsets, taps, args.src + at, ~__mmask64{0}, dst + at);
  for (; at < c; at += kChannels) {
    const std::size_t left = c - at;
    const __mmask64 mask = left >= kChannels ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    op.template channels<1>(offsets, taps, args.src + at, mask, dst + at);
  }
}

void max(const PoolQs8Args& args) {
  const Max op(args.output);
  for (std::size_t p = 0; p < args.pixels; ++p)
    one_pixel(args, args.offsets + p * args.taps, op, args.dst + p * args.dst_stride);
}

template <bool kSmall>
void averages(const PoolQs8Args& args) {
  const Qs8Output& output = args.output;
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    std::int32_t count = 0;
    for (std::size_t t = 0; t < args.taps; ++t) count += offsets[t] != kPaddingTap;
    const std::int32_t divisor = args.divisors != nullptr ? args.divisors[p] : (count > 0 ? count : 1);
    const Average<kSmall> op{.first = _mm512_set1_epi32(-count * args.src_zero_point),
                             .scale = _mm512_set1_ps(args.scale / static_cast<float>(divisor)),
                             .lo = _mm512_set1_ps(static_cast<float>(output.lo - output.zero_point)),
                             .hi = _mm512_set1_ps(static_cast<float>(output.hi - output.zero_point)),
                             .requantize = RequantizeBytes(output)};
    one_pixel(args, offsets, op, args.dst + p * args.dst_stride);
  }
}

void average(const PoolQs8Args& args) {
  // A sum is at most 255 * taps; below 2^31, saturation does what clamping would.
  const float most = args.scale * 255.0f * static_cast<float>(args.taps);
  most > -1e9f && most < 1e9f ? averages<true>(args) : averages<false>(args);
}

}  // namespace

extern const PoolQs8Kernel kPoolQs8Avx512Vnni = {"pool_qs8_x64__avx512vnni", Isa::kAvx512Vnni, max, average};

}  // namespace octet
