// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2. The operations of the scalar kernel in the same order, eight at a time; none is fused.
#include <immintrin.h>

#include <cstdint>

#include "kernels/softmax_f32/softmax_f32.h"

namespace octet {
namespace {

__m256 multiply_add(__m256 a, __m256 b, float c) { return _mm256_add_ps(_mm256_mul_ps(a, b), _mm256_set1_ps(c)); }

__m256 exp_of_negative(__m256 x) {
  const __m256 smallest = _mm256_set1_ps(-87.3f), magic = _mm256_set1_ps(12582912.0f);
  const __m256 bounded = _mm256_max_ps(x, smallest);
  const __m256 shifted = multiply_add(bounded, _mm256_set1_ps(1.44269504f), 12582912.0f);
  const __m256 n = _mm256_sub_ps(shifted, magic);
  const __m256 r = _mm256_sub_ps(_mm256_sub_ps(bounded, _mm256_mul_ps(n, _mm256_set1_ps(0.693359375f))),
                                 _mm256_mul_ps(n, _mm256_set1_ps(-2.12194440e-4f)));
  __m256 poly = _mm256_set1_ps(1.9875691500e-4f);
  poly = multiply_add(poly, r, 1.3981999507e-3f);
  poly = multiply_add(poly, r, 8.3334519073e-3f);
  poly = multiply_add(poly, r, 4.1665795894e-2f);
  poly = multiply_add(poly, r, 1.6666665459e-1f);
  poly = multiply_add(poly, r, 5.0000001201e-1f);
  poly = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(poly, _mm256_mul_ps(r, r)), r), _mm256_set1_ps(1.0f));
  const __m256i exponent =
      _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23), _mm256_set1_epi32(0x3F800000));
  const __m256 above = _mm256_cmp_ps(x, smallest, _CMP_GT_OQ);
  return _mm256_and_ps(_mm256_mul_ps(poly, _mm256_castsi256_ps(exponent)), above);
}

__m256i first_lanes(std::size_t n) {
  alignas(32) static const std::int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - n));
}

float max_of(const float* src, std::size_t n) {
  __m256 best = _mm256_set1_ps(-__builtin_inff());
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) best = _mm256_max_ps(_mm256_loadu_ps(src + i), best);
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, best);
  float max = lanes[0];
  for (int lane = 1; lane < 8; ++lane) max = lanes[lane] > max ? lanes[lane] : max;
  for (; i < n; ++i) max = src[i] > max ? src[i] : max;
  return max;
}

// dst = exp(src - max); returns the sum in the order of the scalar kernel.
float exponentials(const float* src, float* dst, std::size_t n, float max) {
  const __m256 shift = _mm256_set1_ps(max);
  __m256 sums = _mm256_setzero_ps();
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 e = exp_of_negative(_mm256_sub_ps(_mm256_loadu_ps(src + i), shift));
    sums = _mm256_add_ps(sums, e);
    _mm256_storeu_ps(dst + i, e);
  }
  if (i < n) {
    const __m256i mask = first_lanes(n - i);
    const __m256 e = exp_of_negative(_mm256_sub_ps(_mm256_maskload_ps(src + i, mask), shift));
    sums = _mm256_add_ps(sums, _mm256_and_ps(e, _mm256_castsi256_ps(mask)));
    _mm256_maskstore_ps(dst + i, mask, e);
  }
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

void multiply(float* dst, std::size_t n, float factor) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(dst + i, _mm256_mul_ps(_mm256_loadu_ps(dst + i), _mm256_set1_ps(factor)));
  for (; i < n; ++i) dst[i] *= factor;
}

void softmax(const SoftmaxF32Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    const float* src = args.src + row * args.src_row_stride;
    float* dst = args.dst + row * args.dst_row_stride;
    multiply(dst, args.n, 1.0f / exponentials(src, dst, args.n, max_of(src, args.n)));
  }
}

}  // namespace

extern const SoftmaxF32Kernel kSoftmaxF32Avx2 = {"softmax_f32_x8__avx2", Isa::kAvx2, softmax};

}  // namespace octet
