// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_WINOGRAD_F32_KERNEL_H_
#define OCTET_KERNELS_WINOGRAD_F32_KERNEL_H_

#include "kernels/winograd_f32/points.h"
#include "kernels/winograd_f32/winograd_f32.h"

namespace octet {
namespace {

#define OCTET_ALWAYS_INLINE inline __attribute__((always_inline))

// Of an axis of N points, numbered 0, p, -p, ..., infinity: kPairs pairs of points and the two others, in groups of two.
template <int N>
struct Axis {
  static constexpr int kPairs = (N - 2) / 2;
  static constexpr int kGroups = kPairs + 1;
  static constexpr const float* kPoints = WinogradPoints<N>::kValues;

  // The two points that group G is about.
  static constexpr int first(int group) { return group == 0 ? 0 : 2 * group - 1; }
  static constexpr int second(int group) { return group == 0 ? N - 1 : 2 * group; }

  // Factor of (x^2)^i in the product of x^2 - p^2 over all points p but that of pair `without`.
  static constexpr float factor(int i, int without) {
    float product[kPairs + 1] = {1.0f};
    int degree = 0;
    for (int pair = 0; pair < kPairs; ++pair) {
      if (pair == without) continue;
      const float square = kPoints[pair] * kPoints[pair];
      product[degree + 1] = product[degree];
      for (int j = degree; j > 0; --j) product[j] = product[j - 1] - square * product[j];
      product[0] *= -square;
      ++degree;
    }
    return product[i];
  }

  // The sum of factor(i, WITHOUT) * d[BEGIN + 2 * i].
  template <int WITHOUT, int BEGIN>
  static OCTET_ALWAYS_INLINE Floats product(const Floats* d) {
    constexpr int kDegree = WITHOUT < 0 ? kPairs : kPairs - 1;
    Floats sum = d[BEGIN + 2 * kDegree];  // times 1
#pragma GCC unroll 3
    for (int i = kDegree - 1; i >= 0; --i) sum = fma(splat(factor(i, WITHOUT)), d[BEGIN + 2 * i], sum);
    return sum;
  }

  // Bt d at the points of group G. Of d, group 0 reads all, the others all but the first and last one.
  template <int G>
  static OCTET_ALWAYS_INLINE void input(const Floats* d, Floats& at_first, Floats& at_second) {
    if constexpr (G == 0) {
      at_first = product<-1, 0>(d);
      at_second = product<-1, 1>(d);
    } else {
      const Floats even = product<G - 1, 2>(d), odd = product<G - 1, 1>(d);
      at_first = fma(splat(kPoints[G - 1]), odd, even);
      at_second = fma(splat(-kPoints[G - 1]), odd, even);
    }
  }

  static constexpr float power(int pair, int exponent) {
    float result = 1.0f;
    for (int i = 0; i < exponent; ++i) result *= kPoints[pair];
    return result;
  }

