// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VNNI. vpdpbusd multiplies unsigned by signed bytes: activations are shifted by 128 to become
// unsigned, which the bias takes back.
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_avx512.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

// Packed: a Header, then for each panel of 16 columns a Panel and its weights [quads of k][16][4]. Columns past n and
// values behind the last quad are zero.
struct alignas(64) Header {
  std::int32_t has_weights_zero_point;
};
struct alignas(64) Panel {
  // With - src_zero_point * (sum of weights - k * weights_zero_point) and - 128 * (sum of weights) folded in.
  std::int32_t bias[kNr];
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

std::size_t quads_of(std::size_t k_total) { return (k_total + 3) / 4; }

std::size_t panel_bytes(std::size_t k_total) { return sizeof(Panel) + quads_of(k_total) * kNr * 4; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
  return sizeof(Header) + (n + kNr - 1) / kNr * panel_bytes(k * taps);
}

void pack_column(const GemmQs8PackArgs& args, std::size_t n, Panel& panel, std::int8_t* out) {
  const std::size_t k_total = args.k * args.taps, column = n % kNr;
  const std::int8_t* weights = args.weights + n * args.n_stride;
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < k_total; ++k) {
    const std::int8_t weight = weights[k * args.k_stride];
    out[(k / 4 * kNr + column) * 4 + k % 4] = weight;
    sum += static_cast<std::uint32_t>(weight);
  }
  const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0;
  const std::uint32_t shifted = sum - static_cast<std::uint32_t>(k_total) * static_cast<std::uint32_t>(zero_point);
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
  panel.bias[column] =
      static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * shifted - 128u * sum);
  panel.scale[column] = args.scale[n];
  panel.offset[column] = requantize_offset(args.scale[n]);
  panel.weights_zero_point[column] = zero_point;
}

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  const std::size_t bytes = panel_bytes(args.k * args.taps);
  __builtin_memset(packed, 0, packed_bytes(args.n, args.k, args.taps));
  reinterpret_cast<Header*>(packed)->has_weights_zero_point = args.weights_zero_point != nullptr;
  for (std::size_t n = 0; n < args.n; ++n) {
    std::byte* panel = packed + sizeof(Header) + n / kNr * bytes;
    pack_column(args, n, *reinterpret_cast<Panel*>(panel), reinterpret_cast<std::int8_t*>(panel + sizeof(Panel)));
  }
}

// Source rows are shifted to uint8 in scratch [block rows][row_stride], followed by the sums of their int8 values.
std::size_t row_stride(std::size_t k_total) { return (k_total + 64 + 63) / 64 * 64; }

std::size_t block_rows(std::size_t k_total) {
  constexpr std::size_t kBlockBytes = 256 * 1024;
  constexpr std::size_t kLeastRows = 12;  // the highest tile
  constexpr std::size_t kMostRows = 240;
  const std::size_t rows = kBlockBytes / row_stride(k_total);
  return rows < kLeastRows ? kLeastRows : (rows > kMostRows ? kMostRows : rows);
}

std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
  return block_rows(k * taps) * (row_stride(k * taps) + sizeof(std::int32_t));
}

__mmask64 first_bytes(std::size_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

void shift(const std::int8_t* src, std::size_t n, std::uint8_t* dst) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  for (std::size_t i = 0; i < n; i += 64) {
    const __mmask64 mask = first_bytes(n - i);
    _mm512_mask_storeu_epi8(dst + i, mask, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, src + i), flip));
  }
}

void shift_row(const GemmQs8Args& args, std::size_t m, std::uint8_t* dst) {
  const std::size_t k = args.k;
  __builtin_memset(dst + k * args.taps, 0, 4);  // the last quad: its weights are zero, but memory must be written once
  if (args.offsets == nullptr) return shift(args.src + m * args.src_stride, k, dst);
  const std::int32_t* offsets = args.offsets + m * args.taps;
  for (std::size_t t = 0; t < args.taps;) {
    if (offsets[t] == kPaddingTap) {
      shift(args.padding, k, dst + t * k);
      ++t;
      continue;
    }
    // Neighbours in a row of the window are neighbours in memory: one run.
    std::size_t end = t + 1;
    while (end < args.taps && offsets[end] == offsets[end - 1] + static_cast<std::int32_t>(k)) ++end;
    shift(args.src + offsets[t], (end - t) * k, dst + t * k);
    t = end;
  }
}

std::int32_t sum_of(const std::uint8_t* shifted, std::size_t n) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += shifted[i] - 128;
  return sum;
}

// acc += products of four unsigned bytes of a and four signed bytes of b. In assembly because g++ 12 otherwise copies
// or spills the accumulators (a loop fell from 94 % to 45 % of the peak after an unrelated edit).
void dot4(__m512i& acc, __m512i a, __m512i b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpbusd_epi32(acc, a, b);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

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
  Qs8Output output;
};

void requantize_store(__m512i acc, const Panel& panel, const Qs8Output& output, std::int8_t* dst, std::size_t columns) {
  const __m512i q = Requantize(output).rounded(acc, _mm512_load_ps(panel.scale), _mm512_load_ps(panel.offset));
  const __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_add_epi32(q, _mm512_set1_epi32(output.zero_point)));
  if (columns >= kNr) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), bytes);
  } else {
    _mm_mask_storeu_epi8(dst, static_cast<__mmask16>(first_bytes(columns)), bytes);
  }
}

void store_accumulators(__m512i acc, std::int32_t* dst, std::size_t columns) {
  _mm512_mask_storeu_epi32(dst, static_cast<__mmask16>(first_bytes(columns < kNr ? columns : kNr)), acc);
}

