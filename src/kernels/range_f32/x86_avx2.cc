// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include <immintrin.h>

#include <cstdint>

#include "kernels/range_f32/range_f32.h"

namespace octet {
namespace {

struct Lanes {
  __m256 min, max, non_finite;

  // Of two operands min and max return the second if one is NaN: the accumulator stays.
  void join(__m256 value) {
    min = _mm256_min_ps(value, min);
    max = _mm256_max_ps(value, max);
    non_finite = _mm256_add_ps(non_finite, _mm256_mul_ps(value, _mm256_setzero_ps()));  // NaN for all but numbers
  }
};

RangeF32 range(const float* src, std::size_t n) {
  const __m256 infinity = _mm256_set1_ps(__builtin_inff());
  Lanes even{infinity, _mm256_set1_ps(-__builtin_inff()), _mm256_setzero_ps()}, odd = even;
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    even.join(_mm256_loadu_ps(src + i));
    odd.join(_mm256_loadu_ps(src + i + 8));
  }
  alignas(32) float min[8], max[8], non_finite[8];
  _mm256_store_ps(min, _mm256_min_ps(even.min, odd.min));
  _mm256_store_ps(max, _mm256_max_ps(even.max, odd.max));
  _mm256_store_ps(non_finite, _mm256_add_ps(even.non_finite, odd.non_finite));
  RangeF32 r{min[0], max[0], true};
  float sum = 0.0f;
  for (int lane = 0; lane < 8; ++lane) {
    if (min[lane] < r.min) r.min = min[lane];
    if (max[lane] > r.max) r.max = max[lane];
    sum += non_finite[lane];
  }
  for (; i < n; ++i) {
    if (src[i] < r.min) r.min = src[i];
    if (src[i] > r.max) r.max = src[i];
    sum += src[i] * 0.0f;
  }
  return {r.min + 0.0f, r.max + 0.0f, sum == 0.0f};  // + 0: no -0
}

}  // namespace

extern const RangeF32Kernel kRangeF32Avx2 = {"range_f32_x8__avx2", Isa::kAvx2, range};

}  // namespace octet
