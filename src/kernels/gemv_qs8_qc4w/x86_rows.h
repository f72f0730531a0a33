// SPDX-License-Identifier: Apache-2.0
// What happens to rows before and after their products, on vectors of AVX2; only for kernel files.
#ifndef OCTET_KERNELS_GEMV_QS8_QC4W_X86_ROWS_H_
#define OCTET_KERNELS_GEMV_QS8_QC4W_X86_ROWS_H_

#include "kernels/gemv_qs8_qc4w/nibble_panels.h"
#include "kernels/requantize/x86_avx2.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

__m256i load_32(const void* p) { return _mm256_load_si256(static_cast<const __m256i*>(p)); }

std::int32_t prepare_row(const std::int8_t* src, std::size_t k, std::int8_t* row) {
  __m256i sums = _mm256_setzero_si256();
  const auto add = [&](__m256i values) {
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), values);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  };
  __builtin_memset(row + k / kRowEnd * kRowEnd, 0, k % kRowEnd == 0 ? 0 : kRowEnd);
  std::size_t i = 0;
  for (; i + 32 <= k; i += 32) {
    const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src + i));
    _mm256_store_si256(reinterpret_cast<__m256i*>(row + i), values);
    add(values);
  }
  if (i < k) {
    __builtin_memcpy(row + i, src + i, k - i);
    add(load_32(row + i));
  }
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, _MM_SHUFFLE(1, 0, 3, 2)));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, _MM_SHUFFLE(2, 3, 0, 1))));
}

// sums + bias + base * row_sum
struct Accumulators {
  __m256i acc[2];

  Accumulators(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums) {
    for (std::size_t half = 0; half < 2; ++half) {
      const __m256i base = _mm256_mullo_epi32(load_32(panel.base + 8 * half), _mm256_set1_epi32(row_sum));
      acc[half] = _mm256_add_epi32(load_32(sums + 8 * half), _mm256_add_epi32(load_32(panel.bias + 8 * half), base));
    }
  }
};

struct FinishPanel {
  Requantize requantize;

  explicit FinishPanel(const Qs8Output& output) : requantize(output) {}

  void bytes(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums, std::int8_t* dst) const {
    const Accumulators a(panel, row_sum, sums);
    const __m256 scale[2] = {_mm256_load_ps(panel.scale), _mm256_load_ps(panel.scale + 8)};
    const __m256 offset[2] = {_mm256_load_ps(panel.offset), _mm256_load_ps(panel.offset + 8)};
    // Narrowing has paired the halves of the two vectors.
    const __m128i results = _mm_shuffle_epi32(requantize.bytes(a.acc[0], a.acc[1], scale, offset), _MM_SHUFFLE(3, 1, 2, 0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), results);
  }

  void accumulators(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums, std::int32_t* dst) const {
    const Accumulators a(panel, row_sum, sums);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), a.acc[0]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst) + 1, a.acc[1]);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMV_QS8_QC4W_X86_ROWS_H_
