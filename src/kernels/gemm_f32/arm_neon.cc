// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. fmla takes its second factor by lane, so four values of a row are loaded at once and read as they
// are.
#include "kernels/arm_neon_floats.h"
#include "kernels/gemm_f32/gemm_f32.h"

namespace octet {
namespace {

constexpr std::size_t kMr = 8;
constexpr std::size_t kNr = 8;

// Packed: for each panel of 8 columns, the bias [8] and the weights [taps * k][8]; columns past n are zero.
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

// acc + b * lane kLane of a. A statement, as g++ 12 copies accumulators around the intrinsic, and a volatile one, as it
// would else put sums that wait for each other side by side.
template <int kLane>
[[gnu::always_inline]] inline float32x4_t multiply_add(float32x4_t acc, float32x4_t b, float32x4_t a) {
  asm volatile("fmla %0.4s, %1.4s, %2.s[%3]" : "+w"(acc) : "w"(b), "w"(a), "i"(kLane));
  return acc;
}

// Lane kLane of four values of k of each row, times that row of the weights. The fence keeps g++ 12 from loading the
// weights of all lanes at once, and spilling sums to have registers for them.
template <int kLane, int MR, int NP>
[[gnu::always_inline]] inline void multiply_lane(float32x4_t (&acc)[MR][NP][2], const float32x4_t (&a)[MR],
                                                 const float*& weights, std::size_t stride) {
  asm("" : "+r"(weights));
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
    const float32x4_t b0 = vld1q_f32(weights + p * stride), b1 = vld1q_f32(weights + p * stride + 4);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      acc[r][p][0] = multiply_add<kLane>(acc[r][p][0], b0, a[r]);
      acc[r][p][1] = multiply_add<kLane>(acc[r][p][1], b1, a[r]);
    }
  }
  weights += kNr;
}

// Rows [m, m + MR) of NP panels of which `columns` columns exist, from column n of the product on.
template <int MR, int NP>
void tile(const GemmF32Args& args, std::size_t m, const float* panel, std::size_t n, std::size_t columns) {
  const std::size_t stride = panel_floats(args.k * args.taps);
  float32x4_t acc[MR][NP][2];
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      acc[r][p][0] = vld1q_f32(panel + p * stride);
      acc[r][p][1] = vld1q_f32(panel + p * stride + 4);
    }
  }
  const float* weights = panel + kNr;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const float* rows[MR];
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) rows[r] = tap(args, m + static_cast<std::size_t>(r), t);
    float32x4_t a[MR];
    std::size_t k = 0;
    for (; k + 4 <= args.k; k += 4) {
#pragma GCC unroll 8
      for (int r = 0; r < MR; ++r) a[r] = vld1q_f32(rows[r] + k);
      multiply_lane<0>(acc, a, weights, stride);
      multiply_lane<1>(acc, a, weights, stride);
      multiply_lane<2>(acc, a, weights, stride);
      multiply_lane<3>(acc, a, weights, stride);
    }
    for (; k < args.k; ++k) {
#pragma GCC unroll 8
      for (int r = 0; r < MR; ++r) a[r] = vld1q_dup_f32(rows[r] + k);
      multiply_lane<0>(acc, a, weights, stride);
    }
  }
  if (args.addend != nullptr) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < MR; ++r) {
      const float* row = args.addend + (m + r) * args.addend_stride + n;
#pragma GCC unroll 8
      for (std::size_t v = 0; v < 2 * NP; ++v) {
        if (columns > v * 4)
          acc[r][v / 2][v % 2] = vaddq_f32(acc[r][v / 2][v % 2], load_first(row + v * 4, columns - v * 4));
      }
    }
  }
  const float32x4_t lo = vdupq_n_f32(args.lo), hi = vdupq_n_f32(args.hi);
#pragma GCC unroll 8
  for (std::size_t r = 0; r < MR; ++r) {
    float* row = args.dst + (m + r) * args.dst_stride + n;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < 2 * NP; ++v) {
      if (columns > v * 4) store_first(row + v * 4, columns - v * 4, clamp(acc[r][v / 2][v % 2], lo, hi));
    }
  }
}

using TileFunction = void (*)(const GemmF32Args&, std::size_t, const float*, std::size_t, std::size_t);

// By number of panels and rows; 16 accumulators at most, of 32 registers that also hold values of rows and columns, and
// 12 for two rows, as g++ 12 loads the weights of all panels at once.
constexpr std::size_t kMostPanels = 4;
constexpr TileFunction kTiles[kMostPanels + 1][kMr + 1] = {
    {},
    {nullptr, tile<1, 1>, tile<2, 1>, tile<3, 1>, tile<4, 1>, tile<5, 1>, tile<6, 1>, tile<7, 1>, tile<8, 1>},
    {nullptr, tile<1, 2>, tile<2, 2>, tile<3, 2>, tile<4, 2>},
    {nullptr, tile<1, 3>, tile<2, 3>},
    {nullptr, tile<1, 4>}};

std::size_t most_panels(std::size_t rows) {
  static constexpr std::size_t kPanels[] = {4, 4, 3, 2, 2};
  return rows <= 4 ? kPanels[rows] : 1;
}

// Rows [m, m + rows) of all columns: the rows stay in the second-level cache while the panels pass.
void row_block(const GemmF32Args& args, std::size_t m, std::size_t rows) {
  const std::size_t most_columns = most_panels(rows) * kNr, tiles = (rows + kMr - 1) / kMr;
  const auto* packed = reinterpret_cast<const float*>(args.packed);
  for (std::size_t n = args.n_begin; n < args.n_end; n += most_columns) {
    const std::size_t columns = args.n_end - n < most_columns ? args.n_end - n : most_columns;
    for (std::size_t i = 0; i < tiles; ++i) {
      // Tiles of nearly equal height: 9 rows are 4 + 5, not 8 + 1.
      const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
      kTiles[(columns + kNr - 1) / kNr][end - begin](args, m + begin,
                                                     packed + n / kNr * panel_floats(args.k * args.taps), n, columns);
    }
  }
}

void gemm(const GemmF32Args& args) {
  constexpr std::size_t kBlockBytes = 128 * 1024;  // half of the smallest usual second-level cache
  const std::size_t fitting = kBlockBytes / (args.k * args.taps * sizeof(float) + 1) / kMr * kMr;
  const std::size_t block = fitting > kMr ? fitting : kMr;
  for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
}

}  // namespace

extern const GemmF32Kernel kGemmF32Neon = {"gemm_f32_8x8__neon", Isa::kNeon, kMr, kNr, packed_bytes, pack, gemm};

}  // namespace octet
