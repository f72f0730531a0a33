// SPDX-License-Identifier: Apache-2.0
// Tiles of up to 6 rows and 16 columns; only for files built with -mavx2 -mfma. x86_avx2.cc says what operands look
// like.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_TILE_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_TILE_H_

#include <immintrin.h>

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/requantize/x86_avx2.h"

namespace octet {
namespace {

constexpr std::size_t kMr = 6;
constexpr std::size_t kNr = 16;

// The head of a panel of 16 columns; a last panel of up to 8 columns is a half panel.
// Columns stand in the order 0-3, 8-11, 4-7, 12-15: packing two vectors of int32 to one of int16 puts them straight.
// In a half panel they stand in order.
struct alignas(64) Panel {
  std::int32_t bias[kNr];  // with all constant corrections folded in
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

// The instructions of the inner loops as statements: g++ 12 spills accumulators around the intrinsics.
__m256i multiply_bytes(__m256i unsigned_bytes, __m256i signed_bytes) {
  __m256i words;
  asm("vpmaddubsw %2, %1, %0" : "=x"(words) : "x"(unsigned_bytes), "x"(signed_bytes));
  return words;
}
__m256i multiply_words(__m256i a, __m256i b) {
  __m256i sums;
  asm("vpmaddwd %2, %1, %0" : "=x"(sums) : "x"(a), "x"(b));
  return sums;
}
alignas(32) constexpr std::int16_t kOnes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
__m256i add_word_pairs(__m256i words) {
  __m256i sums;
  asm("vpmaddwd %2, %1, %0" : "=x"(sums) : "x"(words), "m"(kOnes));
  return sums;
}
// To be xored with weights that are stored as they are, and with 128 added. From memory: all registers are taken.
struct alignas(32) Flip {
  std::uint64_t bytes[4];
};
constexpr Flip kFlips[2] = {{}, {{0x8080808080808080, 0x8080808080808080, 0x8080808080808080, 0x8080808080808080}}};
__m256i flipped(__m256i bytes, const Flip& flip) {
  asm("vpxor %1, %0, %0" : "+x"(bytes) : "m"(flip));
  return bytes;
}
void accumulate(__m256i& acc, __m256i sums) { asm("vpaddd %1, %0, %0" : "+x"(acc) : "x"(sums)); }

// How products are formed.
enum class Products {
  kSrcUnsigned,      // bytes: src + 128 times weights
  kWeightsUnsigned,  // bytes: weights + 128 times src
  kWords,            // int16: exact for all values
};

// Accumulators stay in registers only if every function that has them by reference becomes part of the tile, and every
// loop over them is unrolled.

// What one tile needs.
struct Tile {
  const std::byte* rows;          // bytes [.][row_bytes], or words: [.][even k of each 4, then odd ones]
  std::size_t row_bytes;          // from row to row
  std::size_t groups;             // of 4 values of k
  const std::int8_t* weights;     // of the panel: [groups][columns][4]
  bool weights_are_unsigned;      // stored + 128
  const std::int32_t* init;       // int32[16] to start from: the panel's bias, or one for each row
  std::size_t init_stride;        // from row to row: 0 or 16
  const std::int32_t* row_terms;  // [rows], subtracted from all columns; null: zeros
  const std::int32_t* row_sums;   // [rows] for the zero points of weights; null: these are zero
  const Panel* panel;
  bool unclamped;     // all scales are at most kMaxUnclampedScale
  std::int8_t* dst;   // all columns of the panel are written
  std::int32_t* acc;  // if not null, in place of dst
  std::size_t dst_stride;
  const Requantize* requantize;
};

template <int MR, int NV>
[[gnu::always_inline]] inline void start(__m256i (&acc)[MR][NV], const Tile& t) {
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    const auto* init = reinterpret_cast<const __m256i*>(t.init + static_cast<std::size_t>(r) * t.init_stride);
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) acc[r][j] = _mm256_load_si256(init + j);
  }
  if (t.row_terms != nullptr) {
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) acc[r][j] = _mm256_sub_epi32(acc[r][j], _mm256_set1_epi32(t.row_terms[r]));
  }
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) asm("" : "+x"(acc[r][j]));  // keeps them in registers
}

constexpr std::size_t kPrefetchBytes = 2048;

