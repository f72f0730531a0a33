// SPDX-License-Identifier: Apache-2.0
// The kernel on vectors of 256 bits: two taps side by side as int16 pairs, which are multiplied and added exactly.
// Instructions::dot2(acc, a, b) is acc and the products of each pair: two instructions of AVX2, or one of VNNI. All
// else is AVX2. Only for kernel files.
#ifndef OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS256_H_
#define OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS256_H_

#include <immintrin.h>

#include "kernels/depthwise_qs8_qc8w/sliding_rows.h"
#include "kernels/depthwise_qs8_qc8w/x86_pairs.h"
#include "kernels/requantize/x86_avx2.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

// The last block ends with the last channel: it overlaps the one before instead of being cut off (fewer than 16 channels
// in all: the rest is zero). Channels stand in the order 0-3, 8-11, 4-7, 12-15, as unpacking leaves them.
using Packed = PairBlocks<kNr>;
using Block = Packed::Block;

std::size_t channel_of(std::size_t position) { return (position & 3) | (position & 4) << 1 | (position & 8) >> 1; }

// First channel of a block; c >= 16, or there is one block.
std::size_t first_channel(std::size_t block, std::size_t c) {
  return block * kNr + kNr <= c || c < kNr ? block * kNr : c - kNr;
}

const std::int8_t* tap(const DepthwiseQs8Args& args, const std::int32_t* offsets, std::size_t t) {
  return offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
}

__m256i load_wide(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

struct MultiplyAndAdd {
  [[gnu::always_inline]] static inline __m256i dot2(__m256i acc, __m256i a, __m256i b) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
  }
};

struct Accumulators {
  __m256i acc0, acc1;
};

// weights: of one pair of taps.
template <typename Instructions>
[[gnu::always_inline]] inline void multiply_add(Accumulators& sums, __m256i first, __m256i second,
                                                const __m256i* weights) {
  const __m256i low = _mm256_unpacklo_epi16(first, second), high = _mm256_unpackhi_epi16(first, second);
  sums.acc0 = Instructions::dot2(sums.acc0, low, _mm256_load_si256(weights));
  sums.acc1 = Instructions::dot2(sums.acc1, high, _mm256_load_si256(weights + 1));
}

// Scales and offsets are read where they are needed: registers hold accumulators.
[[gnu::always_inline]] inline __m128i requantize_block(const Accumulators& sums, const Block& block,
                                                       const Requantize& requantize) {
  const __m256 scale[2] = {_mm256_load_ps(block.scale), _mm256_load_ps(block.scale + 8)};
  const __m256 offset[2] = {_mm256_load_ps(block.offset), _mm256_load_ps(block.offset + 8)};
  return requantize.bytes(sums.acc0, sums.acc1, scale, offset);
}

// The same where scales are at most kMaxUnclampedScale.
template <bool kOneSided>
[[gnu::always_inline]] inline __m128i requantize_unclamped(const Accumulators& sums, const Block& block, const Requantize& requantize) {
  const __m256 scale[2] = {_mm256_load_ps(block.scale), _mm256_load_ps(block.scale + 8)};
  const __m256 offset[2] = {_mm256_load_ps(block.offset), _mm256_load_ps(block.offset + 8)};
  return requantize.bytes_unclamped<kOneSided>(sums.acc0, sums.acc1, scale, offset);
}

// row(t) gives the 16 values of tap t.
template <typename Instructions, typename Row>
[[gnu::always_inline]] inline __m128i one_block(const std::byte* packed, std::size_t taps, const Requantize& requantize,
                                                const Row& row) {
  const auto& block = *reinterpret_cast<const Block*>(packed);
  const auto* weights = reinterpret_cast<const __m256i*>(packed + sizeof(Block));
  const auto* bias = reinterpret_cast<const __m256i*>(block.bias);
  Accumulators sums{_mm256_load_si256(bias), _mm256_load_si256(bias + 1)};
  std::size_t t = 0;
#pragma GCC unroll 5
  for (; t + 2 <= taps; t += 2, weights += 2) multiply_add<Instructions>(sums, row(t), row(t + 1), weights);
  if (t < taps) multiply_add<Instructions>(sums, row(t), _mm256_setzero_si256(), weights);
  return requantize_block(sums, block, requantize);
}

// Fewer than 16 channels: whole vectors would reach into other pixels, or beyond the tensor.
template <typename Instructions>
[[gnu::noinline]] void few_channels(const DepthwiseQs8Args& args, const std::int32_t* offsets,
                                    const Requantize& requantize, std::int8_t* dst) {
  alignas(16) std::int8_t staged[kNr] = {};
  const __m128i bytes = one_block<Instructions>(args.packed, args.taps, requantize, [&](std::size_t t) {
    __builtin_memcpy(staged, tap(args, offsets, t), args.c);
    return load_wide(staged);
  });
  _mm_store_si128(reinterpret_cast<__m128i*>(staged), bytes);
  __builtin_memcpy(dst, staged, args.c);
}

