// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. vpmaddubsw multiplies halves of weights, which are unsigned, with activations. It does not saturate: four
// groups, eight products of a pair, stay within 8 * 2 * 15 * 128 = 30,720.
#include "kernels/gemv_qs8_qc4w/x86_rows.h"

namespace octet {
namespace {

constexpr std::size_t kGroupsOfWords = 4;  // whose products are summed in int16

__m256i four_values(const std::int8_t* row) {
  std::int32_t four;
  __builtin_memcpy(&four, row, sizeof(four));
  return _mm256_set1_epi32(four);
}

// sums[16] += products of kGroups groups of one panel, at most kGroupsOfWords.
template <std::size_t kGroups>
[[gnu::always_inline]] inline void multiply_panel(const std::int8_t* row, const std::byte* weights, std::int32_t* sums) {
  const __m256i low_half = _mm256_set1_epi8(15);
  __m256i words[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroups; ++g, row += kGroup, weights += 64) {
    // One group after the other: else g++ 12 begins with the products of all, and spills some.
    asm("" : "+r"(weights), "+x"(words[0]), "+x"(words[1]));
    __builtin_prefetch(weights + kAhead);
    const __m256i low = four_values(row), high = four_values(row + 4);
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
      const __m256i pairs = load_32(weights + 32 * half);
      const __m256i low_products = _mm256_maddubs_epi16(_mm256_and_si256(pairs, low_half), low);
      const __m256i high_products = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(pairs, 4), low_half), high);
      words[half] = _mm256_add_epi16(words[half], _mm256_add_epi16(low_products, high_products));
    }
  }
#pragma GCC unroll 2
  for (std::size_t half = 0; half < 2; ++half) {
    auto* const sum = reinterpret_cast<__m256i*>(sums) + half;
    _mm256_store_si256(sum, _mm256_add_epi32(_mm256_load_si256(sum), _mm256_madd_epi16(words[half], _mm256_set1_epi16(1))));
  }
}

struct Avx2 {
  // Registers do not hold their sums, which are added to in memory: that takes less than reading in fewer places would.
  static constexpr std::size_t kMostPanels = 8;
  using Finish = FinishPanel;

  static std::int32_t prepare(const std::int8_t* src, std::size_t k, std::int8_t* row) { return prepare_row(src, k, row); }

  // Not inlined, so that scripts/check_kernel_loops.sh can tell sums from spilled registers.
  [[gnu::noinline]] static void multiply(std::size_t num_panels, const Row& row, const Panels& panels, std::int32_t* sums) {
    __builtin_memset(sums, 0, num_panels * kColumns * sizeof(*sums));
    const std::int8_t* values = row.values;
    const std::byte* weights = panels.weights;
    const std::size_t stride = panels.stride;
    std::size_t groups = panels.groups;
    for (; groups >= kGroupsOfWords; groups -= kGroupsOfWords, values += kGroupsOfWords * kGroup, weights += kGroupsOfWords * 64)
      multiply_groups<kGroupsOfWords>(num_panels, values, weights, stride, sums);
    for (; groups > 0; --groups, values += kGroup, weights += 64) multiply_groups<1>(num_panels, values, weights, stride, sums);
  }

 private:
  template <std::size_t kGroups>
  static void multiply_groups(std::size_t num_panels, const std::int8_t* values, const std::byte* weights, std::size_t stride,
                              std::int32_t* sums) {
    for (; num_panels > 0; --num_panels, weights += stride, sums += kColumns) multiply_panel<kGroups>(values, weights, sums);
  }
};

using Gemv = PanelGemv<Avx2>;

}  // namespace

extern const GemmQs8Kernel kGemvQs8Qc4wAvx2 = {
    "gemv_qs8_qc4w_1x128c8__avx2", Isa::kAvx2, 1, Gemv::kNr, packed_bytes, pack, Gemv::scratch_bytes, Gemv::gemv};

}  // namespace octet
