// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_
#define OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_

#include "kernels/layer_norm_f32/layer_norm_f32.h"

namespace octet {
namespace {

// f(i, load, store): for every eight columns, and for the rest.
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

// Writes src + addend to dst; returns the sum of it.
float add_up(const float* src, const float* addend, float* dst, std::size_t n) {
  Floats sums = splat(0.0f);
  for_columns(n, [&](std::size_t i, std::size_t count) {
    Floats x = load_columns(src + i, count);
    if (addend != nullptr) x = add(x, load_columns(addend + i, count));
    store_columns(dst + i, x, count);
    sums = add(sums, x);
  });
  return sum(sums);
}

float squared_differences(const float* x, std::size_t n, float mean) {
  Floats sums = splat(0.0f);
  for_columns(n, [&](std::size_t i, std::size_t count) {
    Floats difference = sub(load_columns(x + i, count), splat(mean));
    if (count != kLanes) difference = keep_first(difference, count);
    sums = fma(difference, difference, sums);
  });
  return sum(sums);
}

void layer_norm(const LayerNormF32Args& args) {
  const std::size_t n = args.n;
  for (std::size_t row = 0; row < args.rows; ++row) {
    float* dst = args.dst + row * n;
    const float total = add_up(args.src + row * n, args.addend == nullptr ? nullptr : args.addend + row * n, dst, n);
    const float mean = total / static_cast<float>(n);
    const float variance = squared_differences(dst, n, mean) / static_cast<float>(n);
    const Floats inverse = div(splat(1.0f), square_root(splat(variance + args.epsilon)));
    for_columns(n, [&](std::size_t i, std::size_t count) {
      const Floats x = mul(sub(load_columns(dst + i, count), splat(mean)), inverse);
      const Floats gamma = load_columns(args.gamma + i, count);
      store_columns(dst + i, args.beta == nullptr ? mul(x, gamma) : fma(x, gamma, load_columns(args.beta + i, count)), count);
    });
  }
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_LAYER_NORM_F32_KERNEL_H_
