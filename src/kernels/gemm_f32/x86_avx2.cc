// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include <immintrin.h>

#include "kernels/gemm_f32/gemm_f32.h"

namespace octet {
namespace {

constexpr std::size_t kMr = 6;
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

// Lane i is set for i < n.
__m256i first_lanes(std::size_t n) {
  alignas(32) static const std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - n));
}

__m256 load_first(const float* src, std::size_t n) {
  return n >= 8 ? _mm256_loadu_ps(src) : _mm256_maskload_ps(src, first_lanes(n));
}

void store_first(float* dst, std::size_t n, __m256 value) {
  if (n >= 8) {
    _mm256_storeu_ps(dst, value);
  } else if (n > 0) {
    _mm256_maskstore_ps(dst, first_lanes(n), value);
  }
}

// Rows [m, m + MR) of NP panels of which `columns` columns exist, from column n of the product on.
template <int MR, int NP>
void tile(const GemmF32Args& args, std::size_t m, const float* panel, std::size_t n, std::size_t columns) {
  const std::size_t panel_stride = panel_floats(args.k * args.taps);
  __m256 acc[MR][2 * NP];
#pragma GCC unroll 8
  for (int v = 0; v < 2 * NP; ++v) {
    const __m256 bias = _mm256_load_ps(panel + static_cast<std::size_t>(v / 2) * panel_stride + v % 2 * 8);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) acc[r][v] = bias;
  }
  const float* b = panel + kNr;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const float* a[MR];
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) a[r] = tap(args, m + static_cast<std::size_t>(r), t);
    for (std::size_t k = 0; k < args.k; ++k, b += kNr) {
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p) {
        const __m256 b0 = _mm256_load_ps(b + static_cast<std::size_t>(p) * panel_stride);
        const __m256 b1 = _mm256_load_ps(b + static_cast<std::size_t>(p) * panel_stride + 8);
#pragma GCC unroll 8
        for (int r = 0; r < MR; ++r) {
          const __m256 value = _mm256_broadcast_ss(a[r] + k);
          acc[r][2 * p] = _mm256_fmadd_ps(value, b0, acc[r][2 * p]);
          acc[r][2 * p + 1] = _mm256_fmadd_ps(value, b1, acc[r][2 * p + 1]);
        }
      }
    }
  }
  if (args.addend != nullptr) {
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      const float* row = args.addend + (m + static_cast<std::size_t>(r)) * args.addend_stride + n;
#pragma GCC unroll 8
      for (int v = 0; v < 2 * NP; ++v) {
        const std::size_t done = static_cast<std::size_t>(v) * 8;
        if (columns > done) acc[r][v] = _mm256_add_ps(acc[r][v], load_first(row + done, columns - done));
      }
    }
  }
  // Of two operands min and max return the second if one is NaN: a NaN stays.
  const __m256 lo = _mm256_set1_ps(args.lo);
  const __m256 hi = _mm256_set1_ps(args.hi);
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    float* row = args.dst + (m + static_cast<std::size_t>(r)) * args.dst_stride + n;
#pragma GCC unroll 8
    for (int v = 0; v < 2 * NP; ++v) {
      const __m256 value = _mm256_min_ps(hi, _mm256_max_ps(lo, acc[r][v]));
      const std::size_t done = static_cast<std::size_t>(v) * 8;
      if (columns > done) store_first(row + done, columns - done, value);
    }
  }
}

using TileFunction = void (*)(const GemmF32Args&, std::size_t, const float*, std::size_t, std::size_t);

// By number of rows: a single panel, and as many at once as it takes to hide the latency of fma behind 8 sums or more.
constexpr TileFunction kOnePanel[kMr + 1] = {nullptr,    tile<1, 1>, tile<2, 1>, tile<3, 1>,
                                             tile<4, 1>, tile<5, 1>, tile<6, 1>};
constexpr TileFunction kManyPanels[kMr + 1] = {nullptr,    tile<1, 4>, tile<2, 2>, tile<3, 2>,
                                               tile<4, 1>, tile<5, 1>, tile<6, 1>};
constexpr std::size_t kPanelsAtOnce[kMr + 1] = {1, 4, 2, 2, 1, 1, 1};

// Rows [m, m + rows) of all columns: the rows stay in the second-level cache while the panels pass.
void row_block(const GemmF32Args& args, std::size_t m, std::size_t rows) {
  const std::size_t k_total = args.k * args.taps;
  const std::size_t tiles = (rows + kMr - 1) / kMr;
  const auto* packed = reinterpret_cast<const float*>(args.packed);
  for (std::size_t n = args.n_begin; n < args.n_end;) {
    const std::size_t columns = args.n_end - n;
    const float* panel = packed + n / kNr * panel_floats(k_total);
    // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
    const std::size_t most = (rows + tiles - 1) / tiles;
    const std::size_t panels = columns >= kPanelsAtOnce[most] * kNr ? kPanelsAtOnce[most] : 1;
    for (std::size_t i = 0; i < tiles; ++i) {
      const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
      const std::size_t width = columns < panels * kNr ? columns : panels * kNr;
      for (std::size_t p = 0; p < panels;) {
        const std::size_t at_once = panels - p >= kPanelsAtOnce[end - begin] ? kPanelsAtOnce[end - begin] : 1;
        const TileFunction function = at_once > 1 ? kManyPanels[end - begin] : kOnePanel[end - begin];
        function(args, m + begin, panel + p * panel_floats(k_total), n + p * kNr, width - p * kNr);
        p += at_once;
      }
    }
    n += panels * kNr;
  }
}

void gemm(const GemmF32Args& args) {
  constexpr std::size_t kBlockBytes = 128 * 1024;
  const std::size_t row_bytes = args.k * args.taps * sizeof(float) + 1;
  const std::size_t fitting = kBlockBytes / row_bytes / kMr * kMr;
  const std::size_t block = fitting > kMr ? fitting : kMr;
  for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
}

}  // namespace

extern const GemmF32Kernel kGemmF32Avx2 = {"gemm_f32_6x16__avx2", Isa::kAvx2, kMr, kNr, packed_bytes, pack, gemm};

}  // namespace octet