// MR rows of NP panels.
template <int MR, int NP>
void tile(const Tile& t) {
  __m512i acc[MR][NP];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
    const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(p) * t.panel_stride);
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) acc[r][p] = _mm512_load_si512(panel.bias);
  }
  const std::byte* weights = t.panel + sizeof(Panel);
  for (std::size_t quad = 0; quad < t.quads; ++quad, weights += 64) {
    __m512i b[NP];
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) b[p] = _mm512_load_si512(weights + static_cast<std::size_t>(p) * t.panel_stride);
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      std::int32_t four;
      __builtin_memcpy(&four, t.a + static_cast<std::size_t>(r) * t.a_stride + quad * 4, sizeof(four));
      const __m512i value = _mm512_set1_epi32(four);
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p) dot4(acc[r][p], value, b[p]);
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
    const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(p) * t.panel_stride);
    const std::size_t done = static_cast<std::size_t>(p) * kNr;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      if (t.row_sums != nullptr) {
        const __m512i zero_points = _mm512_load_si512(panel.weights_zero_point);
        acc[r][p] = _mm512_sub_epi32(acc[r][p], _mm512_mullo_epi32(_mm512_set1_epi32(t.row_sums[r]), zero_points));
      }
      const std::size_t at = static_cast<std::size_t>(r) * t.dst_stride + done;
      if (t.acc != nullptr) {
        store_accumulators(acc[r][p], t.acc + at, t.columns - done);
      } else {
        requantize_store(acc[r][p], panel, t.output, t.dst + at, t.columns - done);
      }
    }
  }
}

using TileFunction = void (*)(const Tile&);

// By number of panels and rows; 24 accumulators at most, as 32 registers also hold the panels' values and a row's.
constexpr std::size_t kMostPanels = 4;
constexpr std::size_t kMostRows[kMostPanels + 1] = {0, 12, 12, 8, 6};
constexpr TileFunction kTiles[kMostPanels + 1][13] = {
    {},
    {nullptr, tile<1, 1>, tile<2, 1>, tile<3, 1>, tile<4, 1>, tile<5, 1>, tile<6, 1>, tile<7, 1>, tile<8, 1>,
     tile<9, 1>, tile<10, 1>, tile<11, 1>, tile<12, 1>},
    {nullptr, tile<1, 2>, tile<2, 2>, tile<3, 2>, tile<4, 2>, tile<5, 2>, tile<6, 2>, tile<7, 2>, tile<8, 2>,
     tile<9, 2>, tile<10, 2>, tile<11, 2>, tile<12, 2>},
    {nullptr, tile<1, 3>, tile<2, 3>, tile<3, 3>, tile<4, 3>, tile<5, 3>, tile<6, 3>, tile<7, 3>, tile<8, 3>},
    {nullptr, tile<1, 4>, tile<2, 4>, tile<3, 4>, tile<4, 4>, tile<5, 4>, tile<6, 4>}};

// Four at a time, but 5 are 3 + 2 and not 4 + 1: a single panel reads its rows for too few products.
std::size_t panels_at_once(std::size_t left) {
  if (left == 5) return 3;
  return left < kMostPanels ? left : kMostPanels;
}

// Rows [m, m + rows) of all columns: the shifted rows stay in the cache while the panels pass.
void row_block(const GemmQs8Args& args, std::size_t m, std::size_t rows) {
  const std::size_t k_total = args.k * args.taps;
  const std::size_t stride = row_stride(k_total);
  auto* shifted = reinterpret_cast<std::uint8_t*>(args.scratch);
  auto* row_sums = reinterpret_cast<std::int32_t*>(args.scratch + block_rows(k_total) * stride);
  const bool has_zero_points = reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point != 0;
  for (std::size_t r = 0; r < rows; ++r) {
    shift_row(args, m + r, shifted + r * stride);
    if (has_zero_points) row_sums[r] = sum_of(shifted + r * stride, k_total);
  }
  for (std::size_t n = args.n_begin; n < args.n_end;) {
    const std::size_t panels = panels_at_once((args.n_end - n + kNr - 1) / kNr);
    const std::size_t width = args.n_end - n < panels * kNr ? args.n_end - n : panels * kNr;
    const std::size_t tiles = (rows + kMostRows[panels] - 1) / kMostRows[panels];
    for (std::size_t i = 0; i < tiles; ++i) {
      // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
      const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
      kTiles[panels][end - begin]({.a = shifted + begin * stride,
                                   .a_stride = stride,
                                   .quads = quads_of(k_total),
                                   .panel = args.packed + sizeof(Header) + n / kNr * panel_bytes(k_total),
                                   .panel_stride = panel_bytes(k_total),
                                   .row_sums = has_zero_points ? row_sums + begin : nullptr,
                                   .dst = args.acc != nullptr ? nullptr : args.dst + (m + begin) * args.dst_stride + n,
                                   .acc = args.acc == nullptr ? nullptr : args.acc + (m + begin) * args.dst_stride + n,
                                   .dst_stride = args.dst_stride,
                                   .columns = width,
                                   .output = args.output});
    }
    n += panels * kNr;
  }
}

void gemm(const GemmQs8Args& args) {
  const std::size_t block = block_rows(args.k * args.taps);
  for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx512Vnni = {
    "gemm_qs8_qc8w_6x64c4__avx512vnni", Isa::kAvx512Vnni, 6, kNr, packed_bytes, pack, scratch_bytes, gemm};

}  // namespace octet
