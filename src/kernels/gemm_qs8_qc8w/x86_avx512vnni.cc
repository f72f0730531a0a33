// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VNNI.
#include "kernels/gemm_qs8_qc8w/x86_quad_panels.h"
#include "kernels/requantize/x86_avx512.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

__mmask64 first_bytes(std::size_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

// acc += products of four unsigned bytes of a and four signed bytes of b. In assembly because g++ 12 otherwise copies
// or spills the accumulators (a loop fell from 94 % to 45 % of the peak after an unrelated edit).
void dot4(__m512i& acc, __m512i a, __m512i b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpbusd_epi32(acc, a, b);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

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
void run_tile(const Tile& t) {
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

struct Vnni512 {
  static constexpr std::size_t kBlockBytes = 256 * 1024;
  static constexpr std::size_t kLeastRows = 12;

  static void shift(const std::int8_t* src, std::size_t n, std::uint8_t* dst) {
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
    for (std::size_t i = 0; i < n; i += 64) {
      const __mmask64 mask = first_bytes(n - i);
      _mm512_mask_storeu_epi8(dst + i, mask, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, src + i), flip));
    }
  }

  static constexpr std::size_t kMostPanels = 4;

  // Four at a time, but 5 are 3 + 2 and not 4 + 1: a single panel reads its rows for too few products.
  static std::size_t panels_at_once(std::size_t /*rows*/, std::size_t left) {
    if (left == 5) return 3;
    return left < kMostPanels ? left : kMostPanels;
  }

  // 24 accumulators at most, as 32 registers also hold the panels' values and a row's.
  static std::size_t most_rows(std::size_t panels) {
    static constexpr std::size_t kMostRows[kMostPanels + 1] = {0, 12, 12, 8, 6};
    return kMostRows[panels];
  }

  static TileFunction tile(std::size_t rows, std::size_t panels) {
    static constexpr TileFunction kTiles[kMostPanels + 1][13] = {
        {},
        {nullptr, run_tile<1, 1>, run_tile<2, 1>, run_tile<3, 1>, run_tile<4, 1>, run_tile<5, 1>, run_tile<6, 1>,
         run_tile<7, 1>, run_tile<8, 1>, run_tile<9, 1>, run_tile<10, 1>, run_tile<11, 1>, run_tile<12, 1>},
        {nullptr, run_tile<1, 2>, run_tile<2, 2>, run_tile<3, 2>, run_tile<4, 2>, run_tile<5, 2>, run_tile<6, 2>,
         run_tile<7, 2>, run_tile<8, 2>, run_tile<9, 2>, run_tile<10, 2>, run_tile<11, 2>, run_tile<12, 2>},
        {nullptr, run_tile<1, 3>, run_tile<2, 3>, run_tile<3, 3>, run_tile<4, 3>, run_tile<5, 3>, run_tile<6, 3>,
         run_tile<7, 3>, run_tile<8, 3>},
        {nullptr, run_tile<1, 4>, run_tile<2, 4>, run_tile<3, 4>, run_tile<4, 4>, run_tile<5, 4>, run_tile<6, 4>}};
    return kTiles[panels][rows];
  }
};

using Gemm = ShiftedGemm<Vnni512>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx512Vnni = {"gemm_qs8_qc8w_6x64c4__avx512vnni",
                                                 Isa::kAvx512Vnni,
                                                 6,
                                                 kNr,
                                                 Gemm::packed_bytes,
                                                 Gemm::pack,
                                                 Gemm::scratch_bytes,
                                                 Gemm::gemm};

}  // namespace octet
