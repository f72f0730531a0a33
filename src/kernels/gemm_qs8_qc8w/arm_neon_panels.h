// SPDX-License-Identifier: Apache-2.0
// What the ARM kernels share around their inner loops: packed weights, blocks of rows, the end of a tile; only for
// kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_PANELS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_PANELS_H_

#include "kernels/gemm_qs8_qc8w/arm_neon_rows.h"
#include "kernels/requantize/arm_neon.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 8;
constexpr std::size_t kMostPanels = 4;  // of a tile

// Packed: a Header, then for each panel of 8 columns a Panel and its weights [groups of kr values of k][8][kr]. Columns
// past n and values past k are zero.
struct alignas(64) Header {
  std::int32_t has_weights_zero_point;
  std::int32_t has_lowest_weight;  // some weight is -128
};
struct alignas(64) Panel {
  std::int32_t bias[kNr];  // with - src_zero_point * (sum of weights - k * weights_zero_point) folded in
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

// Rows and panels of one tile.
struct Tile {
  const std::int8_t* rows;  // as the kernel's prepare_rows() leaves them
  std::size_t row_stride;
  std::size_t blocks;  // whole ones of a row
  RowTail tail;
  const std::byte* panel;  // first panel
  std::size_t panel_stride;
  const std::int32_t* row_sums;  // of the tile's rows, or null without zero points of weights
  std::int8_t* dst;              // whole panels are written
  std::int32_t* acc;             // if not null, in place of dst
  std::size_t dst_stride;
  Requantize requantize;

  const Panel& panel_at(std::size_t p) const { return *reinterpret_cast<const Panel*>(panel + p * panel_stride); }
  const std::int8_t* weights() const { return reinterpret_cast<const std::int8_t*>(panel + sizeof(Panel)); }
};

// Requantizes and writes a tile. Inlined, or all accumulators would pass through memory.
template <int MR, int NP>
[[gnu::always_inline]] inline void finish(const Tile& t, int32x4_t (&acc)[MR][NP][2]) {
  // Locals: stores of bytes may alias the tile.
  const Requantize requantize = t.requantize;
  const std::size_t dst_stride = t.dst_stride;
  std::int8_t* const dst = t.dst;
  std::int32_t* const acc_dst = t.acc;
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
    const Panel& panel = t.panel_at(p);
    if (t.row_sums != nullptr) {
      const int32x4_t zero_points[2] = {vld1q_s32(panel.weights_zero_point), vld1q_s32(panel.weights_zero_point + 4)};
#pragma GCC unroll 8
      for (int r = 0; r < MR; ++r) {
        acc[r][p][0] = vmlsq_n_s32(acc[r][p][0], zero_points[0], t.row_sums[r]);
        acc[r][p][1] = vmlsq_n_s32(acc[r][p][1], zero_points[1], t.row_sums[r]);
      }
    }
    if (acc_dst != nullptr) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < MR; ++r) {
        vst1q_s32(acc_dst + r * dst_stride + p * kNr, acc[r][p][0]);
        vst1q_s32(acc_dst + r * dst_stride + p * kNr + 4, acc[r][p][1]);
      }
      continue;
    }
    const float32x4_t scale[2] = {vld1q_f32(panel.scale), vld1q_f32(panel.scale + 4)};
    const float32x4_t offset[2] = {vld1q_f32(panel.offset), vld1q_f32(panel.offset + 4)};
#pragma GCC unroll 8
    for (std::size_t r = 0; r < MR; ++r) {
      vst1_s8(dst + r * dst_stride + p * kNr, requantize.bytes(acc[r][p], scale, offset));
    }
  }
}

using TileFunction = void (*)(const Tile&);

// The functions of a kernel, from what is particular to it:
//   kKr                         values of k side by side in packed weights
//   kMr                         rows of the highest tile
//   kRowGroup                   rows that lie together in a block: tiles begin at multiples of it
//   scratch_row_bytes(k_total)  of a row in scratch
//   num_scratch_rows(rows)      that prepare_rows() needs for so many
//   prepare_rows(args, m, rows, scratch, sums)
//                               readies so many rows from row m on, and sums each one's values unless `sums` is null
//   most_panels(rows)           panels of a tile, in a block of so many rows
//   tile(header, rows, panels)  the tile's inner loops
template <typename Kernel>
struct PanelGemm {
  static constexpr std::size_t kKr = Kernel::kKr;

  static std::size_t panel_stride(std::size_t k_total) {
    return round_up(sizeof(Panel) + round_up(k_total, kKr) * kNr, alignof(Panel));
  }

