// SPDX-License-Identifier: Apache-2.0
// The kernel for vpdpbusd on vectors of 256 bits. Instructions = which encoding of it: VEX (AVX-VNNI), EVEX
// (AVX512-VNNI with AVX512-VL), or a model. Everything else is AVX2. Only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI256_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI256_H_

#include "kernels/gemm_qs8_qc8w/x86_quad_panels.h"
#include "kernels/requantize/x86_avx2.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

// Vectors of 8 columns; the last panel may need only its first one.
template <int NV>
[[gnu::always_inline]] inline const std::byte* vector_of(const std::byte* first_panel, std::size_t panel_stride,
                                                         int v) {
  return first_panel + static_cast<std::size_t>(v / 2) * panel_stride + static_cast<std::size_t>(v % 2) * 32;
}

__m256i load_32(const void* p) { return _mm256_load_si256(static_cast<const __m256i*>(p)); }

// Narrowing pairs the halves of two vectors: dwords 0 and 2, 1 and 3 of the bytes belong to each. One vector is made
// such a pair by the caller.
__m128i straight(__m128i bytes) { return _mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 1, 2, 0)); }

[[gnu::always_inline]] inline __m128i requantized(__m256i acc0, __m256i acc1, const Panel& panel,
                                                  const Requantize& requantize, bool scales_are_at_most_half) {
  const __m256 scale[2] = {_mm256_load_ps(panel.scale), _mm256_load_ps(panel.scale + 8)};
  const __m256 offset[2] = {_mm256_load_ps(panel.offset), _mm256_load_ps(panel.offset + 8)};
  return straight(scales_are_at_most_half ? requantize.bytes_unclamped<false>(acc0, acc1, scale, offset)
                                          : requantize.bytes(acc0, acc1, scale, offset));
}

// acc -= sum of the row * zero points of the weights
void subtract_zero_points(__m256i& acc, std::int32_t row_sum, const std::int32_t* zero_points) {
  acc = _mm256_sub_epi32(acc, _mm256_mullo_epi32(_mm256_set1_epi32(row_sum), load_32(zero_points)));
}

// The sums of one panel, all or the first NV = 1 of its vectors.
template <int NV>
[[gnu::always_inline]] inline void store_accumulators(__m256i acc0, __m256i acc1, std::int32_t* dst) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), acc0);
  if constexpr (NV > 1) _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst) + 1, acc1);
}

// MR rows of NV vectors of columns; whole panels are written.
template <typename Instructions, int MR, int NV>
void run_tile(const Tile& t) {
  __m256i acc[MR][NV];
#pragma GCC unroll 8
  for (int v = 0; v < NV; ++v) {
    const __m256i bias = load_32(vector_of<NV>(t.panel + offsetof(Panel, shifted_bias), t.panel_stride, v));
#pragma GCC unroll 6
    for (int r = 0; r < MR; ++r) {
      acc[r][v] = bias;
      Instructions::keep(acc[r][v]);
    }
  }
  const std::byte* weights = t.panel + sizeof(Panel);
  const std::uint8_t* row = t.a;
  const std::size_t a_stride = t.a_stride, panel_stride = t.panel_stride;
  const auto four_of = [&](int r) {
    std::int32_t four;
    __builtin_memcpy(&four, row + static_cast<std::size_t>(r) * a_stride, sizeof(four));
    return _mm256_set1_epi32(four);
  };
  for (std::size_t quad = t.quads; quad > 0; --quad, weights += 64, row += 4) {
    if constexpr (NV <= 2) {
      __m256i b[NV];
#pragma GCC unroll 2
      for (int v = 0; v < NV; ++v) b[v] = load_32(vector_of<NV>(weights, panel_stride, v));
#pragma GCC unroll 6
      for (int r = 0; r < MR; ++r) {
        const __m256i a = four_of(r);
#pragma GCC unroll 2
        for (int v = 0; v < NV; ++v) acc[r][v] = Instructions::dot4(acc[r][v], a, b[v]);
      }
    } else {
      // Few rows: the weights pass, one vector at a time.
      __m256i a[MR];
#pragma GCC unroll 3
      for (int r = 0; r < MR; ++r) a[r] = four_of(r);
#pragma GCC unroll 8
      for (int v = 0; v < NV; ++v) {
        const std::byte* const at = vector_of<NV>(weights, panel_stride, v);
        if (v % 2 == 0) __builtin_prefetch(at + kPrefetchBytes);
        const __m256i b = load_32(at);
#pragma GCC unroll 3
        for (int r = 0; r < MR; ++r) acc[r][v] = Instructions::dot4(acc[r][v], a[r], b);
      }
    }
  }
  if (t.row_sums != nullptr) {
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v) {
      const auto& panel = *reinterpret_cast<const Panel*>(t.panel + static_cast<std::size_t>(v / 2) * panel_stride);
#pragma GCC unroll 6
      for (int r = 0; r < MR; ++r) subtract_zero_points(acc[r][v], t.row_sums[r], panel.weights_zero_point + v % 2 * 8);
    }
  }
  // Locals: stores of bytes may alias the tile.
  const Requantize requantize(t.output);
  const bool at_most_half = t.scales_are_at_most_half;
  const std::byte* panels = t.panel;
  std::int8_t* const dst = t.dst;
  std::int32_t* const acc_dst = t.acc;
  const std::size_t dst_stride = t.dst_stride;
