// SPDX-License-Identifier: Apache-2.0
// Packed weights of the kernels that multiply four neighbours of k at a time (AVX-VNNI, AVX512-VNNI, AMX), and the walk
// of the first two over rows and panels; only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_QUAD_PANELS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_QUAD_PANELS_H_

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

// Few rows wait for the weights of several panels: these are fetched so far ahead of what is multiplied.
[[maybe_unused]] constexpr std::size_t kPrefetchBytes = 1024;

// Packed: a Header, then for each panel of 16 columns a Panel and its weights [quads of k][16][4]. Columns past n and
// values behind the last k are zero.
struct alignas(64) Header {
  std::int32_t has_weights_zero_point;
  std::int32_t scales_are_at_most_half;
};
struct alignas(64) Panel {
  // With - src_zero_point * (sum of weights - k * weights_zero_point) folded in.
  std::int32_t bias[kNr];
  std::int32_t shifted_bias[kNr];  // for source values that are multiplied 128 higher
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// kK: the most values of k that a step of the inner loop takes, fewer (whole quads) only where there are no more; panels
// end with a whole step. kTapsAreApart: so does each tap.
template <std::size_t kK, bool kTapsAreApart = false>
struct QuadPanels {
  static std::size_t step_of(std::size_t k) { return k < kK ? round_up(k, 4) : kK; }
  static std::size_t padded(std::size_t k) { return k == 0 ? 0 : round_up(k, step_of(k)); }

  // Values of a row with what fills its steps.
  static std::size_t padded_values(std::size_t k, std::size_t taps) { return kTapsAreApart ? padded(k) * taps : padded(k * taps); }

  static std::size_t panel_bytes(std::size_t k, std::size_t taps) { return sizeof(Panel) + padded_values(k, taps) * kNr; }

  static std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
    return sizeof(Header) + (n + kNr - 1) / kNr * panel_bytes(k, taps);
  }

  // Of neighbouring values, `count` a multiple of 16; returns their sum.
  static std::uint32_t pack_sixteens(const std::int8_t* weights, std::size_t count, std::int8_t* quads) {
    __m128i sums = _mm_setzero_si128();  // of values 128 higher
    for (std::size_t k = 0; k < count; k += 16, weights += 16) {
      const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights));
      sums = _mm_add_epi64(sums, _mm_sad_epu8(_mm_xor_si128(values, _mm_set1_epi8(-128)), _mm_setzero_si128()));
      for (std::size_t i = 0; i < 16; i += 4, quads += kNr * 4) __builtin_memcpy(quads, weights + i, 4);
    }
    const auto sum = static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums))));
    return sum - 128 * static_cast<std::uint32_t>(count);
  }

  static void pack_column(const GemmQs8PackArgs& args, std::size_t n, Panel& panel, std::int8_t* out) {
    const std::size_t k_total = args.k * args.taps, column = n % kNr;
    const std::int8_t* weights = args.weights + n * args.n_stride;
    std::uint32_t sum = 0;
    const std::size_t runs = kTapsAreApart ? args.taps : 1, run = k_total / runs;
    for (std::size_t r = 0; r < runs; ++r) {
      std::int8_t* const quads = out + r * padded(run) * kNr + column * 4;
      std::size_t k = args.k_stride == 1 ? run / 16 * 16 : 0;
      sum += pack_sixteens(weights, k, quads);
      for (weights += k; k < run; ++k, weights += args.k_stride) {
        quads[k / 4 * kNr * 4 + k % 4] = *weights;
        sum += static_cast<std::uint32_t>(*weights);
      }
    }
    const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0;
    const std::uint32_t shifted = sum - static_cast<std::uint32_t>(k_total) * static_cast<std::uint32_t>(zero_point);
    const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
    const std::uint32_t folded = bias - static_cast<std::uint32_t>(args.src_zero_point) * shifted;
    panel.bias[column] = static_cast<std::int32_t>(folded);
    panel.shifted_bias[column] = static_cast<std::int32_t>(folded - 128 * sum);
    panel.scale[column] = args.scale[n];
    panel.offset[column] = requantize_offset(args.scale[n]);
    panel.weights_zero_point[column] = zero_point;
  }

  static void pack(const GemmQs8PackArgs& args, std::byte* packed) {
    const std::size_t bytes = panel_bytes(args.k, args.taps);
    __builtin_memset(packed, 0, packed_bytes(args.n, args.k, args.taps));
    auto& header = *reinterpret_cast<Header*>(packed);
    header = {.has_weights_zero_point = args.weights_zero_point != nullptr, .scales_are_at_most_half = 1};
    for (std::size_t n = 0; n < args.n; ++n) {
      if (args.scale[n] > 0.5f) header.scales_are_at_most_half = 0;
      std::byte* panel = packed + sizeof(Header) + n / kNr * bytes;
      pack_column(args, n, *reinterpret_cast<Panel*>(panel), reinterpret_cast<std::int8_t*>(panel + sizeof(Panel)));
    }
  }

  static const std::byte* panel_of(const GemmQs8Args& args, std::size_t n) {
    static_assert(!kTapsAreApart);
    return args.packed + sizeof(Header) + n / kNr * panel_bytes(args.k, args.taps);
  }
};

