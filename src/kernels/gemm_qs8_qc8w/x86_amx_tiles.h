// SPDX-License-Identifier: Apache-2.0
// The kernel for tiles of AMX; Tiles executes them (x86_amx.h). Two by two tiles of sums, 32 rows by 32 columns, take
// 64 values of k at a time. tdpbssd multiplies signed bytes, so rows are read where they are if they have a whole
// number of such steps. Sums are requantized with AVX-512. Only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_

#include "kernels/gemm_qs8_qc8w/x86_quad_panels.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_amx.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kStep = kTileRowBytes;  // values of k
constexpr std::size_t kMr = 2 * kTileRows;
constexpr std::size_t kStepBytes = kStep * kNr;  // of a panel's weights

// Sums of a tile of 32 x 32: [rows][2 panels][16].
struct alignas(64) Sums {
  std::int32_t values[kMr][2 * kNr];
};
constexpr std::size_t kSumsStride = sizeof(Sums::values[0]);

// Rows whose values are zero from k to the next whole step.
struct TileRows {
  const std::int8_t* src;  // first row
  std::size_t stride;
  std::size_t num_rows;      // of a tile: 1 to 32
  const std::int32_t* sums;  // of the rows' values, or null without zero points of weights

  TileRows part(std::size_t from, std::size_t num) const {
    return {src + from * stride, stride, num, sums == nullptr ? nullptr : sums + from};
  }
};

// Tiles 0 to 3 are the sums (row of tiles, then column), 4 and 5 rows, 6 and 7 weights.
TileConfig config_of(std::size_t num_rows) {
  const std::size_t first = num_rows < kTileRows ? num_rows : kTileRows;
  TileConfig config;
  for (const int tile : {0, 1, 4}) config.set(tile, first, kTileRowBytes);
  for (const int tile : {2, 3, 5}) config.set(tile, num_rows - first, kTileRowBytes);
  for (const int tile : {6, 7}) config.set(tile, kTileRows, kTileRowBytes);
  return config;
}

// kTall: more than 16 rows. kWide: two panels. `panel` is the first one.
template <typename Tiles, bool kTall, bool kWide>
void multiply(const TileRows& rows, std::size_t steps, const std::byte* panel, std::size_t panel_stride, Sums& sums) {
  Tiles::template zero<0>();
  if constexpr (kWide) Tiles::template zero<1>();
  if constexpr (kTall) Tiles::template zero<2>();
  if constexpr (kTall && kWide) Tiles::template zero<3>();
  const std::byte* weights = panel + sizeof(Panel);
  const std::int8_t* src = rows.src;
  for (std::size_t step = steps; step > 0; --step, src += kStep, weights += kStepBytes) {
    Tiles::template load<4>(src, rows.stride);
    Tiles::template load<6>(weights, 4 * kNr);
    Tiles::template multiply<0, 4, 6>();
    if constexpr (kWide) {
      Tiles::template load<7>(weights + panel_stride, 4 * kNr);
      Tiles::template multiply<1, 4, 7>();
    }
    if constexpr (kTall) {
      Tiles::template load<5>(src + kTileRows * rows.stride, rows.stride);
      Tiles::template multiply<2, 5, 6>();
    }
    if constexpr (kTall && kWide) Tiles::template multiply<3, 5, 7>();
  }
  Tiles::template store<0>(sums.values[0], kSumsStride);
  if constexpr (kWide) Tiles::template store<1>(sums.values[0] + kNr, kSumsStride);
  if constexpr (kTall) Tiles::template store<2>(sums.values[kTileRows], kSumsStride);
  if constexpr (kTall && kWide) Tiles::template store<3>(sums.values[kTileRows] + kNr, kSumsStride);
}

// Writes `columns` (1 to 16) of a panel, whose sums begin with column `from` of a tile's, to args.dst or args.acc from
// element `at` on.
void finish_panel(const GemmQs8Args& args, const Sums& sums, std::size_t from, const Panel& panel, const TileRows& rows,
                  std::size_t at, std::size_t columns) {
  const Requantize requantize(args.output);
  const __m512i bias = _mm512_load_si512(panel.bias), zero_points = _mm512_load_si512(panel.weights_zero_point);
  const __m512i dst_zero_point = _mm512_set1_epi32(args.output.zero_point);
  const __m512 scale = _mm512_load_ps(panel.scale), offset = _mm512_load_ps(panel.offset);
  const auto mask = static_cast<__mmask16>((1u << columns) - 1);
  for (std::size_t r = 0; r < rows.num_rows; ++r, at += args.dst_stride) {
    __m512i acc = _mm512_add_epi32(_mm512_load_si512(sums.values[r] + from), bias);
    if (rows.sums != nullptr)
      acc = _mm512_sub_epi32(acc, _mm512_mullo_epi32(_mm512_set1_epi32(rows.sums[r]), zero_points));
    if (args.acc != nullptr) {
      _mm512_mask_storeu_epi32(args.acc + at, mask, acc);
    } else {
      const __m512i q = _mm512_add_epi32(requantize.rounded(acc, scale, offset), dst_zero_point);
      _mm_mask_storeu_epi8(args.dst + at, mask, _mm512_cvtsepi32_epi8(q));
    }
  }
}

