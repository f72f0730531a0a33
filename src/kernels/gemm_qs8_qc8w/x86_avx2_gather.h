// SPDX-License-Identifier: Apache-2.0
// Source rows of the AVX2 kernel: read where they are, or gathered through offsets; only for files built with -mavx2
// -mfma.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_GATHER_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_GATHER_H_

#include <immintrin.h>

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

namespace octet {
namespace {

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

__m256i load_32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
void store_32(void* p, __m256i values) { _mm256_storeu_si256(static_cast<__m256i*>(p), values); }

// Sums of 8 pairs of words, and of 8 dwords.
__m256i add_sums(__m256i sum, __m256i words) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(words, _mm256_set1_epi16(1)));
}

std::int32_t total(__m256i sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0b1110));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0b01)));
}

// A way of copying n values, which suits some n: Value is what they become. Only dst[0] to dst[n - 1] are written.
//   copy(dst, src, n)      a run of taps
//   copy_any(dst, src, n)  the same for any n

// A run at the image's border, tap by tap.
template <typename Copy>
[[gnu::noinline]] void gather_broken_run(const GemmQs8Args& args, const std::int32_t* offsets,
                                         typename Copy::Value* dst) {
  for (std::size_t i = 0; i < args.run_taps; ++i, dst += args.k) {
    Copy::copy_any(dst, offsets[i] == kPaddingTap ? args.padding : args.src + offsets[i], args.k);
  }
}

// Copies rows m to m + num_rows, all taps of each one behind the other, to dst and every `stride` values.
// Not inlined: where the copies for several n meet in one function, pointers pass through memory.
template <typename Copy>
[[gnu::noinline]] void gather_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows,
                                   typename Copy::Value* dst, std::size_t stride) {
  const std::size_t run_taps = args.run_taps, run_values = run_taps * args.k, runs = args.taps / run_taps;
  const std::int32_t* offsets = args.offsets + m * args.taps;
  const std::int8_t* const src = args.src;
  for (; num_rows > 0; --num_rows, dst += stride) {
    typename Copy::Value* run = dst;
    for (std::size_t i = runs; i > 0; --i, offsets += run_taps, run += run_values) {
      const std::int32_t first = offsets[0], last = offsets[run_taps - 1];
      // A padding tap's offset alone is negative.
      if ((first | last) >= 0) {
        Copy::copy(run, src + first, run_values);
      } else {
        gather_broken_run<Copy>(args, offsets, run);
      }
    }
  }
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX2_GATHER_H_
