// SPDX-License-Identifier: Apache-2.0
// Products of bytes; only for files built with -mavx2 -mfma.
//
// vpmaddubsw multiplies unsigned by signed bytes and adds pairs of products with saturation to int16. It is exact
// - for src + 128 as the unsigned operand, if no pair of neighbours along k has a sum above 256: 256 * 127 < 2^15 (and
//   256 * 128 = 2^15 may be negative);
// - for weights + 128 as the unsigned operand, if positive and negative values of a pair add up to at most 128 each.
// Activations seldom are so large side by side. Where they are, the second of the pair is lowered to the bound, and a
// Residual says by how much: what it contributes is added to the row's initial accumulators. A block of rows with too
// many of them is multiplied as int16 instead (x86_avx2_words.h), or if it is one of very few rows, a value of each
// pair at a time. All ways give the same sums, modulo 2^32.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_BYTES_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_BYTES_H_

#include "kernels/gemm_qs8_qc8w/x86_avx2_gather.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"

namespace octet {
namespace {

struct Residual {
  std::int32_t k;
  std::int32_t value;
};

// Copies of n bytes, the last ones by an overlapping piece: runs of windows are too short for calls of memcpy.
struct CopyBelow8 {
  using Value = std::int8_t;
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = src[i];
  }
  static void copy_any(std::int8_t* dst, const std::int8_t* src, std::size_t n);
};
struct Copy8To16 : CopyBelow8 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    std::uint64_t first, last;
    __builtin_memcpy(&first, src, 8);
    __builtin_memcpy(&last, src + n - 8, 8);
    __builtin_memcpy(dst, &first, 8);
    __builtin_memcpy(dst + n - 8, &last, 8);
  }
};
struct Copy16To32 : CopyBelow8 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src));
    const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + n - 16));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + n - 16), last);
  }
};
struct CopyFrom32 : CopyBelow8 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    for (std::size_t i = 0; i + 32 < n; i += 32) store_32(dst + i, load_32(src + i));
    store_32(dst + n - 32, load_32(src + n - 32));
  }
};
void CopyBelow8::copy_any(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
  if (n < 8) return CopyBelow8::copy(dst, src, n);
  if (n < 16) return Copy8To16::copy(dst, src, n);
  n < 32 ? Copy16To32::copy(dst, src, n) : CopyFrom32::copy(dst, src, n);
}

void gather_bytes(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int8_t* dst, std::size_t stride) {
  const std::size_t run_bytes = args.run_taps * args.k;
  if (run_bytes < 8) return gather_rows<CopyBelow8>(args, m, num_rows, dst, stride);
  if (run_bytes < 16) return gather_rows<Copy8To16>(args, m, num_rows, dst, stride);
  if (run_bytes < 32) return gather_rows<Copy16To32>(args, m, num_rows, dst, stride);
  gather_rows<CopyFrom32>(args, m, num_rows, dst, stride);
}

// Values that are the unsigned operand (src + 128), or the signed one (src itself).
struct UnsignedRow {
  static __m256i prepare(__m256i src) { return _mm256_xor_si256(src, _mm256_set1_epi8(-128)); }
  static __m256i pair_sums(__m256i row) { return _mm256_maddubs_epi16(row, _mm256_set1_epi8(1)); }
  // Negative words: pairs beyond the bound.
  static __m256i beyond(__m256i sums) { return _mm256_cmpgt_epi16(sums, _mm256_set1_epi16(256)); }
  static std::int32_t value(std::byte b) { return static_cast<std::uint8_t>(b); }
  static std::int32_t bound(std::int32_t /*sum*/) { return 256; }
};
struct SignedRow {
  static __m256i prepare(__m256i src) { return src; }
  static __m256i pair_sums(__m256i row) { return _mm256_maddubs_epi16(_mm256_set1_epi8(1), row); }
  static __m256i beyond(__m256i sums) { return _mm256_cmpgt_epi16(_mm256_abs_epi16(sums), _mm256_set1_epi16(128)); }
  static std::int32_t value(std::byte b) { return static_cast<std::int8_t>(b); }
  static std::int32_t bound(std::int32_t sum) { return sum > 0 ? 128 : -128; }
};

// A source row of k values; bytes up to `readable` (at least k) may be read, too.
struct SourceRow {
  const std::int8_t* values;
  std::size_t readable;
};

// Loaded from 32 - n: n bytes of ones, then zeros.
alignas(64) constexpr std::int8_t kFirstBytes[64] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                                     -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