// Rows and panels of one tile.
struct Tile {
  const std::uint8_t* a;  // first row
  std::size_t a_stride;
  std::size_t quads;
  const std::byte* panel;  // first panel
  std::size_t panel_stride;
  const std::int32_t* row_sums;  // of the tile's rows, or null without zero points of weights
  std::int8_t* dst;
  std::int32_t* acc;  // if not null, in place of dst
  std::size_t dst_stride;
  std::size_t columns;  // of all panels
  bool scales_are_at_most_half;
  Qs8Output output;
};

using TileFunction = void (*)(const Tile&);

// The functions of a kernel for vpdpbusd, which multiplies unsigned by signed bytes: activations are shifted by 128 to
// become unsigned, which the bias takes back. From what is particular to it:
//   kBlockBytes, kLeastRows                of a block of rows; kLeastRows as many as the highest tile has
//   shift_rows(args, m, num_rows, dst, stride)
//                                          rows from m on, 128 higher, all taps one behind the other
//   panels_at_once(rows, left)             of `left` panels, in a block of so many rows
//   most_rows(panels)                      of a tile
//   tile(rows, panels)                     the tile's function
template <typename Kernel, std::size_t kK = 4>
struct ShiftedGemm : QuadPanels<kK> {
  using Layout = QuadPanels<kK>;


  // Source rows are shifted to uint8 in scratch [block rows][row_stride], followed by the sums of their int8 values.
  static std::size_t row_stride(std::size_t k_total) { return round_up(k_total + 64, 64); }

  static std::size_t block_rows(std::size_t k_total) {
    constexpr std::size_t kMostRows = 240;
    const std::size_t rows = Kernel::kBlockBytes / row_stride(k_total);
    return rows < Kernel::kLeastRows ? Kernel::kLeastRows : (rows > kMostRows ? kMostRows : rows);
  }

  static std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
    return block_rows(k * taps) * (row_stride(k * taps) + sizeof(std::int32_t));
  }

  static std::int32_t sum_of(const std::uint8_t* shifted, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += shifted[i] - 128;
    return sum;
  }

  // Rows [m, m + rows) of all columns: the shifted rows stay in the cache while the panels pass.
  static void row_block(const GemmQs8Args& args, std::size_t m, std::size_t rows) {
    const std::size_t k_total = args.k * args.taps;
    const std::size_t stride = row_stride(k_total);
    auto* shifted = reinterpret_cast<std::uint8_t*>(args.scratch);
    auto* row_sums = reinterpret_cast<std::int32_t*>(args.scratch + block_rows(k_total) * stride);
    const auto& header = *reinterpret_cast<const Header*>(args.packed);
    const bool has_zero_points = header.has_weights_zero_point != 0;
    // The last quad: its weights are zero, but memory must be written once.
    for (std::size_t r = 0; r < rows; ++r) __builtin_memset(shifted + r * stride + k_total, 0, 4);
    Kernel::shift_rows(args, m, rows, shifted, stride);
    for (std::size_t r = 0; has_zero_points && r < rows; ++r) row_sums[r] = sum_of(shifted + r * stride, k_total);
    for (std::size_t n = args.n_begin; n < args.n_end;) {
      const std::size_t panels = Kernel::panels_at_once(rows, (args.n_end - n + kNr - 1) / kNr);
      const std::size_t width = args.n_end - n < panels * kNr ? args.n_end - n : panels * kNr;
      const std::size_t tiles = (rows + Kernel::most_rows(panels) - 1) / Kernel::most_rows(panels);
      for (std::size_t i = 0; i < tiles; ++i) {
        // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
        const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
        const std::size_t at = (m + begin) * args.dst_stride + n;
        Kernel::tile(end - begin, panels)({.a = shifted + begin * stride,
                                           .a_stride = stride,
                                           .quads = (k_total + 3) / 4,
                                           .panel = Layout::panel_of(args, n),
                                           .panel_stride = Layout::panel_bytes(args.k, args.taps),
                                           .row_sums = has_zero_points ? row_sums + begin : nullptr,
                                           .dst = args.acc != nullptr ? nullptr : args.dst + at,
                                           .acc = args.acc == nullptr ? nullptr : args.acc + at,
                                           .dst_stride = args.dst_stride,
                                           .columns = width,
                                           .scales_are_at_most_half = header.scales_are_at_most_half != 0,
                                           .output = args.output});
      }
      n += panels * kNr;
    }
  }

  static void gemm(const GemmQs8Args& args) {
    const std::size_t block = block_rows(args.k * args.taps);
    for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_QUAD_PANELS_H_
