// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VNNI: vpdpbusd multiplies halves of weights, which are unsigned, with activations.
#include "kernels/gemv_qs8_qc4w/x86_rows.h"

namespace octet {
namespace {

__m512i four_values(const std::int8_t* row) {
  std::int32_t four;
  __builtin_memcpy(&four, row, sizeof(four));
  return _mm512_set1_epi32(four);
}

// acc += products of four halves of weights and four values. In assembly because g++ 12 otherwise copies or spills the accumulators.
void dot4(__m512i& acc, __m512i halves, __m512i values) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpbusd_epi32(acc, halves, values);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(halves), "v"(values));
#endif
}

// In a register: else it would be loaded for each half.
void keep([[maybe_unused]] __m512i& pairs) {
#ifndef OCTET_SIMD_MODEL
  asm("" : "+v"(pairs));
#endif
}

template <int NP>
void multiply_panels(const Row& row, const Panels& panels, std::int32_t* sums) {
  const __m512i low_half = _mm512_set1_epi8(15);
  __m512i acc[NP];
#pragma GCC unroll 8
  for (int p = 0; p < NP; ++p) acc[p] = _mm512_setzero_si512();
  const std::int8_t* values = row.values;
  const std::byte* weights = panels.weights;
  const std::size_t stride = panels.stride;
  for (std::size_t groups = panels.groups; groups > 0; --groups, values += kGroup, weights += 64) {
    const __m512i low = four_values(values), high = four_values(values + 4);
#pragma GCC unroll 8
    for (int p = 0; p < NP; ++p) {
      const std::byte* const at = weights + static_cast<std::size_t>(p) * stride;
      __builtin_prefetch(at + kAhead);
      __m512i pairs = _mm512_load_si512(at);
      keep(pairs);
      dot4(acc[p], _mm512_and_si512(pairs, low_half), low);
      dot4(acc[p], _mm512_and_si512(_mm512_srli_epi16(pairs, 4), low_half), high);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < NP; ++p) _mm512_store_si512(sums + static_cast<std::size_t>(p) * kColumns, acc[p]);
}

struct Avx512Vnni {
  static constexpr std::size_t kMostPanels = 8;
  using Finish = FinishPanel;

  static std::int32_t prepare(const std::int8_t* src, std::size_t k, std::int8_t* row) { return prepare_row(src, k, row); }

  static void multiply(std::size_t num_panels, const Row& row, const Panels& panels, std::int32_t* sums) {
    static constexpr void (*kPanels[])(const Row&, const Panels&, std::int32_t*) = {
        nullptr,           multiply_panels<1>, multiply_panels<2>, multiply_panels<3>, multiply_panels<4>,
        multiply_panels<5>, multiply_panels<6>, multiply_panels<7>, multiply_panels<8>};
    kPanels[num_panels](row, panels, sums);
  }
};

using Gemv = PanelGemv<Avx512Vnni>;

}  // namespace

extern const GemmQs8Kernel kGemvQs8Qc4wAvx512Vnni = {
    "gemv_qs8_qc4w_1x128c8__avx512vnni", Isa::kAvx512Vnni, 1, Gemv::kNr, packed_bytes, pack, Gemv::scratch_bytes, Gemv::gemv};

}  // namespace octet