// 32 values of a row of k, prepared; zeros behind k.
template <typename Row>
__m256i load_values(const SourceRow& src, std::size_t at, std::size_t k) {
  if (at + 32 <= k) return Row::prepare(load_32(src.values + at));
  const __m256i mask = load_32(kFirstBytes + 32 - (k - at));
  if (at + 32 <= src.readable) return _mm256_and_si256(Row::prepare(load_32(src.values + at)), mask);
  alignas(32) std::int8_t tail[32] = {};
  __builtin_memcpy(tail, src.values + at, k - at);
  return _mm256_and_si256(Row::prepare(load_32(tail)), mask);
}

// Lowers the pairs marked in `mask` (a bit per byte) of 32 values at row[k]; returns the end of what it added.
template <typename Row>
Residual* lower_pairs(std::byte* row, std::size_t k, unsigned mask, Residual* residuals) {
  for (mask &= 0x55555555u; mask != 0; mask &= mask - 1) {
    const std::size_t first = k + static_cast<std::size_t>(__builtin_ctz(mask));
    const std::int32_t sum = Row::value(row[first]) + Row::value(row[first + 1]);
    const std::int32_t lowered = Row::bound(sum) - Row::value(row[first]);
    *residuals++ = {static_cast<std::int32_t>(first + 1), Row::value(row[first + 1]) - lowered};
    row[first + 1] = static_cast<std::byte>(lowered);
  }
  return residuals;
}

struct PreparedRow {
  std::int32_t sum;     // of the row's values as they are multiplied; 0 without kWithSum
  Residual* residuals;  // the end of those added; null: there were too many
};

// Row of k values into `row` (a multiple of 32 bytes, zero behind k). src may lie in `row`. Without kLowered all pairs
// stay as they are; else adds residuals up to `end`.
template <typename Row, bool kWithSum, bool kLowered>
PreparedRow prepare_row(const SourceRow& src, std::size_t k, std::byte* row, Residual* residuals, const Residual* end) {
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t at = 0; at < k; at += 32) {
    const __m256i values = load_values<Row>(src, at, k);
    store_32(row + at, values);
    __m256i sums = Row::pair_sums(values);
    const auto mask = kLowered ? static_cast<unsigned>(_mm256_movemask_epi8(Row::beyond(sums))) : 0u;
    if (mask != 0) {
      if (end - residuals < 16) return {0, nullptr};
      residuals = lower_pairs<Row>(row, at, mask, residuals);
      sums = Row::pair_sums(load_32(row + at));
    }
    if constexpr (kWithSum) sum = add_sums(sum, sums);
  }
  return {kWithSum ? total(sum) : 0, residuals};
}

__m256i multiply_bytes(__m256i unsigned_bytes, __m256i signed_bytes) {
  __m256i words;
  asm("vpmaddubsw %2, %1, %0" : "=x"(words) : "x"(unsigned_bytes), "x"(signed_bytes));
  return words;
}
// From memory: all registers are taken.
alignas(32) constexpr std::int16_t kOnes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
__m256i add_word_pairs(__m256i words) {
  __m256i sums;
  asm("vpmaddwd %2, %1, %0" : "=x"(sums) : "x"(words), "m"(kOnes));
  return sums;
}

// Groups of 4 bytes. The order of vpmaddubsw's operands is the rows': UnsignedRow or SignedRow.
struct UnsignedRowProducts {
  static __m256i word_sums(__m256i row, __m256i weights) { return multiply_bytes(row, weights); }
  static __m256i sums(__m256i row, __m256i weights) { return add_word_pairs(word_sums(row, weights)); }
};
struct SignedRowProducts {
  static __m256i word_sums(__m256i row, __m256i weights) { return multiply_bytes(weights, row); }
  static __m256i sums(__m256i row, __m256i weights) { return add_word_pairs(word_sums(row, weights)); }
};

// The same where pairs were not lowered: their values one after the other, so that nothing saturates.
template <typename RowProducts>
struct SplitPairProducts {
  static __m256i sums(__m256i row, __m256i weights) {
    const __m256i first = _mm256_and_si256(row, _mm256_set1_epi16(0x00ff));
    const __m256i second = _mm256_andnot_si256(_mm256_set1_epi16(0x00ff), row);
    return _mm256_add_epi32(add_word_pairs(RowProducts::word_sums(first, weights)),
                            add_word_pairs(RowProducts::word_sums(second, weights)));
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_BYTES_H_