  static std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
    return sizeof(Header) + (n + kNr - 1) / kNr * panel_stride(k * taps);
  }

  // True if a weight is -128.
  static bool pack_column(const GemmQs8PackArgs& args, std::size_t n, Panel& panel, std::int8_t* out) {
    const std::size_t k_total = args.k * args.taps, column = n % kNr;
    const std::int8_t* weights = args.weights + n * args.n_stride;
    std::uint32_t sum = 0;
    bool has_lowest = false;
    for (std::size_t k = 0; k < k_total; ++k) {
      const std::int8_t weight = weights[k * args.k_stride];
      out[(k / kKr * kNr + column) * kKr + k % kKr] = weight;
      sum += static_cast<std::uint32_t>(weight);
      has_lowest |= weight == -128;
    }
    const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0;
    sum -= static_cast<std::uint32_t>(k_total) * static_cast<std::uint32_t>(zero_point);
    const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
    panel.bias[column] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
    panel.scale[column] = args.scale[n];
    panel.offset[column] = requantize_offset(args.scale[n]);
    panel.weights_zero_point[column] = zero_point;
    return has_lowest;
  }

  static void pack(const GemmQs8PackArgs& args, std::byte* packed) {
    const std::size_t stride = panel_stride(args.k * args.taps);
    __builtin_memset(packed, 0, packed_bytes(args.n, args.k, args.taps));
    auto& header = *reinterpret_cast<Header*>(packed);
    header.has_weights_zero_point = args.weights_zero_point != nullptr;
    for (std::size_t n = 0; n < args.n; ++n) {
      std::byte* panel = packed + sizeof(Header) + n / kNr * stride;
      auto* weights = reinterpret_cast<std::int8_t*>(panel + sizeof(Panel));
      if (pack_column(args, n, *reinterpret_cast<Panel*>(panel), weights)) header.has_lowest_weight = 1;
    }
  }

  // Rows that stay in the cache while the panels pass.
  static std::size_t block_rows(std::size_t k_total) {
    constexpr std::size_t kBlockBytes = 128 * 1024;  // half of the smallest usual second-level cache
    constexpr std::size_t kMostRows = 240;
    const std::size_t rows = kBlockBytes / Kernel::scratch_row_bytes(k_total) / Kernel::kMr * Kernel::kMr;
    return rows < Kernel::kMr ? Kernel::kMr : (rows > kMostRows ? kMostRows : rows);
  }

  // Scratch: the kernel's rows, then the sums of their values.
  static std::size_t rows_bytes(std::size_t k_total) {
    return Kernel::num_scratch_rows(block_rows(k_total)) * Kernel::scratch_row_bytes(k_total);
  }

  static std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
    return rows_bytes(k * taps) + block_rows(k * taps) * sizeof(std::int32_t);
  }

  // All rows of a block times the panels that begin with t.panel, of which `columns` are wanted. t has the block's
  // rows. `at` is where row 0 and the first column stand in what is written.
  static void multiply_panels(const GemmQs8Args& args, std::size_t num_rows, std::size_t columns, std::size_t at,
                              Tile t) {
    const auto& header = *reinterpret_cast<const Header*>(args.packed);
    const Tile whole = t;
    const std::size_t panels = (columns + kNr - 1) / kNr;
    // Of panels with columns that are not wanted.
    constexpr std::size_t kStagedColumns = kMostPanels * kNr;
    std::int8_t staged[Kernel::kMr][kStagedColumns];
    std::int32_t staged_acc[Kernel::kMr][kStagedColumns];
    const bool is_staged = columns % kNr != 0;
    t.dst_stride = is_staged ? kStagedColumns : args.dst_stride;
    const std::size_t groups = (num_rows + Kernel::kRowGroup - 1) / Kernel::kRowGroup;
    const std::size_t tiles = (num_rows + Kernel::kMr - 1) / Kernel::kMr;
    for (std::size_t i = 0; i < tiles; ++i) {
      // Tiles of nearly equal height: 9 rows are 4 + 5, not 8 + 1.
      const std::size_t begin = groups * i / tiles * Kernel::kRowGroup;
      const std::size_t last = groups * (i + 1) / tiles * Kernel::kRowGroup, end = last < num_rows ? last : num_rows;
      t.rows = whole.rows + begin * whole.row_stride;
      t.row_sums = whole.row_sums == nullptr ? nullptr : whole.row_sums + begin;
      const std::size_t first = at + begin * args.dst_stride;
      if (args.acc != nullptr) {
        t.acc = is_staged ? staged_acc[0] : args.acc + first;
      } else {
        t.dst = is_staged ? staged[0] : args.dst + first;
      }
      Kernel::tile(header, end - begin, panels)(t);
      for (std::size_t r = 0; is_staged && r < end - begin; ++r) {
        const std::size_t row = first + r * args.dst_stride;
        if (args.acc != nullptr) {
          __builtin_memcpy(args.acc + row, staged_acc[r], columns * sizeof(*args.acc));
        } else {
          __builtin_memcpy(args.dst + row, staged[r], columns);
        }
      }
    }
  }

  static void row_block(const GemmQs8Args& args, std::size_t m, std::size_t num_rows) {
    const std::size_t k_total = args.k * args.taps;
    const bool needs_sums = reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point != 0;
    auto* sums = needs_sums ? reinterpret_cast<std::int32_t*>(args.scratch + rows_bytes(k_total)) : nullptr;
    const Rows rows = Kernel::prepare_rows(args, m, num_rows, reinterpret_cast<std::int8_t*>(args.scratch), sums);
    Tile t{.rows = rows.data,
           .row_stride = rows.stride,
           .blocks = k_total / kBlock,
           .tail = RowTail(k_total),
           .panel = nullptr,
           .panel_stride = panel_stride(k_total),
           .row_sums = sums,
           .dst = nullptr,
           .acc = nullptr,
           .dst_stride = 0,
           .requantize = Requantize(args.output)};
    const std::size_t most_columns = Kernel::most_panels(num_rows) * kNr;
    for (std::size_t n = args.n_begin; n < args.n_end; n += most_columns) {
      t.panel = args.packed + sizeof(Header) + n / kNr * t.panel_stride;
      const std::size_t columns = args.n_end - n < most_columns ? args.n_end - n : most_columns;
      multiply_panels(args, num_rows, columns, m * args.dst_stride + n, t);
    }
  }

  static void gemm(const GemmQs8Args& args) {
    const std::size_t block = block_rows(args.k * args.taps);
    for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_PANELS_H_