// `c` and `taps` by value: stores of bytes may alias anything, and fields of args would be loaded again after each.
template <typename Instructions, typename RowPointer>
[[gnu::always_inline]] inline void one_pixel(const std::byte* packed, std::size_t c, std::size_t taps,
                                             const Requantize& requantize, std::int8_t* dst,
                                             const RowPointer& row_pointer) {
  const std::size_t bytes_per_block = Packed::block_bytes(taps);
  for (std::size_t begin = 0;; begin += kNr, packed += bytes_per_block) {
    const std::size_t at = begin + kNr <= c ? begin : c - kNr;
    const __m128i bytes = one_block<Instructions>(packed, taps, requantize,
                                                  [&](std::size_t t) { return load_wide(row_pointer(t) + at); });
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + at), bytes);
    if (begin + kNr >= c) return;
  }
}

constexpr std::size_t kTapsOnStack = 64;

// kTaps: the number of taps if the compiler shall unroll them, or 0.
template <typename Instructions, std::size_t kTaps>
[[gnu::noinline]] void many_channels(const DepthwiseQs8Args& args, const std::int32_t* offsets,
                                     const Requantize& requantize, std::int8_t* dst) {
  const std::size_t taps = kTaps != 0 ? kTaps : args.taps;
  const std::int8_t* rows[kTapsOnStack];
  for (std::size_t t = 0; t < taps; ++t) rows[t] = tap(args, offsets, t);
  one_pixel<Instructions>(args.packed, args.c, taps, requantize, dst, [&rows](std::size_t t) { return rows[t]; });
}

// ---- Windows of 3 x 3 that slide: each column of three rows is paired once, for the windows of three pixels. Sums of the next pixels wait in
// registers; with the one instruction of VNNI, which must overwrite them, g++ 12 spills some and is no faster.

// Weights of column kx for pairs of rows 0 and 1, then of row 2 and nothing: [kx][2][kNr][2], behind the blocks.
constexpr std::size_t kColumnVectors = 4;
constexpr std::size_t kColumnWeightBytes = 3 * kColumnVectors * sizeof(__m256i);

void pack_columns(const std::byte* block, std::byte* packed) {
  const auto* weights = reinterpret_cast<const std::int16_t*>(block + sizeof(Block));
  auto* out = reinterpret_cast<std::int16_t*>(packed);
  for (std::size_t i = 0; i < kNr; ++i) {
    const auto weight = [&](std::size_t y, std::size_t x) { return weights[((y * 3 + x) / 2 * kNr + i) * 2 + (y * 3 + x) % 2]; };
    for (std::size_t x = 0; x < 3; ++x) {
      std::int16_t* const column = out + x * 4 * kNr + 2 * i;
      column[0] = weight(0, x);
      column[1] = weight(1, x);
      column[2 * kNr] = weight(2, x);
      column[2 * kNr + 1] = 0;
    }
  }
}

// Rows 0 and 1 of a column, and row 2, as pairs of words of the lower and the upper half of its channels.
struct Column {
  __m256i pairs[kColumnVectors];
};

[[gnu::always_inline]] inline Accumulators multiply_add_column(Accumulators sums, const Column& column, const __m256i* weights) {
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    sums.acc0 = MultiplyAndAdd::dot2(sums.acc0, column.pairs[2 * i], _mm256_load_si256(weights + 2 * i));
    sums.acc1 = MultiplyAndAdd::dot2(sums.acc1, column.pairs[2 * i + 1], _mm256_load_si256(weights + 2 * i + 1));
  }
  return sums;
}

std::size_t packed_bytes(std::size_t c, std::size_t taps) {
  return Packed::packed_bytes(c, taps) + (taps == 9 ? Packed::num_blocks(c) * kColumnWeightBytes : 0);
}

void pack(const DepthwiseQs8PackArgs& args, std::byte* packed) {
  Packed::pack(args, packed, [&](std::size_t block, std::size_t position) { return first_channel(block, args.c) + channel_of(position); });
  if (args.taps != 9) return;
  std::byte* const columns = packed + Packed::packed_bytes(args.c, 9);
  for (std::size_t b = 0; b < Packed::num_blocks(args.c); ++b)
    pack_columns(packed + b * Packed::block_bytes(9), columns + b * kColumnWeightBytes);
}

