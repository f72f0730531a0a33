// SPDX-License-Identifier: Apache-2.0
// Tiles of vpdpbusd on vectors of 512 bits, whose sums stay in registers; only for files built for AVX-512 with VNNI.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI512_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI512_H_

#include "kernels/gemm_qs8_qc8w/x86_avx512_rows.h"
#include "kernels/gemm_qs8_qc8w/x86_quad_panels.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

__mmask64 first_bytes(std::size_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

// acc += products of four unsigned bytes of a and four signed bytes of b. In assembly because g++ 12 otherwise copies
// or spills the accumulators (a loop fell from 94 % to 45 % of the peak after an unrelated edit).
void dot4(__m512i& acc, __m512i a, __m512i b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpbusd_epi32(acc, a, b);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

void store_accumulators(__m512i acc, std::int32_t* dst, std::size_t columns) {
  _mm512_mask_storeu_epi32(dst, static_cast<__mmask16>(first_bytes(columns < kNr ? columns : kNr)), acc);
}

// Writes the first `n` (at most 16) bytes of a vector. Whole vectors without a mask, which some processors are slow with.
void store_bytes(std::int8_t* dst, __m128i bytes, std::size_t n) {
  if (n >= kNr) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), bytes);
  } else {
    _mm_mask_storeu_epi8(dst, static_cast<__mmask16>(first_bytes(n)), bytes);
  }
}

// Of the results of four accumulators, those of a row: NP panels from `dst` on, of which `columns` columns exist.
template <int NP, int kFirst>
void store_row(std::int8_t* dst, __m512i bytes, std::size_t columns) {
  if (columns < NP * kNr || NP == 3) {
    const std::size_t left = columns - (NP - 1) * kNr;
    if constexpr (NP > 1) store_bytes(dst, _mm512_extracti32x4_epi32(bytes, kFirst), kNr);
    if constexpr (NP > 2) store_bytes(dst + kNr, _mm512_extracti32x4_epi32(bytes, kFirst + 1), kNr);
    if constexpr (NP > 3) store_bytes(dst + 2 * kNr, _mm512_extracti32x4_epi32(bytes, kFirst + 2), kNr);
    store_bytes(dst + (NP - 1) * kNr, _mm512_extracti32x4_epi32(bytes, kFirst + NP - 1), left);
  } else if constexpr (NP == 1) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), _mm512_extracti32x4_epi32(bytes, kFirst));
  } else if constexpr (NP == 2) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), _mm512_extracti64x4_epi64(bytes, kFirst / 2));
  } else {
    _mm512_storeu_si512(dst, bytes);
  }
}

// Four accumulators become bytes together: of one row (three or four panels), of two rows (two panels) or of four.
template <int MR, int NP, bool kPositive, bool kAnyScale>
[[gnu::always_inline]] inline void requantize_tile(const Tile& t, const __m512i (&acc)[MR][NP]) {
  constexpr int kRows = NP > 2 ? 1 : 4 / NP;
  const RequantizeBytes requantize(t.output);
  const std::size_t columns = t.columns, dst_stride = t.dst_stride;
  std::int8_t* dst = t.dst;
  __m512 scale[NP], offset[NP];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
    const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(p) * t.panel_stride);
    scale[p] = _mm512_load_ps(panel.scale);
    offset[p] = _mm512_load_ps(panel.offset);
  }
#pragma GCC unroll 16
  for (int r = 0; r < MR; r += kRows, dst += kRows * dst_stride) {
    __m512i q[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const int row = r + i / NP < MR ? r + i / NP : MR - 1, p = i % NP;
      q[i] = i < kRows * NP ? RequantizeBytes::rounded<kPositive, kAnyScale>(acc[row][p], scale[p], offset[p]) : q[0];
    }
    const __m512i bytes = requantize.bytes_in_order(q[0], q[1], q[2], q[3]);
    store_row<NP, 0>(dst, bytes, columns);
    if constexpr (NP == 2) {
      if (r + 1 < MR) store_row<2, 2>(dst + dst_stride, bytes, columns);
    } else if constexpr (NP == 1) {
      if (r + 1 < MR) store_row<1, 1>(dst + dst_stride, bytes, columns);
      if (r + 2 < MR) store_row<1, 2>(dst + 2 * dst_stride, bytes, columns);
      if (r + 3 < MR) store_row<1, 3>(dst + 3 * dst_stride, bytes, columns);
    }
  }
}

