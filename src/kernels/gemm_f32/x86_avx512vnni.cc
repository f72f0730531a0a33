// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kNr = 64;

// Packed: for each block of 64 columns the bias and the weights, [1 + taps * k][width]. The width is 64, of the last
// block the next multiple of 16; columns past n are zero. So a block is read from front to end, and what follows it is
// wanted next.
std::size_t block_width(std::size_t columns) { return columns < kNr ? (columns + kLanes - 1) / kLanes * kLanes : kNr; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
  return (n + kLanes - 1) / kLanes * kLanes * (1 + k * taps) * sizeof(float);
}

__mmask16 first_lanes(std::size_t n) { return static_cast<__mmask16>(n >= kLanes ? 0xFFFF : (1 << n) - 1); }

// dst[k * dst_stride + j] = src[j * stride + k] of 16 columns j and 4 values of k.
void transpose_16x4(const float* src, std::size_t stride, float* dst, std::size_t dst_stride) {
  __m512 rows[4];  // columns i, 4 + i, 8 + i, 12 + i of row i, a quarter of the register each
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    const float* from = src + i * stride;
    rows[i] = _mm512_castps128_ps512(_mm_loadu_ps(from));
    rows[i] = _mm512_insertf32x4(rows[i], _mm_loadu_ps(from + 4 * stride), 1);
    rows[i] = _mm512_insertf32x4(rows[i], _mm_loadu_ps(from + 8 * stride), 2);
    rows[i] = _mm512_insertf32x4(rows[i], _mm_loadu_ps(from + 12 * stride), 3);
  }
  const __m512d low_0 = _mm512_castps_pd(_mm512_unpacklo_ps(rows[0], rows[1]));
  const __m512d low_2 = _mm512_castps_pd(_mm512_unpacklo_ps(rows[2], rows[3]));
  const __m512d high_0 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[0], rows[1]));
  const __m512d high_2 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[2], rows[3]));
  _mm512_store_ps(dst, _mm512_castpd_ps(_mm512_unpacklo_pd(low_0, low_2)));
  _mm512_store_ps(dst + dst_stride, _mm512_castpd_ps(_mm512_unpackhi_pd(low_0, low_2)));
  _mm512_store_ps(dst + 2 * dst_stride, _mm512_castpd_ps(_mm512_unpacklo_pd(high_0, high_2)));
  _mm512_store_ps(dst + 3 * dst_stride, _mm512_castpd_ps(_mm512_unpackhi_pd(high_0, high_2)));
}

// Columns of [N, K] weights, zeros up to `width`.
void pack_transposed(const float* src, std::size_t stride, std::size_t k_total, std::size_t columns, std::size_t width,
                     float* dst) {
  const std::size_t whole_columns = columns / kLanes * kLanes, whole_k = k_total / 4 * 4;
  for (std::size_t j = 0; j < whole_columns; j += kLanes) {
    const float* from = src + j * stride;
    for (std::size_t k = 0; k < whole_k; k += 4) transpose_16x4(from + k, stride, dst + k * width + j, width);
    for (std::size_t k = whole_k; k < k_total; ++k)
      for (std::size_t i = 0; i < kLanes; ++i) dst[k * width + j + i] = from[i * stride + k];
  }
  for (std::size_t k = 0; k < k_total; ++k)
    for (std::size_t j = whole_columns; j < width; ++j) dst[k * width + j] = j < columns ? src[j * stride + k] : 0.0f;
}

void pack(const GemmF32PackArgs& args, std::byte* packed) {
  auto* out = reinterpret_cast<float*>(packed);
  for (std::size_t n0 = 0; n0 < args.n; n0 += kNr) {
    const std::size_t columns = args.n - n0 < kNr ? args.n - n0 : kNr, width = block_width(columns);
    for (std::size_t j = 0; j < width; ++j) *out++ = args.bias != nullptr && j < columns ? args.bias[n0 + j] : 0.0f;
    if (args.k_stride == 1 && args.n_stride != 1) {
      pack_transposed(args.weights + n0 * args.n_stride, args.n_stride, args.k * args.taps, columns, width, out);
      out += args.k * args.taps * width;
      continue;
    }
    for (std::size_t k = 0; k < args.k * args.taps; ++k, out += width) {
      const float* row = args.weights + n0 * args.n_stride + k * args.k_stride;
      if (args.n_stride == 1) {
        for (std::size_t j = 0; j < width; j += kLanes)
          _mm512_store_ps(out + j,
                          _mm512_maskz_loadu_ps(j < columns ? first_lanes(columns - j) : __mmask16{0}, row + j));
      } else {
        for (std::size_t j = 0; j < columns; ++j) out[j] = row[j * args.n_stride];
        for (std::size_t j = columns; j < width; ++j) out[j] = 0.0f;
      }
    }
  }
}

