// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2. Matrices go in squares of 16 x 16 bytes or 8 x 8 words of 32 bits; the rest goes one by one.
#include <immintrin.h>

#include <cstdint>

#include "kernels/transpose/squares.h"

namespace octet {
namespace {

// 16 x 16 bytes: interleaving row i with row i + 8 four times is a transpose.
void square(const std::uint8_t* src, std::ptrdiff_t src_stride, std::uint8_t* dst, std::ptrdiff_t dst_stride) {
  __m128i rows[16], next[16];
  for (int i = 0; i < 16; ++i) rows[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + i * src_stride));
#pragma GCC unroll 2
  for (int round = 0; round < 2; ++round) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      next[2 * i] = _mm_unpacklo_epi8(rows[i], rows[i + 8]);
      next[2 * i + 1] = _mm_unpackhi_epi8(rows[i], rows[i + 8]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      rows[2 * i] = _mm_unpacklo_epi8(next[i], next[i + 8]);
      rows[2 * i + 1] = _mm_unpackhi_epi8(next[i], next[i + 8]);
    }
  }
  for (int j = 0; j < 16; ++j) _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + j * dst_stride), rows[j]);
}

// 8 x 8 words, the halves of four rows and of the four rows below side by side.
void square(const std::uint32_t* src, std::ptrdiff_t src_stride, std::uint32_t* dst, std::ptrdiff_t dst_stride) {
  __m256 rows[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const auto* top = reinterpret_cast<const float*>(src + i * src_stride);
    const auto* below = reinterpret_cast<const float*>(src + (i + 4) * src_stride);
    rows[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(top)), _mm_loadu_ps(below), 1);
    rows[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(top + 4)), _mm_loadu_ps(below + 4), 1);
  }
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const __m256* r = rows + 4 * half;
    const __m256 t0 = _mm256_unpacklo_ps(r[0], r[1]), t1 = _mm256_unpackhi_ps(r[0], r[1]);
    const __m256 t2 = _mm256_unpacklo_ps(r[2], r[3]), t3 = _mm256_unpackhi_ps(r[2], r[3]);
    auto* to = reinterpret_cast<float*>(dst) + 4 * half * dst_stride;
    _mm256_storeu_ps(to, _mm256_shuffle_ps(t0, t2, _MM_SHUFFLE(1, 0, 1, 0)));
    _mm256_storeu_ps(to + dst_stride, _mm256_shuffle_ps(t0, t2, _MM_SHUFFLE(3, 2, 3, 2)));
    _mm256_storeu_ps(to + 2 * dst_stride, _mm256_shuffle_ps(t1, t3, _MM_SHUFFLE(1, 0, 1, 0)));
    _mm256_storeu_ps(to + 3 * dst_stride, _mm256_shuffle_ps(t1, t3, _MM_SHUFFLE(3, 2, 3, 2)));
  }
}

struct Squares {
  template <typename T>
  static void transpose(const T* src, std::ptrdiff_t src_stride, T* dst, std::ptrdiff_t dst_stride) {
    square(src, src_stride, dst, dst_stride);
  }
};

void transpose(const TransposeArgs& args) {
  transpose_walk(args, {matrix<Squares, std::uint8_t, 16>, kScalarMatrixFunctions.x16,
                        matrix<Squares, std::uint32_t, 8>, kScalarMatrixFunctions.x64});
}

}  // namespace

extern const TransposeKernel kTransposeAvx2 = {"transpose_16x16__avx2", Isa::kAvx2, transpose};

}  // namespace octet
