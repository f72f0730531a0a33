// SPDX-License-Identifier: Apache-2.0
// Products of int16, exact for all values; only for files built with -mavx2 -mfma.
//
// Rows and weights are widened as they are, in pairs of neighbours along k: rows as they are read or gathered, without
// a copy of bytes or a look at the values; the weights of a panel once for all rows of a block. Where rows are short or
// multiplied by few columns, that is less work than what products of bytes ask of each row.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_WORDS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_WORDS_H_

#include "kernels/gemm_qs8_qc8w/x86_avx2_gather.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"

namespace octet {
namespace {

void widen_16(std::int16_t* dst, const std::int8_t* src) {
  store_32(dst, _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(src))));
}
void widen_8(std::int16_t* dst, const std::int8_t* src) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(dst),
                   _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(src))));
}

// n values, the last ones of them by an overlapping piece.
struct WidenBelow8 {
  using Value = std::int16_t;
  static void copy(std::int16_t* dst, const std::int8_t* src, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = src[i];
  }
  static void copy_any(std::int16_t* dst, const std::int8_t* src, std::size_t n);
};
struct Widen8To16 : WidenBelow8 {
  static void copy(std::int16_t* dst, const std::int8_t* src, std::size_t n) {
    widen_8(dst, src);
    widen_8(dst + n - 8, src + n - 8);
  }
};
struct WidenFrom16 : WidenBelow8 {
  static void copy(std::int16_t* dst, const std::int8_t* src, std::size_t n) {
    for (std::size_t i = 0; i + 16 < n; i += 16) widen_16(dst + i, src + i);
    widen_16(dst + n - 16, src + n - 16);
  }
};
void WidenBelow8::copy_any(std::int16_t* dst, const std::int8_t* src, std::size_t n) {
  if (n < 8) return WidenBelow8::copy(dst, src, n);
  n < 16 ? Widen8To16::copy(dst, src, n) : WidenFrom16::copy(dst, src, n);
}

template <typename Widen>
void widen_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int16_t* words, std::size_t stride) {
  if (args.offsets != nullptr) return gather_rows<Widen>(args, m, num_rows, words, stride);
  const std::int8_t* src = args.src + m * args.src_stride;
  for (std::size_t r = 0; r < num_rows; ++r, src += args.src_stride, words += stride) Widen::copy(words, src, args.k);
}

// Rows m to m + num_rows, at `words` and every `stride`.
void widen_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int16_t* words, std::size_t stride) {
  const std::size_t k_total = args.k * args.taps, run_values = args.run_taps * args.k;
  if (k_total % 2 != 0) {
    // The second of the last pair.
    for (std::size_t r = 0; r < num_rows; ++r) words[r * stride + k_total] = 0;
  }
  if (run_values < 8) return widen_rows<WidenBelow8>(args, m, num_rows, words, stride);
  if (run_values < 16) return widen_rows<Widen8To16>(args, m, num_rows, words, stride);
  widen_rows<WidenFrom16>(args, m, num_rows, words, stride);
}

std::int32_t sum_of_words(const std::int16_t* words, std::size_t n) {
  __m256i sums = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) sums = add_sums(sums, load_32(words + i));
  std::int32_t sum = total(sums);
  for (; i < n; ++i) sum += words[i];
  return sum;
}

// Weights [groups of 4 k][columns][4], `flip` xored, as words [pairs of k][columns][2].
void widen_weights(const std::byte* weights, std::size_t groups, std::size_t vectors, std::int8_t flip,
                   std::byte* words) {
  const __m256i flips = _mm256_set1_epi8(flip);
  // To the high bytes of words.
  const __m256i first = _mm256_set1_epi32(0x01800080), second = _mm256_set1_epi32(0x03800280);
  const __m256i dwords = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12));
  const __m256i first_pair = _mm256_add_epi8(first, dwords), second_pair = _mm256_add_epi8(second, dwords);
  for (std::size_t g = 0; g < groups; ++g, words += 64 * vectors) {
    for (std::size_t j = 0; j < vectors; ++j, weights += 32) {
      const __m256i bytes = _mm256_xor_si256(load_32(weights), flips);
      store_32(words + j * 32, _mm256_srai_epi16(_mm256_shuffle_epi8(bytes, first_pair), 8));
      store_32(words + (vectors + j) * 32, _mm256_srai_epi16(_mm256_shuffle_epi8(bytes, second_pair), 8));
    }
  }
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_WORDS_H_
