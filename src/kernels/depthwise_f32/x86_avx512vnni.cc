// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/depthwise_f32/packed_blocks.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

using Blocks = PackedBlocks<kNr>;

// Every weight that is loaded serves PX pixels: they share nothing else, so rows may end between them.
constexpr int kMostPixels = 8;
constexpr int kMostBlocks = 3;  // 24 accumulators and 3 weights

// NB blocks of 16 channels from channel c of PX pixels; of the last block only the lanes of kMasked's mask.
template <int PX, int NB, bool kPadding, bool kMasked>
void tile(const DepthwiseF32Args& args, std::size_t pixel, std::size_t c, __mmask16 lanes) {
  const std::size_t stride = Blocks::block_floats(args.taps), taps = args.taps;
  const float* weights = reinterpret_cast<const float*>(args.packed) + c / kNr * stride;
  const std::int32_t* offsets = args.offsets + pixel * taps;
  const float* const src = args.src + c;
  __m512 acc[PX][NB];
#pragma GCC unroll 4
  for (int b = 0; b < NB; ++b) {
    const __m512 bias = _mm512_load_ps(weights + static_cast<std::size_t>(b) * stride);
#pragma GCC unroll 8
    for (int p = 0; p < PX; ++p) acc[p][b] = bias;
  }
  for (std::size_t t = 0; t < taps; ++t, ++offsets) {
    weights += kNr;
    __m512 w[NB];
#pragma GCC unroll 4
    for (int b = 0; b < NB; ++b) w[b] = _mm512_load_ps(weights + static_cast<std::size_t>(b) * stride);
#pragma GCC unroll 8
    for (int p = 0; p < PX; ++p) {
      const std::int32_t offset = offsets[static_cast<std::size_t>(p) * taps];
      const float* from = src + offset;
      if (kPadding && offset == kPaddingTap) from = args.padding + c;
#pragma GCC unroll 4
      for (int b = 0; b < NB; ++b) {
        const __m512 value = kMasked ? _mm512_maskz_loadu_ps(lanes, from) : _mm512_loadu_ps(from + b * 16);
        acc[p][b] = _mm512_fmadd_ps(value, w[b], acc[p][b]);
      }
    }
  }
  // Of two operands min and max return the second if one is NaN: a NaN stays.
  const __m512 lo = _mm512_set1_ps(args.lo), hi = _mm512_set1_ps(args.hi);
  float* dst = args.dst + pixel * args.dst_stride + c;
#pragma GCC unroll 8
  for (int p = 0; p < PX; ++p, dst += args.dst_stride) {
#pragma GCC unroll 4
    for (int b = 0; b < NB; ++b) {
      const __m512 value = _mm512_min_ps(hi, _mm512_max_ps(lo, acc[p][b]));
      if (kMasked) {
        _mm512_mask_storeu_ps(dst, lanes, value);
      } else {
        _mm512_storeu_ps(dst + b * 16, value);
      }
    }
  }
}

template <int PX, bool kPadding>
void all_channels(const DepthwiseF32Args& args, std::size_t pixel) {
  using TileFunction = void (*)(const DepthwiseF32Args&, std::size_t, std::size_t, __mmask16);
  static constexpr TileFunction kTiles[kMostBlocks + 1] = {nullptr, tile<PX, 1, kPadding, false>,
                                                           tile<PX, 2, kPadding, false>, tile<PX, 3, kPadding, false>};
  // Nearly equal numbers of blocks: 4 are 2 + 2, as a single one has few sums to hide the latency of the fma behind.
  const std::size_t blocks = args.c / kNr, groups = (blocks + kMostBlocks - 1) / kMostBlocks;
  for (std::size_t i = 0; i < groups; ++i) {
    const std::size_t begin = blocks * i / groups, end = blocks * (i + 1) / groups;
    kTiles[end - begin](args, pixel, begin * kNr, 0xFFFF);
  }
  if (const std::size_t left = args.c % kNr; left > 0)
    tile<PX, 1, kPadding, true>(args, pixel, args.c - left, static_cast<__mmask16>((1u << left) - 1));
}

bool has_padding(const std::int32_t* offsets, std::size_t n) {
  std::int32_t signs = 0;
  for (std::size_t i = 0; i < n; ++i) signs |= offsets[i];
  return signs < 0;
}

// A window with a stride on an image that does not stay in the second-level cache: the hardware foresees what comes
// next if pixels are read one after the other, and waiting for them costs more than reading the weights again.
bool waits_for_pixels(const DepthwiseF32Args& args) {
  constexpr std::size_t kManyValues = 200 * 1000;
  if (args.pixels * args.c < kManyValues) return false;
  const std::int32_t* center = args.offsets + args.pixels / 2 * args.taps + args.taps / 2;
  return *center != kPaddingTap && *(center - args.taps) != kPaddingTap &&
         static_cast<std::size_t>(std::int64_t{*center} - *(center - args.taps)) > args.c;
}

void depthwise(const DepthwiseF32Args& args) {
  static_assert(kPaddingTap < 0);
  if (args.pixels < kMostPixels || waits_for_pixels(args)) {
    for (std::size_t p = 0; p < args.pixels; ++p) all_channels<1, true>(args, p);
    return;
  }
  for (std::size_t p = 0; p < args.pixels; p += kMostPixels) {
    // The last pixels are computed together with some before them, which come out the same a second time.
    const std::size_t pixel = p + kMostPixels <= args.pixels ? p : args.pixels - kMostPixels;
    if (has_padding(args.offsets + pixel * args.taps, kMostPixels * args.taps)) {
      all_channels<kMostPixels, true>(args, pixel);
    } else {
      all_channels<kMostPixels, false>(args, pixel);
    }
  }
}

}  // namespace

extern const DepthwiseF32Kernel kDepthwiseF32Avx512Vnni = {"depthwise_f32_8x48__avx512vnni", Isa::kAvx512Vnni,
                                                           Blocks::packed_bytes, Blocks::pack, depthwise};

}  // namespace octet
