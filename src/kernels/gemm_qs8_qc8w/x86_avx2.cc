// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2. Products of int16 pairs (vpmaddwd) are exact for all int8 values, unlike vpmaddubsw, which
// saturates.
#include <immintrin.h>

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/requantize/x86_avx2.h"

namespace octet {
namespace {

constexpr std::size_t kMr = 6;
constexpr std::size_t kNr = 16;
constexpr std::size_t kPrefetchBytes = 2048;

// Packed: a Header, then for each panel of 16 columns a Panel and its weights [pairs of k][16][2] as int8. Columns past
// n and the odd value behind the last pair are zero.
struct alignas(64) Header {
  std::int32_t has_weights_zero_point;
};
// Columns stand in the order 0-3, 8-11, 4-7, 12-15: packing two vectors of int32 to one of int16 puts them straight.
struct alignas(64) Panel {
  std::int32_t bias[kNr];  // with - src_zero_point * (sum of weights - k * weights_zero_point) folded in
  float scale[kNr];
  float offset[kNr];  // of requantization
  std::int32_t weights_zero_point[kNr];
};

std::size_t column_of(std::size_t position) { return (position & 3) | (position & 4) << 1 | (position & 8) >> 1; }

std::size_t pairs_of(std::size_t k_total) { return (k_total + 1) / 2; }

std::size_t panel_bytes(std::size_t k_total) { return sizeof(Panel) + (pairs_of(k_total) * kNr * 2 + 63) / 64 * 64; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
  return sizeof(Header) + (n + kNr - 1) / kNr * panel_bytes(k * taps);
}

void pack_column(const GemmQs8PackArgs& args, std::size_t n, std::size_t position, Panel& panel, std::int8_t* out) {
  const std::size_t k_total = args.k * args.taps;
  const std::int8_t* weights = args.weights + n * args.n_stride;
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < k_total; ++k) {
    const std::int8_t weight = weights[k * args.k_stride];
    out[(k / 2 * kNr + position) * 2 + k % 2] = weight;
    sum += static_cast<std::uint32_t>(weight);
  }
  const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0;
  sum -= static_cast<std::uint32_t>(k_total) * static_cast<std::uint32_t>(zero_point);
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
  panel.bias[position] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
  panel.scale[position] = args.scale[n];
  panel.offset[position] = requantize_offset(args.scale[n]);
  panel.weights_zero_point[position] = zero_point;
}

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  const std::size_t bytes = panel_bytes(args.k * args.taps);
  __builtin_memset(packed, 0, packed_bytes(args.n, args.k, args.taps));
  reinterpret_cast<Header*>(packed)->has_weights_zero_point = args.weights_zero_point != nullptr;
  packed += sizeof(Header);
  for (std::size_t n0 = 0; n0 < args.n; n0 += kNr, packed += bytes) {
    auto& panel = *reinterpret_cast<Panel*>(packed);
    auto* weights = reinterpret_cast<std::int8_t*>(packed + sizeof(Panel));
    for (std::size_t position = 0; position < kNr; ++position) {
      const std::size_t n = n0 + column_of(position);
      if (n < args.n) pack_column(args, n, position, panel, weights);
    }
  }
}

// Source rows are widened to int16 in scratch [block rows][row_stride], followed by the sums of the rows.
std::size_t row_stride(std::size_t k_total) { return (k_total + 32 + 31) / 32 * 32; }

std::size_t block_rows(std::size_t k_total) {
  constexpr std::size_t kBlockBytes = 128 * 1024;  // a quarter of the second-level cache
  constexpr std::size_t kMostRows = 96;
  const std::size_t rows = kBlockBytes / (row_stride(k_total) * 2) / kMr * kMr;
  return rows < kMr ? kMr : (rows > kMostRows ? kMostRows : rows);
}

std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
  return block_rows(k * taps) * (row_stride(k * taps) * 2 + sizeof(std::int32_t));
}

__m128i load_8_bytes(const std::int8_t* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); }

// Neither reads nor writes beyond n values: tails overlap what is before them.
void widen(const std::int8_t* src, std::size_t n, std::int16_t* dst) {
  if (n >= 16) {
    for (std::size_t i = 0; i < n; i += 16) {
      const std::size_t at = i + 16 <= n ? i : n - 16;
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + at));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + at), _mm256_cvtepi8_epi16(bytes));
    }
  } else if (n >= 8) {
    const __m128i first = _mm_cvtepi8_epi16(load_8_bytes(src)), last = _mm_cvtepi8_epi16(load_8_bytes(src + n - 8));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + n - 8), last);
  } else {
    for (std::size_t i = 0; i < n; ++i) dst[i] = src[i];
  }
}

void widen_row(const GemmQs8Args& args, std::size_t m, std::int16_t* dst) {
  const std::size_t k = args.k;
  dst[args.taps * k] = 0;  // the partner of an odd last value
  if (args.offsets == nullptr) return widen(args.src + m * args.src_stride, k, dst);
  const std::int32_t* offsets = args.offsets + m * args.taps;
  for (std::size_t t = 0; t < args.taps;) {
    if (offsets[t] == kPaddingTap) {
      widen(args.padding, k, dst + t * k);
      ++t;
      continue;
    }
    // Neighbours in a row of the window are neighbours in memory: one run.
    std::size_t end = t + 1;
    while (end < args.taps && offsets[end] == offsets[end - 1] + static_cast<std::int32_t>(k)) ++end;
    widen(args.src + offsets[t], (end - t) * k, dst + t * k);
    t = end;
  }
}

