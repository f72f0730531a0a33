// SPDX-License-Identifier: Apache-2.0
// The transforms of all kernels of this family, over a struct of vectors V:
//   Words, kWordLanes: int16; words_of(bytes), load_words, store_words, add_words, sub_words, shift_words<BITS> (to the left)
//   Ints, kIntLanes: int32; load_ints, store_ints, add_ints, sub_ints, shift_ints<BITS>
//   Pixels(output): what writes them; store<S>(sums, channels, dst, pixel_stride, count) writes kIntLanes channels of the first `count` of
//   neighbours whose sums are 9 * 2^(S + kShift[i]) accumulators
#ifndef OCTET_KERNELS_WINOGRAD_QS8_QC8W_KERNEL_H_
#define OCTET_KERNELS_WINOGRAD_QS8_QC8W_KERNEL_H_

#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

// The parameters of a vector of output channels.
struct Channels {
  const std::int32_t* bias;
  const float *scale, *offset;
};

template <typename V>
struct Transforms {
  using Words = typename V::Words;
  using Ints = typename V::Ints;
  using Pixels = typename V::Pixels;
  static constexpr std::size_t kWordLanes = V::kWordLanes, kIntLanes = V::kIntLanes;

  // Bt d: point p to dst + p * step.
  [[gnu::always_inline]] static inline void input_line(const Words (&d)[kPixels], std::int16_t* dst, std::size_t step) {
    const Words even2 = V::sub_words(d[4], d[2]), odd2 = V::sub_words(d[3], d[1]);
    const Words even1 = V::sub_words(d[4], V::template shift_words<2>(d[2])), odd1 = V::sub_words(d[3], V::template shift_words<2>(d[1]));
    const Words twice = V::template shift_words<1>(odd2), four_times = V::template shift_words<1>(twice);
    V::store_words(dst, V::add_words(even2, V::template shift_words<2>(V::sub_words(d[0], d[2]))));
    V::store_words(dst + step, V::add_words(even1, odd1));
    V::store_words(dst + 2 * step, V::sub_words(even1, odd1));
    V::store_words(dst + 3 * step, V::add_words(even2, twice));
    V::store_words(dst + 4 * step, V::sub_words(even2, twice));
    V::store_words(dst + 5 * step, V::sub_words(V::sub_words(d[5], d[3]), four_times));
  }

  static void input(const WinogradQs8InputArgs& args) {
    alignas(64) std::int16_t columns[kPixels * kPixels * kWordLanes];  // [y point][x pixel]
    constexpr std::size_t kRow = kPixels * kWordLanes;
    const std::size_t c = args.c, row_stride = args.row_stride, point_stride = args.point_stride;
    const std::int8_t* src = args.src;
    std::int16_t* dst = args.dst;
    for (std::size_t i = 0; i < c; i += kWordLanes, src += kWordLanes, dst += kWordLanes) {
#pragma GCC unroll 1
      for (std::size_t x = 0; x < kPixels; ++x) {
        Words d[kPixels];
#pragma GCC unroll 6
        for (std::size_t y = 0; y < kPixels; ++y) d[y] = V::words_of(src + y * row_stride + x * c);
        input_line(d, columns + x * kWordLanes, kRow);
      }
#pragma GCC unroll 1
      for (std::size_t y = 0; y < kPixels; ++y) {
        Words d[kPixels];
#pragma GCC unroll 6
        for (std::size_t x = 0; x < kPixels; ++x) d[x] = V::load_words(columns + y * kRow + x * kWordLanes);
        input_line(d, dst + y * kPixels * point_stride, point_stride);
      }
    }
  }

  // At m.
  [[gnu::always_inline]] static inline void output_line(const Ints (&m)[kPixels], Ints (&y)[kOutputs]) {
    const Ints sum1 = V::add_ints(m[1], m[2]), difference1 = V::sub_ints(m[1], m[2]);
    const Ints sum2 = V::add_ints(m[3], m[4]), difference2 = V::sub_ints(m[3], m[4]);
    y[0] = V::sub_ints(V::add_ints(m[0], sum2), V::template shift_ints<2>(sum1));
    y[1] = V::sub_ints(difference2, V::template shift_ints<1>(difference1));
    y[2] = V::sub_ints(sum2, sum1);
    y[3] = V::add_ints(V::sub_ints(V::template shift_ints<1>(difference2), difference1), m[5]);
  }

  // Rows Y to args.rows of a tile.
  template <std::size_t Y>
  [[gnu::always_inline]] static inline void store_rows(const WinogradQs8OutputArgs& args, const std::int32_t* columns, const Pixels& pixels,
                                                       const Channels& channels, std::int8_t* dst) {
    if constexpr (Y < kOutputs) {
      if (Y >= args.rows) return;
      Ints m[kPixels], y[kOutputs];
#pragma GCC unroll 6
      for (std::size_t x = 0; x < kPixels; ++x) m[x] = V::load_ints(columns + x * kIntLanes);
      output_line(m, y);
      pixels.template store<kShift[Y]>(y, channels, dst, args.pixel_stride, args.columns);
      store_rows<Y + 1>(args, columns + kPixels * kIntLanes, pixels, channels, dst + args.row_stride);
    }
  }

  static void output(const WinogradQs8OutputArgs& by_reference) {
    alignas(64) std::int32_t columns[kOutputs * kPixels * kIntLanes];  // [y output][x point]
    const WinogradQs8OutputArgs args = by_reference;                   // stores of bytes may alias anything but locals
    const Pixels pixels(args.output);
    const std::int32_t* const bias = packed_bias(args.packed);
    const float *const scale = packed_scales(args.packed, args.n), *const offset = packed_offsets(args.packed, args.n);
    for (std::size_t j = 0; j < args.n; j += kIntLanes) {
#pragma GCC unroll 1
      for (std::size_t x = 0; x < kPixels; ++x) {
        Ints m[kPixels], y[kOutputs];
#pragma GCC unroll 6
        for (std::size_t p = 0; p < kPixels; ++p) m[p] = V::load_ints(args.src + j + (p * kPixels + x) * args.point_stride);
        output_line(m, y);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < kOutputs; ++i) V::store_ints(columns + (i * kPixels + x) * kIntLanes, y[i]);
      }
      store_rows<0>(args, columns, pixels, {bias + j, scale + j, offset + j}, args.dst + j);
    }
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_QS8_QC8W_KERNEL_H_