// Where rows [m, m + MR) have value c of tap t.
template <int MR>
inline __attribute__((always_inline)) void find_rows(const GemmF32Args& args, std::size_t m, std::size_t t,
                                                     std::size_t c, const float* (&a)[MR]) {
  if (args.offsets == nullptr) {
    const float* row = args.src + m * args.src_stride + c;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r, row += args.src_stride) a[r] = row;
  } else {
    const std::int32_t* offset = args.offsets + m * args.taps + t;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r, offset += args.taps)
      a[r] = (*offset == kPaddingTap ? args.padding : args.src + *offset) + c;
  }
}

// Whether the args.run_taps taps from t on follow each other in memory, in each of the rows [m, m + MR).
template <int MR>
inline __attribute__((always_inline)) bool is_run(const GemmF32Args& args, std::size_t m, std::size_t t) {
  const std::int32_t* first = args.offsets + m * args.taps + t;
  const auto distance = static_cast<std::int32_t>((args.run_taps - 1) * args.k);
  bool run = true;
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r, first += args.taps)
    run = run & (*first != kPaddingTap) & (first[args.run_taps - 1] - *first == distance);
  return run;
}

// acc += a * b; in assembly for the reason given in gemm_qs8_qc8w/x86_avx512vnni.cc.
void multiply_add(__m512& acc, __m512 a, __m512 b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_fmadd_ps(a, b, acc);
#else
  asm("vfmadd231ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

// Of memory that may lie behind the end of a buffer: an address is no promise to read there.
void prefetch([[maybe_unused]] std::uintptr_t address) {
#ifndef OCTET_SIMD_MODEL
  asm volatile("prefetcht1 (%0)" ::"r"(address));
#endif
}

void prefetch_first_level([[maybe_unused]] std::uintptr_t address) {
#ifndef OCTET_SIMD_MODEL
  asm volatile("prefetcht0 (%0)" ::"r"(address));
#endif
}

// One pass of the rows of a tile's height over a slice of K of one block of columns. Sums of earlier slices lie in dst.
struct Pass {
  const GemmF32Args& args;
  const float* block;
  std::size_t columns;         // of the block that exist
  std::size_t k_begin, k_end;  // slice of taps * k
  std::size_t tap, c;          // of k_begin
  bool runs;                   // slices are whole runs of taps, which are worth to look for
  float* dst;                  // row 0, column 0 of the block
  float lo, hi;                // none before the last slice
  const float* addend;         // as dst; null before the last slice
  std::uintptr_t ahead;        // weights of the next slice that the next tile prefetches, ...
  std::size_t ahead_lines;     // ... so many cache lines in every chunk of K
  bool rows_ahead;             // the rows behind the tile are prefetched, too
};

constexpr std::size_t kUnroll = 4;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kChunk = kCacheLine / sizeof(float);  // of K, with prefetches before it

// acc += value k of each row * the weights of k.
template <int MR, int NP>
inline __attribute__((always_inline)) void step(__m512 (&acc)[MR][NP], const float* const (&a)[MR], std::size_t k,
                                                const float* weights) {
  __m512 b[NP];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) b[p] = _mm512_load_ps(weights + static_cast<std::size_t>(p) * kLanes);
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r) {
    const __m512 value = _mm512_set1_ps(a[r][k]);
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) multiply_add(acc[r][p], value, b[p]);
  }
}