// 16 channels of a row of pixels; padding and dst are those of the first of them. finish(sums) gives their bytes.
template <typename Finish>
[[gnu::always_inline]] inline void slide_row(const Row (&rows)[3], Columns inside, std::uintptr_t padding, std::size_t row_pixels, const Block& block,
                                             const __m256i* weights, std::int8_t* dst, std::size_t dst_stride, const Finish& finish) {
  const auto column_at = [&](std::size_t k) __attribute__((always_inline)) {
    const std::uintptr_t if_inside = inside.mask(k);
    const auto row = [&](int r) __attribute__((always_inline)) {
      return load_wide(reinterpret_cast<const std::int8_t*>(padding + ((rows[r].first + k * rows[r].step) & if_inside)));
    };
    const __m256i first = row(0), second = row(1), third = row(2), zero = _mm256_setzero_si256();
    return Column{{_mm256_unpacklo_epi16(first, second), _mm256_unpackhi_epi16(first, second), _mm256_unpacklo_epi16(third, zero),
                   _mm256_unpackhi_epi16(third, zero)}};
  };
  const auto* const bias = reinterpret_cast<const __m256i*>(block.bias);
  const Accumulators start{_mm256_load_si256(bias), _mm256_load_si256(bias + 1)};
  Accumulators next = multiply_add_column(start, column_at(0), weights);  // of the pixel that one more column completes
  Column column = column_at(1);
  next = multiply_add_column(next, column, weights + kColumnVectors);
  Accumulators after = multiply_add_column(start, column, weights);
  for (std::size_t x = 0; x < row_pixels; ++x, dst += dst_stride) {
    column = column_at(x + 2);
    const Accumulators sums = multiply_add_column(next, column, weights + 2 * kColumnVectors);
    next = multiply_add_column(after, column, weights + kColumnVectors);
    after = multiply_add_column(start, column, weights);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), finish(sums));
  }
}

// By what the requantization of the block needs.
[[gnu::noinline]] void slide_block(const DepthwiseQs8Args& args, const Row (&rows)[3], Columns inside, std::size_t c, const Block& block,
                                   const __m256i* weights, const Requantize& requantize, std::int8_t* dst) {
  const std::uintptr_t padding = reinterpret_cast<std::uintptr_t>(args.padding) + c;
  const __m256 largest = _mm256_max_ps(_mm256_load_ps(block.scale), _mm256_load_ps(block.scale + 8));
  const bool unclamped = _mm256_movemask_ps(_mm256_cmp_ps(largest, _mm256_set1_ps(kMaxUnclampedScale), _CMP_GT_OQ)) == 0;
  const auto slide = [&](const auto& finish) __attribute__((always_inline)) {
    slide_row(rows, inside, padding, args.row_pixels, block, weights, dst + c, args.dst_stride, finish);
  };
  if (!unclamped) {
    slide([&](const Accumulators& sums) { return requantize_block(sums, block, requantize); });
  } else if (requantize.is_one_sided) {
    slide([&](const Accumulators& sums) { return requantize_unclamped<true>(sums, block, requantize); });
  } else {
    slide([&](const Accumulators& sums) { return requantize_unclamped<false>(sums, block, requantize); });
  }
}

void slide(const DepthwiseQs8Args& args, const Requantize& requantize) {
  const Columns inside = columns_inside(args);
  const std::size_t num_blocks = Packed::num_blocks(args.c);
  const std::byte* const columns = args.packed + Packed::packed_bytes(args.c, 9);
  std::int8_t* dst = args.dst;
  for (std::size_t y = 0; y * args.row_pixels < args.pixels; ++y, dst += args.row_pixels * args.dst_stride) {
    const Row rows[3] = {row_of(args, inside, y, 0), row_of(args, inside, y, 1), row_of(args, inside, y, 2)};
    for (std::size_t b = 0; b < num_blocks; ++b) {
      const auto& block = *reinterpret_cast<const Block*>(args.packed + b * Packed::block_bytes(9));
      const auto* weights = reinterpret_cast<const __m256i*>(columns + b * kColumnWeightBytes);
      slide_block(args, rows, inside, first_channel(b, args.c), block, weights, requantize, dst);
    }
  }
}

template <typename Instructions>
void depthwise(const DepthwiseQs8Args& args) {
  const Qs8Output& output = args.output;
  const Requantize requantize(output);
  if (args.row_taps == 3 && args.taps == 9 && args.c >= kNr) return slide(args, requantize);
  const std::int32_t* offsets = args.offsets;
  std::int8_t* dst = args.dst;
  for (std::size_t p = 0; p < args.pixels; ++p, offsets += args.taps, dst += args.dst_stride) {
    if (args.c < kNr) {
      few_channels<Instructions>(args, offsets, requantize, dst);
    } else if (args.taps == 9) {
      many_channels<Instructions, 9>(args, offsets, requantize, dst);
    } else if (args.taps <= kTapsOnStack) {
      many_channels<Instructions, 0>(args, offsets, requantize, dst);
    } else {
      one_pixel<Instructions>(args.packed, args.c, args.taps, requantize, dst,
                              [&args, offsets](std::size_t t) { return tap(args, offsets, t); });
    }
  }
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS256_H_