template <typename Tiles>
struct AmxGemm : QuadPanels<0, kStep> {
  static constexpr std::size_t kMostRows = 15 * kMr;  // of a block

  // An odd number of cache lines: sixteen rows of a tile shall not meet in one set of the cache.
  static std::size_t row_stride(std::size_t k_total) { return round_up(k_total, 64) | 64; }

  static std::size_t block_rows(std::size_t k_total) {
    constexpr std::size_t kBlockBytes = 512 * 1024;  // a quarter of the second-level cache
    const std::size_t rows = kBlockBytes / row_stride(k_total) / kMr * kMr;
    return rows < kMr ? kMr : (rows > kMostRows ? kMostRows : rows);
  }

  // Scratch: rows that are not read in place, zeros behind their values; then the sums of each row's values.
  static std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
    return block_rows(k * taps) * (row_stride(k * taps) + sizeof(std::int32_t));
  }

  static void gather_row(const GemmQs8Args& args, std::size_t m, std::int8_t* dst) {
    const std::size_t k_total = args.k * args.taps;
    __builtin_memset(dst + k_total, 0, round_up(k_total, kStep) - k_total);
    if (args.offsets == nullptr) {
      __builtin_memcpy(dst, args.src + m * args.src_stride, k_total);
      return;
    }
    for_each_run(args, m,
                 [&](const std::int8_t* src, std::size_t n, std::size_t at) { __builtin_memcpy(dst + at, src, n); });
  }

  static std::int32_t sum_of(const std::int8_t* row, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += row[i];
    return sum;
  }

  // `rows`, which are row m and on, times the columns [n, n + 32).
  static void multiply_tile(const GemmQs8Args& args, std::size_t m, std::size_t n, const TileRows& rows) {
    static constexpr decltype(&multiply<Tiles, false, false>) kMultiply[2][2] = {
        {multiply<Tiles, false, false>, multiply<Tiles, false, true>},
        {multiply<Tiles, true, false>, multiply<Tiles, true, true>}};
    const std::size_t k_total = args.k * args.taps, stride = panel_bytes(k_total), columns = args.n_end - n;
    const std::byte* panel = panel_of(args, n);
    Sums sums;
    kMultiply[rows.num_rows > kTileRows][columns > kNr](rows, round_up(k_total, kStep) / kStep, panel, stride, sums);
    for (std::size_t p = 0; p < 2 && p * kNr < columns; ++p) {
      const std::size_t left = columns - p * kNr;
      finish_panel(args, sums, p * kNr, *reinterpret_cast<const Panel*>(panel + p * stride), rows,
                   m * args.dst_stride + n + p * kNr, left < kNr ? left : kNr);
    }
  }

  // Rows in tiles of `height`, times all columns: the rows stay in the cache while the panels pass.
  static void multiply_rows(const GemmQs8Args& args, std::size_t m, const TileRows& rows, std::size_t height) {
    if (rows.num_rows == 0) return;
    Tiles::configure(config_of(height));
    for (std::size_t n = args.n_begin; n < args.n_end; n += 2 * kNr) {
      for (std::size_t r = 0; r < rows.num_rows; r += height) multiply_tile(args, m + r, n, rows.part(r, height));
    }
  }

  static void row_block(const GemmQs8Args& args, std::size_t m, std::size_t num_rows) {
    const std::size_t k_total = args.k * args.taps;
    const bool has_zero_points = reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point != 0;
    const bool in_place = args.offsets == nullptr && k_total % kStep == 0;
    auto* gathered = reinterpret_cast<std::int8_t*>(args.scratch);
    auto* sums = reinterpret_cast<std::int32_t*>(args.scratch + block_rows(k_total) * row_stride(k_total));
    const TileRows rows{.src = in_place ? args.src + m * args.src_stride : gathered,
                        .stride = in_place ? args.src_stride : row_stride(k_total),
                        .num_rows = num_rows,
                        .sums = has_zero_points ? sums : nullptr};
    for (std::size_t r = 0; r < num_rows; ++r) {
      if (!in_place) gather_row(args, m + r, gathered + r * rows.stride);
      if (has_zero_points) sums[r] = sum_of(rows.src + r * rows.stride, k_total);
    }
    // A new configuration takes as long as some products of tiles: one for all whole tiles, one for the rest.
    const std::size_t whole = num_rows / kMr * kMr;
    multiply_rows(args, m, rows.part(0, whole), kMr);
    multiply_rows(args, m + whole, rows.part(whole, num_rows - whole), num_rows - whole);
  }

  static void gemm(const GemmQs8Args& args) {
    const std::size_t block = block_rows(args.k * args.taps);
    for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
    if (args.m > 0) Tiles::release();
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_
