// SPDX-License-Identifier: Apache-2.0
// Any weights and scales on AVX-512: two taps side by side as int16 pairs, which vpdpwssd multiplies and adds exactly.
// Only for kernel files.
#ifndef OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS512_H_
#define OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS512_H_

#include "kernels/depthwise_qs8_qc8w/x86_pairs.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {
namespace pairs {

constexpr std::size_t kNr = 32;

// Position p of a block is channel 8 * (p % 16 / 4) + p % 4 of its first half, or 4 more for p >= 16, as unpacking leaves
// them.
using Packed = PairBlocks<kNr>;
using Block = Packed::Block;

std::size_t channel_of(std::size_t position) { return position % 16 / 4 * 8 + position % 4 + position / 16 * 4; }

std::size_t packed_bytes(std::size_t c, std::size_t taps) { return Packed::packed_bytes(c, taps); }

void pack(const DepthwiseQs8PackArgs& args, std::byte* packed) {
  Packed::pack(args, packed, [](std::size_t block, std::size_t position) { return block * kNr + channel_of(position); });
}

const std::int8_t* tap(const DepthwiseQs8Args& args, const std::int32_t* offsets, std::size_t t) {
  return offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
}

// acc += products of the pairs of a and b; in assembly for the reason given in gemm_qs8_qc8w/x86_avx512vnni.cc.
void dot2(__m512i& acc, __m512i a, __m512i b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpwssd_epi32(acc, a, b);
#else
  asm("vpdpwssd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

struct Accumulators {
  __m512i acc0, acc1;
};

// weights: of one pair of taps.
void multiply_add(Accumulators& sums, __m512i first, __m512i second, const std::int16_t* weights) {
  dot2(sums.acc0, _mm512_unpacklo_epi16(first, second), _mm512_load_si512(weights));
  dot2(sums.acc1, _mm512_unpackhi_epi16(first, second), _mm512_load_si512(weights + kNr));
}

// Half a block: its 16 positions from `first`.
__m512i rounded(__m512i acc, const Block& block, std::size_t first, const Requantize& requantize) {
  return requantize.rounded(acc, _mm512_load_ps(block.scale + first), _mm512_load_ps(block.offset + first));
}

// The channels of `mask` from channel c, which `packed` belongs to.
void one_block(const DepthwiseQs8Args& args, const std::int32_t* offsets, const std::byte* packed, std::size_t c,
               __mmask32 mask, const Requantize& requantize, std::int8_t* dst) {
  const std::size_t taps = args.taps;
  const auto& block = *reinterpret_cast<const Block*>(packed);
  const auto* weights = reinterpret_cast<const std::int16_t*>(packed + sizeof(Block));
  const auto load = [&](std::size_t t) {
    return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, tap(args, offsets, t) + c));
  };
  Accumulators sums{_mm512_load_si512(block.bias), _mm512_load_si512(block.bias + 16)};
  std::size_t t = 0;
  for (; t + 2 <= taps; t += 2, weights += 2 * kNr) multiply_add(sums, load(t), load(t + 1), weights);
  if (t < taps) multiply_add(sums, load(t), _mm512_setzero_si512(), weights);
  const __m512i q0 = rounded(sums.acc0, block, 0, requantize), q1 = rounded(sums.acc1, block, 16, requantize);
  const auto zero_point = static_cast<short>(args.output.zero_point);
  const __m512i words = _mm512_add_epi16(_mm512_packs_epi32(q0, q1), _mm512_set1_epi16(zero_point));
  _mm256_mask_storeu_epi8(dst + c, mask, _mm512_cvtsepi16_epi8(words));
}

void depthwise(const DepthwiseQs8Args& args) {
  const Requantize requantize(args.output);
  const std::size_t bytes = Packed::block_bytes(args.taps), channels = args.c;
  const std::int32_t* offsets = args.offsets;
  std::int8_t* dst = args.dst;
  for (std::size_t p = 0; p < args.pixels; ++p, offsets += args.taps, dst += args.dst_stride) {
    const std::byte* packed = args.packed;
    for (std::size_t c = 0; c < channels; c += kNr, packed += bytes) {
      const std::size_t left = channels - c;
      const __mmask32 mask = left >= kNr ? ~__mmask32{0} : (__mmask32{1} << left) - 1;
      one_block(args, offsets, packed, c, mask, requantize, dst);
    }
  }
}

}  // namespace pairs
}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS512_H_
