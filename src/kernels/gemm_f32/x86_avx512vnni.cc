// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

// Packed: for each panel of 16 columns, the bias [16] and the weights [taps * k][16]; columns past n are zero.
std::size_t panel_floats(std::size_t k_total) { return (1 + k_total) * kNr; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
  return (n + kNr - 1) / kNr * panel_floats(k * taps) * sizeof(float);
}

void pack(const GemmF32PackArgs& args, std::byte* packed) {
  auto* out = reinterpret_cast<float*>(packed);
  for (std::size_t n0 = 0; n0 < args.n; n0 += kNr) {
    const std::size_t columns = args.n - n0 < kNr ? args.n - n0 : kNr;
    for (std::size_t j = 0; j < kNr; ++j) *out++ = args.bias != nullptr && j < columns ? args.bias[n0 + j] : 0.0f;
    for (std::size_t k = 0; k < args.k * args.taps; ++k) {
      const float* row = args.weights + n0 * args.n_stride + k * args.k_stride;
      for (std::size_t j = 0; j < kNr; ++j) *out++ = j < columns ? row[j * args.n_stride] : 0.0f;
    }
  }
}

const float* tap(const GemmF32Args& args, std::size_t m, std::size_t t) {
  if (args.offsets == nullptr) return args.src + m * args.src_stride;
  const std::int32_t offset = args.offsets[m * args.taps + t];
  return offset == kPaddingTap ? args.padding : args.src + offset;
}

// acc += a * b; in assembly for the reason given in gemm_qs8_qc8w/x86_avx512vnni.cc.
void multiply_add(__m512& acc, __m512 a, __m512 b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_fmadd_ps(a, b, acc);
#else
  asm("vfmadd231ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

// Rows [m, m + MR) of NP panels of which `columns` columns exist; dst is that of column 0 of the first panel, row m.
template <int MR, int NP>
void tile(const GemmF32Args& args, std::size_t m, const float* panel, float* dst, std::size_t columns) {
  const std::size_t panel_stride = panel_floats(args.k * args.taps);
  __m512 acc[MR][NP];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) acc[r][p] = _mm512_load_ps(panel + static_cast<std::size_t>(p) * panel_stride);
  }
  const float* weights = panel + kNr;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const float* a[MR];
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) a[r] = tap(args, m + static_cast<std::size_t>(r), t);
    for (std::size_t k = 0; k < args.k; ++k, weights += kNr) {
      __m512 b[NP];
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p) b[p] = _mm512_load_ps(weights + static_cast<std::size_t>(p) * panel_stride);
#pragma GCC unroll 16
      for (int r = 0; r < MR; ++r) {
        const __m512 value = _mm512_set1_ps(a[r][k]);
#pragma GCC unroll 4
        for (int p = 0; p < NP; ++p) multiply_add(acc[r][p], value, b[p]);
      }
    }
  }
  // Of two operands min and max return the second if one is NaN: a NaN stays.
  const __m512 lo = _mm512_set1_ps(args.lo), hi = _mm512_set1_ps(args.hi);
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
    const std::size_t done = static_cast<std::size_t>(p) * kNr;
    const std::size_t left = columns - done;
    const auto mask = static_cast<__mmask16>(left >= kNr ? 0xFFFF : (1 << left) - 1);
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      const __m512 value = _mm512_min_ps(hi, _mm512_max_ps(lo, acc[r][p]));
      _mm512_mask_storeu_ps(dst + static_cast<std::size_t>(r) * args.dst_stride + done, mask, value);
    }
  }
}

using TileFunction = void (*)(const GemmF32Args&, std::size_t, const float*, float*, std::size_t);

// By number of panels and rows; 24 accumulators at most. Up to 12 rows take 12 pointers: with more they would be
// spilled.
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

// Rows [m, m + rows) of all columns: the rows stay in the second-level cache while the panels pass.
void row_block(const GemmF32Args& args, std::size_t m, std::size_t rows) {
  const auto* packed = reinterpret_cast<const float*>(args.packed);
  for (std::size_t n = args.n_begin; n < args.n_end;) {
    const std::size_t panels = panels_at_once((args.n_end - n + kNr - 1) / kNr);
    const std::size_t width = args.n_end - n < panels * kNr ? args.n_end - n : panels * kNr;
    const std::size_t tiles = (rows + kMostRows[panels] - 1) / kMostRows[panels];
    for (std::size_t i = 0; i < tiles; ++i) {
      // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
      const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
      kTiles[panels][end - begin](args, m + begin, packed + n / kNr * panel_floats(args.k * args.taps),
                                  args.dst + (m + begin) * args.dst_stride + n, width);
    }
    n += panels * kNr;
  }
}

void gemm(const GemmF32Args& args) {
  constexpr std::size_t kBlockBytes = 256 * 1024;
  constexpr std::size_t kLeastRows = 12;
  const std::size_t fitting = kBlockBytes / (args.k * args.taps * sizeof(float) + 1);
  const std::size_t block = fitting > kLeastRows ? fitting : kLeastRows;
  for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
}

}  // namespace

extern const GemmF32Kernel kGemmF32Avx512Vnni = {
    "gemm_f32_6x64__avx512vnni", Isa::kAvx512Vnni, 6, kNr, packed_bytes, pack, gemm};

}  // namespace octet