// Rows [m, m + MR) of NP panels of 16 columns.
template <int MR, int NP, bool kFirst>
void tile(Pass& pass, std::size_t m) {
  const GemmF32Args& args = pass.args;
  constexpr std::size_t kWidth = NP * kLanes;
  const std::size_t dst_stride = args.dst_stride;
  const __mmask16 last_lanes = first_lanes(pass.columns - (NP - 1) * kLanes);
  float* const dst = pass.dst + m * dst_stride;
  __m512 acc[MR][NP];
  const float* sums = dst;
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r, sums += dst_stride) {
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) {
      if constexpr (kFirst) {
        acc[r][p] = _mm512_load_ps(pass.block + p * static_cast<int>(kLanes));
      } else {
        acc[r][p] =
            _mm512_maskz_loadu_ps(p + 1 < NP ? __mmask16{0xFFFF} : last_lanes, sums + p * static_cast<int>(kLanes));
      }
    }
  }
  if (pass.addend != nullptr) {  // arrives while the sums are made
    const float* addend = pass.addend + m * args.addend_stride;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r, addend += args.addend_stride) {
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p)
        prefetch_first_level(reinterpret_cast<std::uintptr_t>(addend + p * static_cast<int>(kLanes)));
    }
  }
  std::uintptr_t ahead = pass.ahead;
  // The rows behind the tile, as if they were one run: MR lines for every chunk of K.
  auto rows_ahead = reinterpret_cast<std::uintptr_t>(args.src + (pass.rows_ahead ? (m + MR) * args.src_stride : 0));
  const float* weights = pass.block + (1 + pass.k_begin) * kWidth;
  std::size_t t = pass.tap, c = pass.c, singles = 0;  // taps left of a run that is not in one piece
  for (std::size_t left = pass.k_end - pass.k_begin; left > 0; c = 0) {
    const float* a[MR];
    find_rows(args, m, t, c, a);
    std::size_t taps = 1;
    if (singles > 0) {
      --singles;
    } else if (pass.runs) {
      if (is_run<MR>(args, m, t)) {
        taps = args.run_taps;
      } else {
        singles = args.run_taps - 1;
      }
    }
    const std::size_t rest = taps * args.k - c, count = rest < left ? rest : left;
    left -= count;
    t += taps;
    if (count < kChunk) {
      for (std::size_t k = 0; k < count; ++k, weights += kWidth) step<MR, NP>(acc, a, k, weights);
      continue;
    }
    for (std::size_t k = 0; k < count;) {
      for (std::size_t i = 0; i < pass.ahead_lines; ++i, ahead += kCacheLine) prefetch(ahead);
      if (pass.rows_ahead) {
#pragma GCC unroll 16
        for (int r = 0; r < MR; ++r) prefetch_first_level(rows_ahead + static_cast<std::size_t>(r) * kCacheLine);
        rows_ahead += MR * kCacheLine;
      }
      const std::size_t end = k + kChunk < count ? k + kChunk : count;
      for (; k + kUnroll <= end; k += kUnroll, weights += kUnroll * kWidth) {
#pragma GCC unroll 4
        for (std::size_t u = 0; u < kUnroll; ++u) step<MR, NP>(acc, a, k + u, weights + u * kWidth);
      }
      for (; k < end; ++k, weights += kWidth) step<MR, NP>(acc, a, k, weights);
    }
  }
  pass.ahead = ahead;
  if (pass.addend != nullptr) {
    const float* addend = pass.addend + m * args.addend_stride;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r, addend += args.addend_stride) {
#pragma GCC unroll 4
      for (int p = 0; p < NP; ++p) {
        const __mmask16 lanes = p + 1 < NP ? __mmask16{0xFFFF} : last_lanes;
        acc[r][p] = _mm512_add_ps(acc[r][p], _mm512_maskz_loadu_ps(lanes, addend + p * static_cast<int>(kLanes)));
      }
    }
  }
  // Of two operands min and max return the second if one is NaN: a NaN stays.
  const __m512 lo = _mm512_set1_ps(pass.lo), hi = _mm512_set1_ps(pass.hi);
  float* row = dst;
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r, row += dst_stride) {
#pragma GCC unroll 4
    for (int p = 0; p < NP; ++p) {
      const __m512 value = _mm512_min_ps(hi, _mm512_max_ps(lo, acc[r][p]));
      _mm512_mask_storeu_ps(row + p * static_cast<int>(kLanes), p + 1 < NP ? __mmask16{0xFFFF} : last_lanes, value);
    }
  }
}

using TileFunction = void (*)(Pass&, std::size_t);

// By number of panels and rows; 24 accumulators at most. Up to 12 rows take 12 pointers: with more they would be
// spilled.
constexpr std::size_t kMostRows[5] = {0, 12, 12, 8, 6};
template <bool kFirst>
constexpr TileFunction kTiles[5][13] = {
    {},
    {nullptr, tile<1, 1, kFirst>, tile<2, 1, kFirst>, tile<3, 1, kFirst>, tile<4, 1, kFirst>, tile<5, 1, kFirst>,
     tile<6, 1, kFirst>, tile<7, 1, kFirst>, tile<8, 1, kFirst>, tile<9, 1, kFirst>, tile<10, 1, kFirst>,
     tile<11, 1, kFirst>, tile<12, 1, kFirst>},
    {nullptr, tile<1, 2, kFirst>, tile<2, 2, kFirst>, tile<3, 2, kFirst>, tile<4, 2, kFirst>, tile<5, 2, kFirst>,
     tile<6, 2, kFirst>, tile<7, 2, kFirst>, tile<8, 2, kFirst>, tile<9, 2, kFirst>, tile<10, 2, kFirst>,
     tile<11, 2, kFirst>, tile<12, 2, kFirst>},
    {nullptr, tile<1, 3, kFirst>, tile<2, 3, kFirst>, tile<3, 3, kFirst>, tile<4, 3, kFirst>, tile<5, 3, kFirst>,
     tile<6, 3, kFirst>, tile<7, 3, kFirst>, tile<8, 3, kFirst>},
    {nullptr, tile<1, 4, kFirst>, tile<2, 4, kFirst>, tile<3, 4, kFirst>, tile<4, 4, kFirst>, tile<5, 4, kFirst>,
     tile<6, 4, kFirst>}};

