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
  std::int32_t bias[kNr];        // with all constant corrections folded in
  std::int32_t words_bias[kNr];  // the same for products of words
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

// The instructions of the inner loops are statements: g++ 12 spills accumulators around the intrinsics.
void accumulate(__m256i& acc, __m256i sums) { asm("vpaddd %1, %0, %0" : "+x"(acc) : "x"(sums)); }

// Accumulators stay in registers only if every function that has them by reference becomes part of the tile, and every
// loop over them is unrolled.

// What one tile needs.
struct Tile {
  const std::byte* rows;          // in the form that the products take
  std::size_t row_bytes;          // from row to row
  const std::byte* weights;       // of the panel: [groups][columns][4 bytes]
  std::size_t groups;             // of k: the 4 bytes or 2 words that are multiplied and added at once
  const std::int32_t* init;       // int32[16] to start from: a bias of the panel, or one for each row
  std::size_t init_stride;        // from row to row: 0 or 16
  const std::int32_t* row_terms;  // [rows], subtracted from all columns; null: zeros
  const std::int32_t* row_sums;   // [rows] for the zero points of weights; null: these are zero
  const Panel* panel;
  bool unclamped;     // all scales are at most kMaxUnclampedScale
  std::int8_t* dst;   // all columns of the panel are written
  std::int32_t* acc;  // if not null, in place of dst
  std::size_t dst_stride;
  const Requantize* requantize;

  // To the next rows.
  void advance(std::size_t num_rows) {
    rows += num_rows * row_bytes;
    if (row_terms != nullptr) row_terms += num_rows;
    if (row_sums != nullptr) row_sums += num_rows;
    if (acc != nullptr) {
      acc += num_rows * dst_stride;
    } else {
      dst += num_rows * dst_stride;
    }
  }
};

// Keeps them in registers: what is behind it is not computed before, such as a part that branches have in common.
template <int MR, int NV>
[[gnu::always_inline]] inline void keep(__m256i (&acc)[MR][NV]) {
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) asm("" : "+x"(acc[r][j]));
}

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
  keep<MR, NV>(acc);
}

constexpr std::size_t kPrefetchBytes = 2048;

// Products::sums(a, b) multiplies a group of a row, in all dwords of a, by those of 8 columns and adds each one's
// products.
template <typename Products, int MR, int NV>
[[gnu::always_inline]] inline void multiply(__m256i (&acc)[MR][NV], const Tile& t) {
  const std::byte* row = t.rows;
  const std::size_t row_bytes = t.row_bytes;
  const std::byte* weights = t.weights;
  for (std::size_t g = t.groups; g > 0; --g, weights += 32 * NV, row += 4) {
    // Few rows wait for the weights: a panel is too short for the hardware to run ahead on its own.
    if constexpr (MR == 2) _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchBytes), _MM_HINT_T0);
    __m256i b[NV];
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) b[j] = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights) + j);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      std::int32_t values;
      __builtin_memcpy(&values, row + static_cast<std::size_t>(r) * row_bytes, 4);
      const __m256i a = _mm256_set1_epi32(values);
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) accumulate(acc[r][j], Products::sums(a, b[j]));
    }
  }
}

// Groups of 2 words.
struct WordProducts {
  static __m256i sums(__m256i row, __m256i weights) {
    __m256i sums;
    asm("vpmaddwd %2, %1, %0" : "=x"(sums) : "x"(row), "x"(weights));
    return sums;
  }
};

// Group `g` of one row times that of a panel: 8 sums for each of its vectors.
template <typename Products, int NV>
[[gnu::always_inline]] inline void multiply_group(__m256i (&acc)[NV], const std::byte* row, const std::byte* weights,
                                                  std::size_t g) {
  std::int32_t values;
  __builtin_memcpy(&values, row + g * 4, 4);
  const __m256i a = _mm256_set1_epi32(values);
#pragma GCC unroll 2
  for (int j = 0; j < NV; ++j) {
    const __m256i b = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights + g * 32 * NV) + j);
    accumulate(acc[j], Products::sums(a, b));
  }
}