  // (At m)[I] of OUTPUTS, an even number: so even ones do not read the point at infinity, odd ones not that at 0.
  template <int OUTPUTS, int I>
  static OCTET_ALWAYS_INLINE Floats output(const Floats* m) {
    static_assert(OUTPUTS % 2 == 0);
    Floats pairs[kPairs];
#pragma GCC unroll 3
    for (int pair = 0; pair < kPairs; ++pair) pairs[pair] = I % 2 == 0 ? add(m[2 * pair + 1], m[2 * pair + 2]) : sub(m[2 * pair + 1], m[2 * pair + 2]);
    Floats sum = I == 0 ? add(m[0], pairs[0]) : I == OUTPUTS - 1 ? fma(splat(power(0, I)), pairs[0], m[N - 1]) : mul(splat(power(0, I)), pairs[0]);
#pragma GCC unroll 3
    for (int pair = 1; pair < kPairs; ++pair) sum = I == 0 ? add(sum, pairs[pair]) : fma(splat(power(pair, I)), pairs[pair], sum);
    return sum;
  }
};

template <int N, int G = 0, typename F>
OCTET_ALWAYS_INLINE void for_groups(const F& f) {
  if constexpr (G < Axis<N>::kGroups) {
    f.template operator()<G>();
    for_groups<N, G + 1>(f);
  }
}

// Bt d of a vector of channels: pixel i at src + i * src_step, point p at dst + p * dst_step.
template <int N>
OCTET_ALWAYS_INLINE void input_line(const float* src, std::size_t src_step, float* dst, std::size_t dst_step) {
  Floats d[N];
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) d[i] = load(src + static_cast<std::size_t>(i) * src_step);
  for_groups<N>([&]<int G>() __attribute__((always_inline)) {
    Floats v[2];
    Axis<N>::template input<G>(d, v[0], v[1]);
    store(dst + static_cast<std::size_t>(Axis<N>::first(G)) * dst_step, v[0]);
    store(dst + static_cast<std::size_t>(Axis<N>::second(G)) * dst_step, v[1]);
  });
}

// At m of a vector of channels, the first `count` of OUTPUTS; finish(y) is written.
template <int N, int OUTPUTS, int I = 0, typename Finish>
OCTET_ALWAYS_INLINE void store_outputs(const Floats* m, float* dst, std::size_t dst_step, std::size_t count, const Finish& finish) {
  if constexpr (I < OUTPUTS) {
    if (static_cast<std::size_t>(I) >= count) return;
    store(dst, finish(Axis<N>::template output<OUTPUTS, I>(m)));
    store_outputs<N, OUTPUTS, I + 1>(m, dst + dst_step, dst_step, count, finish);
  }
}
template <int N, int OUTPUTS, typename Finish>
OCTET_ALWAYS_INLINE void output_line(const float* src, std::size_t src_step, float* dst, std::size_t dst_step, std::size_t count, const Finish& finish) {
  Floats m[N];
#pragma GCC unroll 8
  for (int p = 0; p < N; ++p) m[p] = load(src + static_cast<std::size_t>(p) * src_step);
  store_outputs<N, OUTPUTS>(m, dst, dst_step, count, finish);
}

// One axis; its pixels are `step` elements apart.
template <int N>
void input_of_line(const WinogradF32InputArgs& args, std::size_t step) {
  const std::size_t point_stride = args.point_stride;
  const float* src = args.src;
  float* dst = args.dst;
  for (std::size_t c = args.c; c > 0; c -= kLanes, src += kLanes, dst += kLanes) input_line<N>(src, step, dst, point_stride);
}

// Both axes, one after the other.
template <int N>
void input_of_square(const WinogradF32InputArgs& args) {
  alignas(64) float columns[N * N * kLanes];  // [y point][x pixel]
  const std::size_t c_total = args.c, row_stride = args.row_stride, point_stride = args.point_stride;
  const float* src = args.src;
  float* dst = args.dst;
  for (std::size_t c = c_total; c > 0; c -= kLanes, src += kLanes, dst += kLanes) {
#pragma GCC unroll 1
    for (std::size_t x = 0; x < N; ++x) input_line<N>(src + x * c_total, row_stride, columns + x * kLanes, N * kLanes);
#pragma GCC unroll 1
    for (std::size_t y = 0; y < N; ++y) input_line<N>(columns + y * N * kLanes, kLanes, dst + y * N * point_stride, point_stride);
  }
}

// What is done to outputs before they are written.
auto finish_with(const float* bias, float lo, float hi) {
  return [bias = bias == nullptr ? splat(0.0f) : load(bias), lo = splat(lo), hi = splat(hi)](Floats y)
             __attribute__((always_inline)) { return min(hi, max(lo, add(y, bias))); };
}

template <int N, int OUTPUTS>
void output_of_line(const WinogradF32OutputArgs& args, std::size_t step, std::size_t count) {
  const std::size_t k_total = args.k, point_stride = args.point_stride;
  const float lo = args.lo, hi = args.hi;
  const float *src = args.src, *bias = args.bias;
  float* dst = args.dst;
  for (std::size_t k = 0; k < k_total; k += kLanes)
    output_line<N, OUTPUTS>(src + k, point_stride, dst + k, step, count, finish_with(bias == nullptr ? nullptr : bias + k, lo, hi));
}

template <int N, int OUTPUTS>
void output_of_square(const WinogradF32OutputArgs& args) {
  alignas(64) float columns[OUTPUTS * N * kLanes];  // [y output][x point]
  const std::size_t k_total = args.k, point_stride = args.point_stride, row_stride = args.row_stride, pixel_stride = args.pixel_stride;
  const std::size_t num_rows = args.rows, num_columns = args.columns;
  const float lo = args.lo, hi = args.hi;
  const float *src = args.src, *bias = args.bias;
  float* dst = args.dst;
  const auto keep = [](Floats y) __attribute__((always_inline)) { return y; };
  for (std::size_t k = 0; k < k_total; k += kLanes) {
#pragma GCC unroll 1
    for (std::size_t x = 0; x < N; ++x) output_line<N, OUTPUTS>(src + k + x * point_stride, N * point_stride, columns + x * kLanes, N * kLanes, OUTPUTS, keep);
    const auto finish = finish_with(bias == nullptr ? nullptr : bias + k, lo, hi);
#pragma GCC unroll 1
    for (std::size_t y = 0; y < num_rows; ++y)
      output_line<N, OUTPUTS>(columns + y * N * kLanes, kLanes, dst + k + y * row_stride, pixel_stride, num_columns, finish);
  }
}

void transform_input(const WinogradF32InputArgs& args) {
  const WinogradForm& form = *args.form;
  const bool square = form.points_y == form.points_x;
  const std::size_t step = form.points_x == 1 ? args.row_stride : args.c;
  switch (form.points_y > form.points_x ? form.points_y : form.points_x) {
    case 4: return input_of_square<4>(args);
    case 6: return square ? input_of_square<6>(args) : input_of_line<6>(args, step);
    case 8: return input_of_line<8>(args, step);
  }
}

void transform_output(const WinogradF32OutputArgs& args) {
  const WinogradForm& form = *args.form;
  const bool square = form.points_y == form.points_x, vertical = form.points_x == 1;
  const std::size_t step = vertical ? args.row_stride : args.pixel_stride, count = vertical ? args.rows : args.columns;
  switch (form.points_y > form.points_x ? form.points_y : form.points_x) {
    case 4: return output_of_square<4, 2>(args);
    case 6: return !square ? output_of_line<6, 4>(args, step, count) : form.outputs_y == 4 ? output_of_square<6, 4>(args) : output_of_square<6, 2>(args);
    case 8: return output_of_line<8, 2>(args, step, count);
  }
}

#undef OCTET_ALWAYS_INLINE

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_F32_KERNEL_H_