#pragma GCC unroll 4
  for (std::size_t p = 0; p < (NV + 1) / 2; ++p) {
    const auto& panel = *reinterpret_cast<const Panel*>(panels + p * panel_stride);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < MR; ++r) {
      const std::size_t at = r * dst_stride + p * kNr;
      if (acc_dst != nullptr) {
        store_accumulators<NV>(acc[r][2 * p], acc[r][NV == 1 ? 0 : 2 * p + 1], acc_dst + at);
        continue;
      }
      const __m128i bytes =
          requantized(acc[r][2 * p], acc[r][NV == 1 ? 0 : 2 * p + 1], panel, requantize, at_most_half);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + at), bytes);
    }
  }
}

// The same where not all columns of the last panel are wanted.
template <typename Instructions, int MR, int NV>
void run(const Tile& t) {
  if (t.columns == NV * 8 && NV > 1) return run_tile<Instructions, MR, NV>(t);
  constexpr std::size_t kColumns = (NV + 1) / 2 * kNr;
  alignas(32) std::int8_t staged[MR][kColumns];
  alignas(32) std::int32_t staged_acc[MR][kColumns];
  Tile whole = t;
  whole.dst = staged[0];
  whole.acc = t.acc != nullptr ? staged_acc[0] : nullptr;
  whole.dst_stride = kColumns;
  run_tile<Instructions, MR, NV>(whole);
  for (std::size_t r = 0; r < MR; ++r) {
    if (t.acc != nullptr) {
      __builtin_memcpy(t.acc + r * t.dst_stride, staged_acc[r], t.columns * sizeof(*t.acc));
    } else {
      __builtin_memcpy(t.dst + r * t.dst_stride, staged[r], t.columns);
    }
  }
}

// A single panel: both of its vectors, or the first one alone.
template <typename Instructions, int MR>
void run_panel(const Tile& t) {
  t.columns > 8 ? run<Instructions, MR, 2>(t) : run<Instructions, MR, 1>(t);
}

template <typename Instructions>
struct Vnni256 {
  static constexpr std::size_t kBlockBytes = 128 * 1024;
  static constexpr std::size_t kLeastRows = 6;

  template <typename Word>
  static void shift_word(const std::int8_t* src, std::uint8_t* dst) {
    Word values;
    __builtin_memcpy(&values, src, sizeof(values));
    values ^= static_cast<Word>(0x8080808080808080);
    __builtin_memcpy(dst, &values, sizeof(values));
  }

  // Runs of windows are short: overlapping pieces in place of a call.
  static void shift(const std::int8_t* src, std::size_t n, std::uint8_t* dst) {
    const auto shift_16 = [&](std::size_t i) {
      const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + i));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + i), _mm_xor_si128(values, _mm_set1_epi8(-128)));
    };
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + i), _mm256_xor_si256(values, _mm256_set1_epi8(-128)));
    }
    if (n >= 16) {
      if (n - i >= 16) shift_16(i);
      if (n - i > 0) shift_16(n - 16);
    } else if (n >= 8) {
      shift_word<std::uint64_t>(src, dst);
      shift_word<std::uint64_t>(src + n - 8, dst + n - 8);
    } else if (n >= 4) {
      shift_word<std::uint32_t>(src, dst);
      shift_word<std::uint32_t>(src + n - 4, dst + n - 4);
    } else {
      for (; i < n; ++i) dst[i] = static_cast<std::uint8_t>(src[i] ^ -128);
    }
  }

  static void shift_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::uint8_t* dst, std::size_t stride) {
    if (args.offsets == nullptr) {
      for (std::size_t r = 0; r < num_rows; ++r, dst += stride) shift(args.src + (m + r) * args.src_stride, args.k, dst);
      return;
    }
    const std::size_t k = args.k, run_taps = args.run_taps;
    const std::int32_t* offsets = args.offsets + m * args.taps;
    for (; num_rows > 0; --num_rows, dst += stride) {
      std::uint8_t* to = dst;
      for (const std::int32_t* const end = offsets + args.taps; offsets < end; offsets += run_taps, to += run_taps * k) {
        if (offsets[0] != kPaddingTap && offsets[run_taps - 1] != kPaddingTap) {
          shift(args.src + offsets[0], run_taps * k, to);
          continue;
        }
        for (std::size_t t = 0; t < run_taps; ++t)
          shift(offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t], k, to + t * k);
      }
    }
  }

  // 8 to 12 accumulators: vpdpbusd takes some five cycles, and two begin in each.
  static std::size_t panels_at_once(std::size_t rows, std::size_t left) {
    const std::size_t most = rows == 1 ? 4 : (rows <= 3 ? 2 : 1);
    return left >= most ? most : 1;
  }

  static std::size_t most_rows(std::size_t panels) { return panels == 1 ? 6 : (panels == 2 ? 3 : 1); }

  static TileFunction tile(std::size_t rows, std::size_t panels) {
    static constexpr TileFunction kOnePanel[7] = {nullptr,
                                                  run_panel<Instructions, 1>,
                                                  run_panel<Instructions, 2>,
                                                  run_panel<Instructions, 3>,
                                                  run_panel<Instructions, 4>,
                                                  run_panel<Instructions, 5>,
                                                  run_panel<Instructions, 6>};
    static constexpr TileFunction kTwoPanels[4] = {nullptr, run<Instructions, 1, 4>, run<Instructions, 2, 4>,
                                                   run<Instructions, 3, 4>};
    if (panels == 4) return run<Instructions, 1, 8>;
    return panels == 2 ? kTwoPanels[rows] : kOnePanel[rows];
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_VNNI256_H_