// One row reads as many weights as it multiplies, in eight places at a time, as memory gives more so.
template <typename Products, int NV>
[[gnu::always_inline]] inline void multiply_row(__m256i (&acc)[NV], const Tile& t) {
  constexpr std::size_t kPlaces = 8, kSums = 4, kPlacePrefetchBytes = 256;
  const std::size_t groups = t.groups / kPlaces;  // of a place
  const std::byte* row = t.rows;
  const std::byte* weights = t.weights;
  __m256i sums[kSums][NV];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kSums; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) sums[i][j] = i == 0 ? acc[j] : _mm256_setzero_si256();
  for (std::size_t g = groups; g > 0; --g, weights += 32 * NV, row += 4) {
#pragma GCC unroll 8
    for (std::size_t place = 0; place < kPlaces; ++place) {
      const std::byte* const at = weights + place * groups * 32 * NV;
      _mm_prefetch(reinterpret_cast<const char*>(at + kPlacePrefetchBytes), _MM_HINT_T0);
      multiply_group<Products>(sums[place % kSums], row + place * groups * 4, at, 0);
    }
  }
  for (std::size_t g = kPlaces * groups; g < t.groups; ++g) multiply_group<Products>(sums[0], t.rows, t.weights, g);
#pragma GCC unroll 2
  for (int j = 0; j < NV; ++j) acc[j] = _mm256_add_epi32(_mm256_add_epi32(sums[0][j], sums[1][j]), _mm256_add_epi32(sums[2][j], sums[3][j]));
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
[[gnu::always_inline]] inline void store(__m256i (&acc)[MR][NV], const Tile& t, const F& f) {
  keep<MR, NV>(acc);
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
[[gnu::always_inline]] inline void requantize_and_store(__m256i (&acc)[MR][NV], const Tile& t) {
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

template <typename Products, int MR, int NV>
[[gnu::always_inline]] inline void run_tile(const Tile& t) {
  __m256i acc[MR][NV];
  start<MR, NV>(acc, t);
  if constexpr (MR == 1) {
    multiply_row<Products>(acc[0], t);
  } else {
    multiply<Products, MR, NV>(acc, t);
  }
  if (t.row_sums != nullptr) subtract_zero_points<MR, NV>(acc, t);
  if (t.acc != nullptr) return store_accumulators<MR, NV>(acc, t);
  requantize_and_store<MR, NV>(acc, t);
}

// So many tiles below each other; t becomes the one behind them.
template <typename Products, int MR, int NV>
void run_tiles(Tile& t, std::size_t tiles) {
  for (; tiles > 0; --tiles) {
    run_tile<Products, MR, NV>(t);
    t.advance(MR);
  }
}

using TileFunction = void (*)(Tile& t, std::size_t tiles);

// [columns > 8][rows]
template <typename Products>
constexpr TileFunction kTiles[2][kMr + 1] = {
    {nullptr, run_tiles<Products, 1, 1>, run_tiles<Products, 2, 1>, run_tiles<Products, 3, 1>,
     run_tiles<Products, 4, 1>, run_tiles<Products, 5, 1>, run_tiles<Products, 6, 1>},
    {nullptr, run_tiles<Products, 1, 2>, run_tiles<Products, 2, 2>, run_tiles<Products, 3, 2>,
     run_tiles<Products, 4, 2>, run_tiles<Products, 5, 2>, run_tiles<Products, 6, 2>},
};

// The same for blocks of one or two rows.
constexpr std::size_t kFewRows = 2;
template <typename Products>
constexpr TileFunction kTilesOfFewRows[2][kMr + 1] = {
    {nullptr, run_tiles<Products, 1, 1>, run_tiles<Products, 2, 1>},
    {nullptr, run_tiles<Products, 1, 2>, run_tiles<Products, 2, 2>},
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_TILE_H_
