// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include "kernels/pool_qs8/pool_qs8.h"

namespace octet {
namespace {

// Vectors of bytes.
struct Bytes16 {
  using Vector = __m128i;
  static Vector load(const std::int8_t* p) { return _mm_loadu_si128(reinterpret_cast<const Vector*>(p)); }
  static void store(std::int8_t* p, Vector value) { _mm_storeu_si128(reinterpret_cast<Vector*>(p), value); }
  static Vector all(std::int32_t value) { return _mm_set1_epi8(static_cast<char>(value)); }
  static Vector max(Vector a, Vector b) { return _mm_max_epi8(a, b); }
  static Vector min(Vector a, Vector b) { return _mm_min_epi8(a, b); }
};
struct Bytes32 {
  using Vector = __m256i;
  static Vector load(const std::int8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const Vector*>(p)); }
  static void store(std::int8_t* p, Vector value) { _mm256_storeu_si256(reinterpret_cast<Vector*>(p), value); }
  static Vector all(std::int32_t value) { return _mm256_set1_epi8(static_cast<char>(value)); }
  static Vector max(Vector a, Vector b) { return _mm256_max_epi8(a, b); }
  static Vector min(Vector a, Vector b) { return _mm256_min_epi8(a, b); }
};

// Operations on N vectors of kChannels, for which a tap is looked at once. row(t) gives the channels of tap t.

template <typename Bytes>
struct Max {
  static constexpr std::size_t kChannels = sizeof(typename Bytes::Vector);
  typename Bytes::Vector lo, hi;

  explicit Max(const Qs8Output& output) : lo(Bytes::all(output.lo)), hi(Bytes::all(output.hi)) {}

  template <std::size_t N, typename Row>
  void channels(const std::int32_t* offsets, std::size_t taps, const Row& row, std::int8_t* dst) const {
    typename Bytes::Vector best[N];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < N; ++v) best[v] = lo;
    for (std::size_t t = 0; t < taps; ++t) {
      if (offsets[t] == kPaddingTap) continue;
      const std::int8_t* src = row(t);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < N; ++v) best[v] = Bytes::max(best[v], Bytes::load(src + v * kChannels));
    }
#pragma GCC unroll 8
    for (std::size_t v = 0; v < N; ++v) Bytes::store(dst + v * kChannels, Bytes::min(best[v], hi));
  }
};

struct Average {
  static constexpr std::size_t kChannels = 16;
  __m256i first;  // int32; - count * src_zero_point
  __m256 scale, lo, hi;
  __m256i zero_point;  // int16

  template <std::size_t N, typename Row>
  void channels(const std::int32_t* offsets, std::size_t taps, const Row& row, std::int8_t* dst) const {
    __m256i low[N], high[N];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < N; ++v) low[v] = high[v] = first;
    // Sums of 16 bits hold 256 bytes: 255 is the most taps before they are widened.
    constexpr std::size_t kTapsPerChunk = 255;
    for (std::size_t begin = 0; begin < taps; begin += kTapsPerChunk) {
      const std::size_t end = taps - begin < kTapsPerChunk ? taps : begin + kTapsPerChunk;
      __m256i words[N];
#pragma GCC unroll 8
      for (std::size_t v = 0; v < N; ++v) words[v] = _mm256_setzero_si256();
      for (std::size_t t = begin; t < end; ++t) {
        if (offsets[t] == kPaddingTap) continue;
        const std::int8_t* src = row(t);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < N; ++v)
          words[v] = _mm256_add_epi16(words[v], _mm256_cvtepi8_epi16(Bytes16::load(src + v * kChannels)));
      }
#pragma GCC unroll 8
      for (std::size_t v = 0; v < N; ++v) {
        low[v] = _mm256_add_epi32(low[v], _mm256_cvtepi16_epi32(_mm256_castsi256_si128(words[v])));
        high[v] = _mm256_add_epi32(high[v], _mm256_cvtepi16_epi32(_mm256_extracti128_si256(words[v], 1)));
      }
    }
#pragma GCC unroll 8
    for (std::size_t v = 0; v < N; ++v) Bytes16::store(dst + v * kChannels, bytes(low[v], high[v]));
  }

  __m128i bytes(__m256i low, __m256i high) const {
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

// The last vector ends with the last channel and overlaps the one before. Fewer channels go through a copy: whole
// vectors would reach into other pixels.
template <typename Op>
void one_pixel(const PoolQs8Args& args, const std::int32_t* offsets, const Op& op, std::int8_t* dst) {
  const std::int8_t* src = args.src;
  const std::size_t c = args.c, taps = args.taps;
  if (c < Op::kChannels) {
    alignas(32) std::int8_t staged[Op::kChannels] = {};
    const auto stage = [&](std::size_t t) {
      __builtin_memcpy(staged, src + offsets[t], c);
      return staged;
    };
    op.template channels<1>(offsets, taps, stage, staged);
    __builtin_memcpy(dst, staged, c);
    return;
  }
  std::size_t at = 0;
  const auto row = [&](std::size_t t) { return src + offsets[t] + at; };
  for (; at + 4 * Op::kChannels <= c; at += 4 * Op::kChannels) op.template channels<4>(offsets, taps, row, dst + at);
  for (; at + 2 * Op::kChannels <= c; at += 2 * Op::kChannels) op.template channels<2>(offsets, taps, row, dst + at);
  for (; at + Op::kChannels <= c; at += Op::kChannels) op.template channels<1>(offsets, taps, row, dst + at);
  if (at == c) return;
  at = c - Op::kChannels;
  op.template channels<1>(offsets, taps, row, dst + at);
}

template <typename Bytes>
void max(const PoolQs8Args& args) {
  const Max<Bytes> op(args.output);
  for (std::size_t p = 0; p < args.pixels; ++p) {
    one_pixel(args, args.offsets + p * args.taps, op, args.dst + p * args.dst_stride);
  }
}

void max(const PoolQs8Args& args) { args.c < Max<Bytes32>::kChannels ? max<Bytes16>(args) : max<Bytes32>(args); }

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

extern const PoolQs8Kernel kPoolQs8Avx2 = {"pool_qs8_x32__avx2", Isa::kAvx2, max, average};

}  // namespace octet