std::int32_t sum_of(const std::int16_t* values, std::size_t n) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

// What one tile needs besides its sources.
struct Epilogue {
  const Panel* panel;
  const std::int32_t* row_sums;  // of the tile's rows, or null without zero points of weights
  std::int8_t* dst;
  std::size_t dst_stride;
  std::size_t columns;  // of the panel, at most 16
  Qs8Output output;
};

// acc -= row sum * zero point of the weights
template <int MR>
void subtract_zero_points(__m256i (&acc)[MR][2], const Epilogue& e) {
  const auto* zero_points = reinterpret_cast<const __m256i*>(e.panel->weights_zero_point);
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    const __m256i sum = _mm256_set1_epi32(e.row_sums[r]);
    acc[r][0] = _mm256_sub_epi32(acc[r][0], _mm256_mullo_epi32(sum, _mm256_load_si256(zero_points)));
    acc[r][1] = _mm256_sub_epi32(acc[r][1], _mm256_mullo_epi32(sum, _mm256_load_si256(zero_points + 1)));
  }
}

template <int MR>
void requantize_tile(const __m256i (&acc)[MR][2], const Epilogue& e) {
  const Requantize requantize(e.output);
  const __m256 scale[2] = {_mm256_load_ps(e.panel->scale), _mm256_load_ps(e.panel->scale + 8)};
  const __m256 offset[2] = {_mm256_load_ps(e.panel->offset), _mm256_load_ps(e.panel->offset + 8)};
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    const __m128i bytes = requantize.bytes(acc[r][0], acc[r][1], scale, offset);
    std::int8_t* dst = e.dst + static_cast<std::size_t>(r) * e.dst_stride;
    if (e.columns == kNr) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), bytes);
    } else {
      alignas(16) std::int8_t staged[kNr];
      _mm_store_si128(reinterpret_cast<__m128i*>(staged), bytes);
      __builtin_memcpy(dst, staged, e.columns);
    }
  }
}

// a: MR rows of int16 pairs, `stride` pairs apart.
template <int MR>
void tile(const std::int32_t* a, std::size_t stride, std::size_t pairs, const std::int8_t* weights, const Epilogue& e) {
  __m256i acc[MR][2];
  const auto* bias = reinterpret_cast<const __m256i*>(e.panel->bias);
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    acc[r][0] = _mm256_load_si256(bias);
    acc[r][1] = _mm256_load_si256(bias + 1);
  }
  for (std::size_t pair = 0; pair < pairs; ++pair, weights += 2 * kNr) {
    // Few rows wait for the weights: a panel is too short for the hardware to run ahead on its own.
    if constexpr (MR <= 2) _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchBytes), _MM_HINT_T0);
    const auto* bytes = reinterpret_cast<const __m128i*>(weights);
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_load_si128(bytes));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_load_si128(bytes + 1));
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      const __m256i value = _mm256_set1_epi32(a[static_cast<std::size_t>(r) * stride + pair]);
      acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(value, b0));
      acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(value, b1));
    }
  }
  if (e.row_sums != nullptr) subtract_zero_points<MR>(acc, e);
  requantize_tile<MR>(acc, e);
}

using TileFunction = void (*)(const std::int32_t*, std::size_t, std::size_t, const std::int8_t*, const Epilogue&);
constexpr TileFunction kTiles[kMr + 1] = {nullptr, tile<1>, tile<2>, tile<3>, tile<4>, tile<5>, tile<6>};

// Rows [m, m + rows) of all columns: the widened rows stay in the cache while the panels pass.
void row_block(const GemmQs8Args& args, std::size_t m, std::size_t rows) {
  const std::size_t k_total = args.k * args.taps;
  const std::size_t stride = row_stride(k_total);
  auto* widened = reinterpret_cast<std::int16_t*>(args.scratch);
  auto* row_sums = reinterpret_cast<std::int32_t*>(args.scratch + block_rows(k_total) * stride * 2);
  const bool has_zero_points = reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point != 0;
  for (std::size_t r = 0; r < rows; ++r) {
    widen_row(args, m + r, widened + r * stride);
    if (has_zero_points) row_sums[r] = sum_of(widened + r * stride, k_total);
  }
  const std::size_t tiles = (rows + kMr - 1) / kMr;
  for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) {
    const std::byte* panel = args.packed + sizeof(Header) + n / kNr * panel_bytes(k_total);
    for (std::size_t i = 0; i < tiles; ++i) {
      // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
      const std::size_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
      const Epilogue epilogue{.panel = reinterpret_cast<const Panel*>(panel),
                              .row_sums = has_zero_points ? row_sums + begin : nullptr,
                              .dst = args.dst + (m + begin) * args.dst_stride + n,
                              .dst_stride = args.dst_stride,
                              .columns = args.n_end - n < kNr ? args.n_end - n : kNr,
                              .output = args.output};
      kTiles[end - begin](reinterpret_cast<const std::int32_t*>(widened + begin * stride), stride / 2,
                          pairs_of(k_total), reinterpret_cast<const std::int8_t*>(panel + sizeof(Panel)), epilogue);
    }
  }
}

void gemm(const GemmQs8Args& args) {
  const std::size_t block = block_rows(args.k * args.taps);
  for (std::size_t m = 0; m < args.m; m += block) row_block(args, m, args.m - m < block ? args.m - m : block);
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx2 = {
    "gemm_qs8_qc8w_6x16c2__avx2", Isa::kAvx2, kMr, kNr, packed_bytes, pack, scratch_bytes, gemm};

}  // namespace octet
