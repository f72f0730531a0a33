// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0.
#include "kernels/arm_neon_floats.h"
#include "kernels/depthwise_f32/packed_blocks.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 4;

using Blocks = PackedBlocks<kNr>;

const float* tap(const DepthwiseF32Args& args, const std::int32_t* offsets, std::size_t t) {
  return offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
}

// NB blocks from channel c, of which `n` channels exist: all, or fewer of a single block.
template <int NB>
void blocks(const DepthwiseF32Args& args, const std::int32_t* offsets, std::size_t c, std::size_t n, float* dst) {
  const std::size_t stride = Blocks::block_floats(args.taps);
  const float* weights = reinterpret_cast<const float*>(args.packed) + c / kNr * stride;
  float32x4_t acc[NB];
#pragma GCC unroll 8
  for (std::size_t b = 0; b < NB; ++b) acc[b] = vld1q_f32(weights + b * stride);
  for (std::size_t t = 0; t < args.taps; ++t) {
    weights += kNr;
    const float* src = tap(args, offsets, t) + c;
#pragma GCC unroll 8
    for (std::size_t b = 0; b < NB; ++b) {
      const float32x4_t values = NB == 1 ? load_first(src, n) : vld1q_f32(src + b * kNr);
      acc[b] = vfmaq_f32(acc[b], values, vld1q_f32(weights + b * stride));
    }
  }
  const float32x4_t lo = vdupq_n_f32(args.lo), hi = vdupq_n_f32(args.hi);
#pragma GCC unroll 8
  for (std::size_t b = 0; b < NB; ++b) store_first(dst + c + b * kNr, n - b * kNr, clamp(acc[b], lo, hi));
}

void depthwise(const DepthwiseF32Args& args) {
  const std::int32_t* offsets = args.offsets;
  float* dst = args.dst;
  for (std::size_t p = 0; p < args.pixels; ++p, offsets += args.taps, dst += args.dst_stride) {
    std::size_t c = 0;
    for (; c + 8 * kNr <= args.c; c += 8 * kNr) blocks<8>(args, offsets, c, 8 * kNr, dst);
    for (; c + 2 * kNr <= args.c; c += 2 * kNr) blocks<2>(args, offsets, c, 2 * kNr, dst);
    for (; c < args.c; c += kNr) blocks<1>(args, offsets, c, args.c - c, dst);
  }
}

}  // namespace

extern const DepthwiseF32Kernel kDepthwiseF32Neon = {"depthwise_f32_1x4__neon", Isa::kNeon, Blocks::packed_bytes, Blocks::pack,
                                                     depthwise};

}  // namespace octet