// Of K: a slice of a block of columns, 256 KB, and the one that is prefetched behind it leave room for rows in a
// second-level cache.
constexpr std::size_t kSlice = 1024;
constexpr std::size_t kRowsInCache = 1024 * 1024;  // the layer before has left so much in the second-level cache
constexpr std::size_t kLeastRun =
    32;  // of values: fewer are multiplied sooner than it is known that they follow each other
constexpr float kInfinity = __builtin_inff();

// Rows [m, m + rows) of all columns: the rows stay in the second-level cache while the weights pass.
void row_block(const GemmF32Args& args, std::size_t m, std::size_t rows, bool weights_stay) {
  const std::size_t k_total = args.k * args.taps;
  const bool runs = args.offsets != nullptr && args.run_taps > 1 && args.run_taps * args.k >= kLeastRun;
  const std::size_t unit = runs ? args.run_taps * args.k : 1, units = unit == 0 ? 0 : k_total / unit;
  const std::size_t wanted = k_total > kSlice ? (k_total + kSlice - 1) / kSlice : 1, slices = wanted < units ? wanted
                                                                                              : units > 0    ? units
                                                                                                             : 1;
  for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) {
    const std::size_t columns = args.n_end - n < kNr ? args.n_end - n : kNr, width = block_width(columns),
                      panels = width / kLanes;
    const std::size_t tiles = (rows + kMostRows[panels] - 1) / kMostRows[panels];
    Pass pass{args,
              reinterpret_cast<const float*>(args.packed) + n * (1 + k_total),
              columns,
              0,
              0,
              0,
              0,
              runs,
              args.dst + n,
              0,
              0,
              nullptr,
              0,
              0,
              false};
    if (!weights_stay) pass.ahead_lines = (width * sizeof(float) * kChunk / kCacheLine + tiles - 1) / tiles;
    pass.rows_ahead = args.offsets == nullptr && n == args.n_begin && args.m * args.k * sizeof(float) > kRowsInCache;
    for (std::size_t s = 0; s < slices; ++s) {
      pass.k_begin = units * s / slices * unit;
      pass.k_end = units * (s + 1) / slices * unit;
      pass.tap = args.k == 0 ? 0 : pass.k_begin / args.k;
      pass.c = pass.k_begin - pass.tap * args.k;
      pass.lo = s + 1 == slices ? args.lo : -kInfinity;
      pass.hi = s + 1 == slices ? args.hi : kInfinity;
      pass.addend = s + 1 == slices && args.addend != nullptr ? args.addend + n : nullptr;
      pass.ahead = reinterpret_cast<std::uintptr_t>(pass.block + (1 + pass.k_end) * width);
      // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
      for (std::size_t i = 0; i < tiles; ++i) {
        const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
        (s == 0 ? kTiles<true> : kTiles<false>)[panels][end - begin](pass, m + begin);
      }
    }
  }
}