template <Products kProducts, int MR, int NV>
[[gnu::always_inline]] inline void multiply_bytes(__m256i (&acc)[MR][NV], const Tile& t) {
  const std::byte* row = t.rows;
  const std::size_t row_bytes = t.row_bytes;
  const std::int8_t* weights = t.weights;
  for (std::size_t g = t.groups; g > 0; --g, weights += 32 * NV, row += 4) {
    // Few rows wait for the weights: a panel is too short for the hardware to run ahead on its own.
    if constexpr (MR == 2) _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchBytes), _MM_HINT_T0);
    __m256i b[NV];
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) b[j] = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights) + j);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      std::int32_t bytes;
      __builtin_memcpy(&bytes, row + static_cast<std::size_t>(r) * row_bytes, 4);
      const __m256i a = _mm256_set1_epi32(bytes);
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) {
        const __m256i words = kProducts == Products::kSrcUnsigned ? multiply_bytes(a, b[j]) : multiply_bytes(b[j], a);
        accumulate(acc[r][j], add_word_pairs(words));
      }
    }
  }
}

// One row of bytes times group `g` of a panel: 8 sums for each of its vectors.
template <Products kProducts, int NV>
[[gnu::always_inline]] inline void multiply_group(__m256i (&acc)[NV], const std::byte* row, const std::int8_t* weights, std::size_t g) {
  std::int32_t bytes;
  __builtin_memcpy(&bytes, row + g * 4, 4);
  const __m256i a = _mm256_set1_epi32(bytes);
#pragma GCC unroll 2
  for (int j = 0; j < NV; ++j) {
    const __m256i b = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights + g * 32 * NV) + j);
    accumulate(acc[j], add_word_pairs(kProducts == Products::kSrcUnsigned ? multiply_bytes(a, b) : multiply_bytes(b, a)));
  }
}

// One row reads as many weights as it multiplies: two groups at a time, so that little else is done between the loads.
template <Products kProducts, int NV>
[[gnu::always_inline]] inline void multiply_row(__m256i (&acc)[NV], const Tile& t) {
  const std::byte* row = t.rows;
  const std::int8_t* weights = t.weights;
  __m256i odd[NV];
#pragma GCC unroll 2
  for (int j = 0; j < NV; ++j) odd[j] = _mm256_setzero_si256();
  for (std::size_t pairs = t.groups / 2; pairs > 0; --pairs, weights += 64 * NV, row += 8) {
#pragma GCC unroll 2
    for (int line = 0; line < NV; ++line) _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchBytes + line * 64), _MM_HINT_T0);
    multiply_group<kProducts>(acc, row, weights, 0);
    multiply_group<kProducts>(odd, row, weights, 1);
  }
  if (t.groups % 2 != 0) multiply_group<kProducts>(acc, row, weights, 0);
#pragma GCC unroll 2
  for (int j = 0; j < NV; ++j) acc[j] = _mm256_add_epi32(acc[j], odd[j]);
}

template <int MR, int NV>
[[gnu::always_inline]] inline void multiply_words(__m256i (&acc)[MR][NV], const Tile& t) {
  const std::byte* row = t.rows;
  const std::size_t row_bytes = t.row_bytes, odd = row_bytes / 2;
  const auto& flip = kFlips[t.weights_are_unsigned];
  const std::int8_t* weights = t.weights;
  for (std::size_t g = t.groups; g > 0; --g, weights += 32 * NV, row += 4) {
    if constexpr (MR <= 2) _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchBytes), _MM_HINT_T0);
#pragma GCC unroll 2
    for (std::size_t parity = 0; parity < 2; ++parity) {
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) {
        // Loads all again: what is kept would push accumulators out of the registers.
        asm("" : "+r"(weights), "+r"(row));
        const __m256i bytes = flipped(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights) + j), flip);
        const __m256i b = _mm256_srai_epi16(parity == 0 ? _mm256_slli_epi16(bytes, 8) : bytes, 8);
#pragma GCC unroll 8
        for (int r = 0; r < MR; ++r) {
          std::int32_t pair;
          __builtin_memcpy(&pair, row + static_cast<std::size_t>(r) * row_bytes + parity * odd, 4);
          accumulate(acc[r][j], multiply_words(_mm256_set1_epi32(pair), b));
        }
      }
    }
  }
}

