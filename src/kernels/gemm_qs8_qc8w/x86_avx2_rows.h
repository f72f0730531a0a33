// SPDX-License-Identifier: Apache-2.0
// Source rows in the form that byte products take; only for files built with -mavx2 -mfma.
//
// vpmaddubsw multiplies unsigned by signed bytes and adds pairs of products with saturation to int16. It is exact
// - for src + 128 as the unsigned operand, if no pair of neighbours along k has a sum above 256: 256 * 127 < 2^15 (and
//   256 * 128 = 2^15 may be negative);
// - for weights + 128 as the unsigned operand, if positive and negative values of a pair add up to at most 128 each.
// Activations seldom are so large side by side. Where they are, the second of the pair is lowered to the bound, and a
// Residual says by how much: what it contributes is added to the row's initial accumulators. A block of rows with too
// many of them is multiplied as int16 instead. All ways give the same sums, modulo 2^32.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_ROWS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_ROWS_H_

#include <immintrin.h>

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

namespace octet {
namespace {

struct Residual {
  std::int32_t k;
  std::int32_t value;
};

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

__m256i load_32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
void store_32(void* p, __m256i values) { _mm256_storeu_si256(static_cast<__m256i*>(p), values); }

// Copies of n bytes: memcpy for the short runs of windows, by overlapping halves in place of a call.
struct CopyAny {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) { __builtin_memcpy(dst, src, n); }
};
struct Copy16To32 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src));
    const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + n - 16));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + n - 16), last);
  }
};
struct Copy8To16 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    std::uint64_t first, last;
    __builtin_memcpy(&first, src, 8);
    __builtin_memcpy(&last, src + n - 8, 8);
    __builtin_memcpy(dst, &first, 8);
    __builtin_memcpy(dst + n - 8, &last, 8);
  }
};
struct CopyBelow8 {
  static void copy(std::int8_t* dst, const std::int8_t* src, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = src[i];
  }
};

// A run at the image's border, tap by tap.
[[gnu::noinline]] void gather_broken_run(const GemmQs8Args& args, const std::int32_t* offsets, std::int8_t* dst) {
  for (std::size_t i = 0; i < args.run_taps; ++i, dst += args.k) {
    const std::int8_t* src = offsets[i] == kPaddingTap ? args.padding : args.src + offsets[i];
    if (args.k < 8) {
      CopyBelow8::copy(dst, src, args.k);
    } else {
      CopyAny::copy(dst, src, args.k);
    }
  }
}

// Copies rows m to m + num_rows, all taps of each one behind the other, to dst and every `stride` bytes.
template <typename Copy>
void gather_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int8_t* dst, std::size_t stride) {
  const std::size_t taps = args.taps, run_taps = args.run_taps, run_bytes = run_taps * args.k;
  const std::int32_t* offsets = args.offsets + m * taps;
  const std::int8_t* const src = args.src;
  for (std::size_t r = 0; r < num_rows; ++r, dst += stride) {
    std::int8_t* run = dst;
    for (const std::int32_t* const end = offsets + taps; offsets != end; offsets += run_taps, run += run_bytes) {
      if (offsets[0] != kPaddingTap && offsets[run_taps - 1] != kPaddingTap) {
        Copy::copy(run, src + offsets[0], run_bytes);
      } else {
        gather_broken_run(args, offsets, run);
      }
    }
  }
}

void gather_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int8_t* dst, std::size_t stride) {
  const std::size_t run_bytes = args.run_taps * args.k;
  if (run_bytes < 8) return gather_rows<CopyBelow8>(args, m, num_rows, dst, stride);
  if (run_bytes <= 16) return gather_rows<Copy8To16>(args, m, num_rows, dst, stride);
  if (run_bytes <= 32) return gather_rows<Copy16To32>(args, m, num_rows, dst, stride);
  gather_rows<CopyAny>(args, m, num_rows, dst, stride);
}

// Values that are the unsigned operand (src + 128), or the signed one (src itself).
struct UnsignedRow {
  static __m256i prepare(__m256i src) { return _mm256_xor_si256(src, _mm256_set1_epi8(-128)); }
  static __m256i pair_sums(__m256i row) { return _mm256_maddubs_epi16(row, _mm256_set1_epi8(1)); }
  // Negative words: pairs beyond the bound.
  static __m256i beyond(__m256i sums) { return _mm256_cmpgt_epi16(sums, _mm256_set1_epi16(256)); }
  static __m256i even_words(__m256i row) { return _mm256_and_si256(row, _mm256_set1_epi16(255)); }
  static __m256i odd_words(__m256i row) { return _mm256_srli_epi16(row, 8); }
  static std::int32_t value(std::byte b) { return static_cast<std::uint8_t>(b); }
  static std::int32_t bound(std::int32_t /*sum*/) { return 256; }
};
struct SignedRow {
  static __m256i prepare(__m256i src) { return src; }
  static __m256i pair_sums(__m256i row) { return _mm256_maddubs_epi16(_mm256_set1_epi8(1), row); }
  static __m256i beyond(__m256i sums) { return _mm256_cmpgt_epi16(_mm256_abs_epi16(sums), _mm256_set1_epi16(128)); }
  static __m256i even_words(__m256i row) { return _mm256_srai_epi16(_mm256_slli_epi16(row, 8), 8); }
  static __m256i odd_words(__m256i row) { return _mm256_srai_epi16(row, 8); }
  static std::int32_t value(std::byte b) { return static_cast<std::int8_t>(b); }
  static std::int32_t bound(std::int32_t sum) { return sum > 0 ? 128 : -128; }
};

// A source row of k values; bytes up to `readable` (at least k) may be read, too.
struct SourceRow {
  const std::int8_t* values;
  std::size_t readable;
};

// Loaded from 32 - n: n bytes of ones, then zeros.
alignas(64) constexpr std::int8_t kFirstBytes[64] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

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

__m256i add_sums(__m256i sum, __m256i pair_sums) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pair_sums, _mm256_set1_epi16(1)));
}

std::int32_t total(__m256i sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0b1110));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0b01)));
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

// Row of k values into `row` (a multiple of 32 bytes, zero behind k). src may lie in `row`. Adds residuals up to `end`.
template <typename Row, bool kWithSum>
PreparedRow prepare_row(const SourceRow& src, std::size_t k, std::byte* row, Residual* residuals, const Residual* end) {
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t at = 0; at < k; at += 32) {
    const __m256i values = load_values<Row>(src, at, k);
    store_32(row + at, values);
    __m256i sums = Row::pair_sums(values);
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(Row::beyond(sums)));
    if (mask != 0) {
      if (end - residuals < 16) return {0, nullptr};
      residuals = lower_pairs<Row>(row, at, mask, residuals);
      sums = Row::pair_sums(load_32(row + at));
    }
    if constexpr (kWithSum) sum = add_sums(sum, sums);
  }
  return {kWithSum ? total(sum) : 0, residuals};
}

// The row as int16: the even values of k, then the odd ones, both zero behind k; words: [2][round_up(k, 32) / 2].
// Returns the sum of the values (0 without kWithSum).
template <typename Row, bool kWithSum>
std::int32_t widen_row(const SourceRow& src, std::size_t k, std::byte* words) {
  const std::size_t half_bytes = round_up(k, 32);
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t at = 0; at < k; at += 32) {
    const __m256i values = load_values<Row>(src, at, k);
    store_32(words + at, Row::even_words(values));
    store_32(words + half_bytes + at, Row::odd_words(values));
    if constexpr (kWithSum) sum = add_sums(sum, Row::pair_sums(values));
  }
  return kWithSum ? total(sum) : 0;
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_ROWS_H_
