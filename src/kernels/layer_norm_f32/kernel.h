// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_
#define OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_

#include "kernels/layer_norm_f32/layer_norm_f32.h"

namespace octet {
namespace {

// f(i, count): for the columns of every vector, and for the rest.
template <typename F>
void for_columns(std::size_t n, const F& f) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i, kLanes);
  if (i < n) f(i, n - i);
}
Floats load_columns(const float* src, std::size_t count) { return count == kLanes ? load(src) : load_first(src, count); }
void store_columns(float* dst, Floats x, std::size_t count) {
  if (count == kLanes) {
    store(dst, x);
  } else {
    store_first(dst, x, count);
  }
}

void write_sum(const float* src, const float* addend, float* dst, std::size_t n) {
  for_columns(n, [&](std::size_t i, std::size_t count) __attribute__((always_inline)) {
    store_columns(dst + i, add(load_columns(src + i, count), load_columns(addend + i, count)), count);
  });
}

// Of R rows of n values side by side, as the additions to one row's sums wait for each other.
template <int R>
void find_means(const float* x, std::size_t n, float (&mean)[R]) {
  Sums sums[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) sums[r] = no_sums();
  for_columns(n, [&](std::size_t i, std::size_t count) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) sums[r] = add_to(sums[r], load_columns(x + static_cast<std::size_t>(r) * n + i, count));
  });
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) mean[r] = sum(sums[r]) / static_cast<float>(n);
}

template <int R>
void find_variances(const float* x, std::size_t n, const float (&mean)[R], float (&variance)[R]) {
  Sums sums[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) sums[r] = no_sums();
  for_columns(n, [&](std::size_t i, std::size_t count) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      Floats difference = sub(load_columns(x + static_cast<std::size_t>(r) * n + i, count), splat(mean[r]));
      if (count != kLanes) difference = keep_first(difference, count);
      sums[r] = add_square_to(sums[r], difference);
    }
  });
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) variance[r] = sum(sums[r]) / static_cast<float>(n);
}

template <int R>
void normalize(const LayerNormF32Args& args, std::size_t row) {
  const std::size_t n = args.n;
  const float* x = args.src + row * n;
  float* const dst = args.dst + row * n;
  if (args.addend != nullptr) {
    write_sum(x, args.addend + row * n, dst, R * n);
    x = dst;
  }
  float mean[R], variance[R];
  find_means(x, n, mean);
  find_variances(x, n, mean, variance);
  Floats inverse[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) inverse[r] = div(splat(1.0f), square_root(splat(variance[r] + args.epsilon)));
  for_columns(n, [&](std::size_t i, std::size_t count) __attribute__((always_inline)) {
    const Floats gamma = load_columns(args.gamma + i, count);
    const Floats beta = args.beta == nullptr ? splat(0.0f) : load_columns(args.beta + i, count);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const std::size_t at = static_cast<std::size_t>(r) * n + i;
      const Floats normal = mul(sub(load_columns(x + at, count), splat(mean[r])), inverse[r]);
      store_columns(dst + at, args.beta == nullptr ? mul(normal, gamma) : fma(normal, gamma, beta), count);
    }
  });
}

void layer_norm(const LayerNormF32Args& args) {
  constexpr int kRows = 4;
  std::size_t row = 0;
  for (; row + kRows <= args.rows; row += kRows) normalize<kRows>(args, row);
  for (; row < args.rows; ++row) normalize<1>(args, row);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_