// acc -= row sum * zero point of the weights
template <int MR, int NV>
[[gnu::always_inline]] inline void subtract_zero_points(__m256i (&acc)[MR][NV], const Tile& t) {
  const auto* zero_points = reinterpret_cast<const __m256i*>(t.panel->weights_zero_point);
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    const __m256i sum = _mm256_set1_epi32(t.row_sums[r]);
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j)
      acc[r][j] = _mm256_sub_epi32(acc[r][j], _mm256_mullo_epi32(sum, _mm256_load_si256(zero_points + j)));
  }
}

// f(acc0, acc1) gives 16 bytes, in a half panel 8.
template <int MR, int NV, typename F>
[[gnu::always_inline]] inline void store(const __m256i (&acc)[MR][NV], const Tile& t, const F& f) {
  const std::size_t dst_stride = t.dst_stride;
  std::int8_t* dst = t.dst;
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r, dst += dst_stride) {
    const __m128i bytes = f(acc[r][0], acc[r][NV - 1]);
    if constexpr (NV == 2) _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), bytes);
    if constexpr (NV == 1) _mm_storel_epi64(reinterpret_cast<__m128i*>(dst), bytes);
  }
}

// Narrowing pairs the halves of two vectors; one vector of columns in order is made such a pair.
template <int NV>
__m128i straight(__m128i bytes) {
  return NV == 2 ? bytes : _mm_shuffle_epi32(bytes, 0b1000);  // dwords 0 and 2
}

template <int MR, int NV>
[[gnu::always_inline]] inline void requantize_and_store(const __m256i (&acc)[MR][NV], const Tile& t) {
  const Requantize& requantize = *t.requantize;
  const __m256 scale[2] = {_mm256_load_ps(t.panel->scale), _mm256_load_ps(t.panel->scale + (NV - 1) * 8)};
  const __m256 offset[2] = {_mm256_load_ps(t.panel->offset), _mm256_load_ps(t.panel->offset + (NV - 1) * 8)};
  if (!t.unclamped) {
    store<MR, NV>(acc, t, [&](__m256i a, __m256i b) { return straight<NV>(requantize.bytes(a, b, scale, offset)); });
  } else if (requantize.is_one_sided) {
    store<MR, NV>(acc, t, [&](__m256i a, __m256i b) {
      return straight<NV>(requantize.bytes_unclamped<true>(a, b, scale, offset));
    });
  } else {
    store<MR, NV>(acc, t, [&](__m256i a, __m256i b) {
      return straight<NV>(requantize.bytes_unclamped<false>(a, b, scale, offset));
    });
  }
}

// The columns of a whole panel are brought in order.
template <int MR, int NV>
[[gnu::always_inline]] inline void store_accumulators(const __m256i (&acc)[MR][NV], const Tile& t) {
  std::int32_t* dst = t.acc;
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r, dst += t.dst_stride) {
    auto* out = reinterpret_cast<__m256i*>(dst);
    if constexpr (NV == 2) {
      _mm256_storeu_si256(out, _mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x20));
      _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x31));
    } else {
      _mm256_storeu_si256(out, acc[r][0]);
    }
  }
}

template <Products kProducts, int MR, int NV>
void run_tile(const Tile& t) {
  __m256i acc[MR][NV];
  start<MR, NV>(acc, t);
  if constexpr (kProducts == Products::kWords) {
    multiply_words<MR, NV>(acc, t);
  } else if constexpr (MR == 1) {
    multiply_row<kProducts>(acc[0], t);
  } else {
    multiply_bytes<kProducts, MR, NV>(acc, t);
  }
  if (t.row_sums != nullptr) subtract_zero_points<MR, NV>(acc, t);
  if (t.acc != nullptr) return store_accumulators<MR, NV>(acc, t);
  requantize_and_store<MR, NV>(acc, t);
}

using TileFunction = void (*)(const Tile&);

// [columns > 8][rows]
template <Products kProducts>
constexpr TileFunction kTiles[2][kMr + 1] = {
    {nullptr, run_tile<kProducts, 1, 1>, run_tile<kProducts, 2, 1>, run_tile<kProducts, 3, 1>,
     run_tile<kProducts, 4, 1>, run_tile<kProducts, 5, 1>, run_tile<kProducts, 6, 1>},
    {nullptr, run_tile<kProducts, 1, 2>, run_tile<kProducts, 2, 2>, run_tile<kProducts, 3, 2>,
     run_tile<kProducts, 4, 2>, run_tile<kProducts, 5, 2>, run_tile<kProducts, 6, 2>},
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_TILE_H_
