// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include <immintrin.h>

#include "kernels/depthwise_f32/packed_blocks.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 8;

using Blocks = PackedBlocks<kNr>;

const float* tap(const DepthwiseF32Args& args, const std::int32_t* offsets, std::size_t t) {
  return offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
}

// NB whole blocks of 8 channels from channel c.
template <int NB>
void blocks(const DepthwiseF32Args& args, const std::int32_t* offsets, std::size_t c, float* dst) {
  const std::size_t stride = Blocks::block_floats(args.taps);
  const float* weights = reinterpret_cast<const float*>(args.packed) + c / kNr * stride;
  __m256 acc[NB];
#pragma GCC unroll 4
  for (int b = 0; b < NB; ++b) acc[b] = _mm256_load_ps(weights + static_cast<std::size_t>(b) * stride);
  for (std::size_t t = 0; t < args.taps; ++t) {
    weights += kNr;
    const float* src = tap(args, offsets, t) + c;
#pragma GCC unroll 4
    for (int b = 0; b < NB; ++b) {
      acc[b] = _mm256_fmadd_ps(_mm256_loadu_ps(src + b * 8),
                               _mm256_load_ps(weights + static_cast<std::size_t>(b) * stride), acc[b]);
    }
  }
  // Of two operands min and max return the second if one is NaN: a NaN stays.
  const __m256 lo = _mm256_set1_ps(args.lo), hi = _mm256_set1_ps(args.hi);
#pragma GCC unroll 4
  for (int b = 0; b < NB; ++b) _mm256_storeu_ps(dst + c + b * 8, _mm256_min_ps(hi, _mm256_max_ps(lo, acc[b])));
}

// The last n < 8 channels.
void last_channels(const DepthwiseF32Args& args, const std::int32_t* offsets, std::size_t c, std::size_t n,
                   float* dst) {
  alignas(32) static const std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const __m256i mask = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - n));
  const float* weights = reinterpret_cast<const float*>(args.packed) + c / kNr * Blocks::block_floats(args.taps);
  __m256 acc = _mm256_load_ps(weights);
  for (std::size_t t = 0; t < args.taps; ++t) {
    weights += kNr;
    acc = _mm256_fmadd_ps(_mm256_maskload_ps(tap(args, offsets, t) + c, mask), _mm256_load_ps(weights), acc);
  }
  acc = _mm256_min_ps(_mm256_set1_ps(args.hi), _mm256_max_ps(_mm256_set1_ps(args.lo), acc));
  _mm256_maskstore_ps(dst + c, mask, acc);
}

void depthwise(const DepthwiseF32Args& args) {
  const std::int32_t* offsets = args.offsets;
  float* dst = args.dst;
  for (std::size_t p = 0; p < args.pixels; ++p, offsets += args.taps, dst += args.dst_stride) {
    std::size_t c = 0;
    for (; c + 4 * kNr <= args.c; c += 4 * kNr) blocks<4>(args, offsets, c, dst);
    for (; c + kNr <= args.c; c += kNr) blocks<1>(args, offsets, c, dst);
    if (c < args.c) last_channels(args, offsets, c, args.c - c, dst);
  }
}

}  // namespace

extern const DepthwiseF32Kernel kDepthwiseF32Avx2 = {"depthwise_f32_1x8__avx2", Isa::kAvx2, Blocks::packed_bytes, Blocks::pack,
                                                     depthwise};

}  // namespace octet