// MR rows of NP panels.
template <int MR, int NP>
void run_tile(const Tile& t) {
  __m512i acc[MR][NP];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
    const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(p) * t.panel_stride);
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) acc[r][p] = _mm512_load_si512(panel.shifted_bias);
  }
  const std::byte* weights = t.panel + sizeof(Panel);
  for (std::size_t quad = 0; quad < t.quads; ++quad, weights += 64) {
    __m512i b[NP];
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) {
      const std::byte* const at = weights + static_cast<std::size_t>(p) * t.panel_stride;
      if constexpr (MR <= 2) __builtin_prefetch(at + kPrefetchBytes);
      b[p] = _mm512_load_si512(at);
    }
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      std::int32_t four;
      __builtin_memcpy(&four, t.a + static_cast<std::size_t>(r) * t.a_stride + quad * 4, sizeof(four));
      const __m512i value = _mm512_set1_epi32(four);
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p) dot4(acc[r][p], value, b[p]);
    }
  }
  if (t.row_sums != nullptr) {
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) {
      const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(p) * t.panel_stride);
      const __m512i zero_points = _mm512_load_si512(panel.weights_zero_point);
#pragma GCC unroll 16
      for (int r = 0; r < MR; ++r)
        acc[r][p] = _mm512_sub_epi32(acc[r][p], _mm512_mullo_epi32(_mm512_set1_epi32(t.row_sums[r]), zero_points));
    }
  }
  if (t.acc != nullptr) {
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) {
      const std::size_t done = static_cast<std::size_t>(p) * kNr;
#pragma GCC unroll 16
      for (int r = 0; r < MR; ++r) store_accumulators(acc[r][p], t.acc + static_cast<std::size_t>(r) * t.dst_stride + done, t.columns - done);
    }
  } else if (!t.scales_are_at_most_half) {
    requantize_tile<MR, NP, false, true>(t, acc);
  } else if (RequantizeBytes::is_positive(t.output)) {
    requantize_tile<MR, NP, true, false>(t, acc);
  } else {
    requantize_tile<MR, NP, false, false>(t, acc);
  }
}

struct Vnni512 {
  static constexpr std::size_t kBlockBytes = 256 * 1024;
  static constexpr std::size_t kLeastRows = 12;

  static void shift_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::uint8_t* dst, std::size_t stride) {
    RowCopy<0x80>(args, args.k * args.run_taps).copy(m, num_rows, dst, stride);
  }

  static constexpr std::size_t kMostPanels = 4;

  // Four at a time, but 5 are 3 + 2 and not 4 + 1: a single panel reads its rows for too few products.
  static std::size_t panels_at_once(std::size_t /*rows*/, std::size_t left) {
    if (left == 5) return 3;
    return left < kMostPanels ? left : kMostPanels;
  }

  // 24 accumulators at most, as 32 registers also hold the panels' values and a row's.
  static std::size_t most_rows(std::size_t panels) {
    static constexpr std::size_t kMostRows[kMostPanels + 1] = {0, 12, 12, 8, 6};
    return kMostRows[panels];
  }

  static TileFunction tile(std::size_t rows, std::size_t panels) {
    static constexpr TileFunction kTiles[kMostPanels + 1][13] = {
        {},
        {nullptr, run_tile<1, 1>, run_tile<2, 1>, run_tile<3, 1>, run_tile<4, 1>, run_tile<5, 1>, run_tile<6, 1>,
         run_tile<7, 1>, run_tile<8, 1>, run_tile<9, 1>, run_tile<10, 1>, run_tile<11, 1>, run_tile<12, 1>},
        {nullptr, run_tile<1, 2>, run_tile<2, 2>, run_tile<3, 2>, run_tile<4, 2>, run_tile<5, 2>, run_tile<6, 2>,
         run_tile<7, 2>, run_tile<8, 2>, run_tile<9, 2>, run_tile<10, 2>, run_tile<11, 2>, run_tile<12, 2>},
        {nullptr, run_tile<1, 3>, run_tile<2, 3>, run_tile<3, 3>, run_tile<4, 3>, run_tile<5, 3>, run_tile<6, 3>,
         run_tile<7, 3>, run_tile<8, 3>},
        {nullptr, run_tile<1, 4>, run_tile<2, 4>, run_tile<3, 4>, run_tile<4, 4>, run_tile<5, 4>, run_tile<6, 4>}};
    return kTiles[panels][rows];
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI512_H_
