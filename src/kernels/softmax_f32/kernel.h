// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_SOFTMAX_F32_KERNEL_H_
#define OCTET_KERNELS_SOFTMAX_F32_KERNEL_H_

#include "kernels/softmax_f32/softmax_f32.h"
#include "kernels/vector_f32/functions.h"

namespace octet {
namespace {

float largest_of(const float* src, std::size_t n) {
  Floats best = splat(-__builtin_inff());
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) best = max(load(src + i), best);
  float max = largest(best);
  for (; i < n; ++i) max = src[i] > max ? src[i] : max;
  return max;
}

// dst = exp(src - max); returns the sum.
float exponentials(const float* src, float* dst, std::size_t n, float max) {
  const Floats shift = splat(max);
  Sums sums = no_sums();
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Floats e = exponential_of_negative(sub(load(src + i), shift));
    sums = add_to(sums, e);
    store(dst + i, e);
  }
  if (i < n) {
    const Floats e = exponential_of_negative(sub(load_first(src + i, n - i), shift));
    sums = add_to(sums, keep_first(e, n - i));
    store_first(dst + i, e, n - i);
  }
  return sum(sums);
}

void multiply(float* dst, std::size_t n, float factor) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(dst + i, mul(load(dst + i), splat(factor)));
  if (i < n) store_first(dst + i, mul(load_first(dst + i, n - i), splat(factor)), n - i);
}

// Each step for several rows that fit a first-level cache, as the next row does not have to wait for what ends a row.
void softmax(const SoftmaxF32Args& args) {
  constexpr std::size_t kMostRows = 8, kMostValues = 4096;
  const std::size_t block = args.n * kMostRows <= kMostValues ? kMostRows : 1;
  float of_row[kMostRows];
  for (std::size_t row = 0; row < args.rows; row += block) {
    const std::size_t rows = args.rows - row < block ? args.rows - row : block;
    const float* src = args.src + row * args.src_row_stride;
    float* dst = args.dst + row * args.dst_row_stride;
    for (std::size_t r = 0; r < rows; ++r) of_row[r] = largest_of(src + r * args.src_row_stride, args.n);
    for (std::size_t r = 0; r < rows; ++r)
      of_row[r] = 1.0f / exponentials(src + r * args.src_row_stride, dst + r * args.dst_row_stride, args.n, of_row[r]);
    for (std::size_t r = 0; r < rows; ++r) multiply(dst + r * args.dst_row_stride, args.n, of_row[r]);
  }
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_SOFTMAX_F32_KERNEL_H_