// MR rows of NB whole blocks of columns: few rows take as long as it takes to read the weights, which is fastest in
// several places at once.
template <int MR, int NB>
void few_rows(const GemmF32Args& args, std::size_t n) {
  constexpr int kPanels = kNr / kLanes;
  constexpr std::size_t kAheadBytes = 1024;
  const std::size_t k_total = args.k * args.taps, block_floats = kNr * (1 + k_total);
  const float* weights = reinterpret_cast<const float*>(args.packed) + n * (1 + k_total);
  __m512 acc[MR][NB * kPanels];
#pragma GCC unroll 16
  for (int p = 0; p < NB * kPanels; ++p) {
    const __m512 bias = _mm512_load_ps(weights + static_cast<std::size_t>(p / kPanels) * block_floats +
                                       static_cast<std::size_t>(p % kPanels) * kLanes);
#pragma GCC unroll 2
    for (int r = 0; r < MR; ++r) acc[r][p] = bias;
  }
  weights += kNr;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const float* a[MR];
    find_rows(args, 0, t, 0, a);
    for (std::size_t k = 0; k < args.k; ++k, weights += kNr) {
#pragma GCC unroll 16
      for (int p = 0; p < NB * kPanels; ++p) {
        prefetch_first_level(
            reinterpret_cast<std::uintptr_t>(weights + static_cast<std::size_t>(p / kPanels) * block_floats) +
            kAheadBytes + static_cast<std::size_t>(p % kPanels) * kCacheLine);
      }
      __m512 value[MR];
#pragma GCC unroll 2
      for (int r = 0; r < MR; ++r) value[r] = _mm512_set1_ps(a[r][k]);
#pragma GCC unroll 16
      for (int p = 0; p < NB * kPanels; ++p) {
        const __m512 b = _mm512_load_ps(weights + static_cast<std::size_t>(p / kPanels) * block_floats +
                                        static_cast<std::size_t>(p % kPanels) * kLanes);
#pragma GCC unroll 2
        for (int r = 0; r < MR; ++r) multiply_add(acc[r][p], value[r], b);
      }
    }
  }
  if (args.addend != nullptr) {
#pragma GCC unroll 16
    for (int p = 0; p < NB * kPanels; ++p) {
#pragma GCC unroll 2
      for (int r = 0; r < MR; ++r) {
        const float* addend =
            args.addend + static_cast<std::size_t>(r) * args.addend_stride + n + static_cast<std::size_t>(p) * kLanes;
        acc[r][p] = _mm512_add_ps(acc[r][p], _mm512_loadu_ps(addend));
      }
    }
  }
  const __m512 lo = _mm512_set1_ps(args.lo), hi = _mm512_set1_ps(args.hi);
#pragma GCC unroll 16
  for (int p = 0; p < NB * kPanels; ++p) {
#pragma GCC unroll 2
    for (int r = 0; r < MR; ++r)
      _mm512_storeu_ps(
          args.dst + static_cast<std::size_t>(r) * args.dst_stride + n + static_cast<std::size_t>(p) * kLanes,
          _mm512_min_ps(hi, _mm512_max_ps(lo, acc[r][p])));
  }
}

// The columns that few_rows leaves, less than a block, begin at the result.
template <int MR, int NB>
std::size_t few_rows_of_all_blocks(const GemmF32Args& args) {
  using Function = void (*)(const GemmF32Args&, std::size_t);
  static constexpr Function kFunctions[] = {nullptr, few_rows<MR, 1>, few_rows<MR, 2>, few_rows<MR, 3>,
                                            few_rows<MR, NB>};
  const std::size_t blocks = (args.n_end - args.n_begin) / kNr, groups = (blocks + NB - 1) / NB;
  for (std::size_t i = 0; i < groups; ++i) {
    const std::size_t begin = blocks * i / groups, end = blocks * (i + 1) / groups;
    kFunctions[end - begin](args, args.n_begin + begin * kNr);
  }
  return args.n_begin + blocks * kNr;
}

void gemm(const GemmF32Args& args) {
  constexpr std::size_t kManyWeights = 512 * 1024, kBlockBytes = 512 * 1024, kSmallBlockBytes = 128 * 1024;
  constexpr std::size_t kLeastRows = 48;
  // Few weights stay in the second-level cache: then rows are read and written once. Windows overlap: a row of the
  // product adds about as much to what is read as the pixels that it is further on, one to four.
  const std::size_t row_floats = args.k * (args.taps > 1 ? 2 : 1), columns = args.n_end - args.n_begin;
  const bool weights_stay = !args.cold_weights && args.k * args.taps * columns * sizeof(float) <= kManyWeights;
  const std::size_t row_bytes = (row_floats + (weights_stay ? columns : 0)) * sizeof(float) + 1;
  const std::size_t fitting = (weights_stay ? kSmallBlockBytes : kBlockBytes) / row_bytes;
  const std::size_t block = fitting > kLeastRows ? fitting : kLeastRows;
  if (args.m == 1 || args.m == 2) {
    GemmF32Args rest = args;
    rest.n_begin = args.m == 1 ? few_rows_of_all_blocks<1, 4>(args) : few_rows_of_all_blocks<2, 3>(args);
    return row_block(rest, 0, args.m, true);
  }
  for (std::size_t m = 0; m < args.m; m += block)
    row_block(args, m, args.m - m < block ? args.m - m : block, weights_stay);
}

}  // namespace

extern const GemmF32Kernel kGemmF32Avx512Vnni = {
    "gemm_f32_6x64__avx512vnni", Isa::kAvx512Vnni, 6, kNr, packed_bytes, pack, gemm};

}  // namespace octet
