// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. Products of words add to int32 at once (smlal), where those of bytes take a second instruction.
#include "kernels/requantize/arm_neon.h"
#include "kernels/winograd_qs8_qc8w/kernel.h"

namespace octet {
namespace {

struct Neon {
  using Words = int16x8_t;
  static constexpr std::size_t kWordLanes = 8;

  static Words words_of(const std::int8_t* bytes) { return vmovl_s8(vld1_s8(bytes)); }
  static Words load_words(const std::int16_t* src) { return vld1q_s16(src); }
  static void store_words(std::int16_t* dst, Words words) { vst1q_s16(dst, words); }
  static Words add_words(Words a, Words b) { return vaddq_s16(a, b); }
  static Words sub_words(Words a, Words b) { return vsubq_s16(a, b); }
  template <int BITS>
  static Words shift_words(Words a) {
    return vshlq_n_s16(a, BITS);
  }

  using Ints = int32x4x2_t;
  static constexpr std::size_t kIntLanes = 8;

  static Ints load_ints(const std::int32_t* src) { return {{vld1q_s32(src), vld1q_s32(src + 4)}}; }
  static void store_ints(std::int32_t* dst, const Ints& ints) {
    vst1q_s32(dst, ints.val[0]);
    vst1q_s32(dst + 4, ints.val[1]);
  }
  static Ints add_ints(const Ints& a, const Ints& b) { return {{vaddq_s32(a.val[0], b.val[0]), vaddq_s32(a.val[1], b.val[1])}}; }
  static Ints sub_ints(const Ints& a, const Ints& b) { return {{vsubq_s32(a.val[0], b.val[0]), vsubq_s32(a.val[1], b.val[1])}}; }
  template <int BITS>
  static Ints shift_ints(const Ints& a) {
    return {{vshlq_n_s32(a.val[0], BITS), vshlq_n_s32(a.val[1], BITS)}};
  }

  struct Pixels {
    Requantize requantize;

    explicit Pixels(const Qs8Output& output) : requantize(output) {}

    template <int S>
    [[gnu::always_inline]] inline void store(const Ints (&sums)[kOutputs], const Channels& channels, std::int8_t* dst, std::size_t pixel_stride,
                                             std::size_t count) const {
      const int32x4_t inverse = vdupq_n_s32(kInverseOf9);
      const Ints bias = load_ints(channels.bias);
      const float32x4_t scale[2] = {vld1q_f32(channels.scale), vld1q_f32(channels.scale + 4)};
      const float32x4_t offset[2] = {vld1q_f32(channels.offset), vld1q_f32(channels.offset + 4)};
#pragma GCC unroll 4
      for (std::size_t i = 0; i < kOutputs; ++i, dst += pixel_stride) {
        if (i >= count) return;
        const int32x4_t shift = vdupq_n_s32(-S - kShift[i]);
        const int32x4_t acc[2] = {vaddq_s32(vshlq_s32(vmulq_s32(sums[i].val[0], inverse), shift), bias.val[0]),
                                  vaddq_s32(vshlq_s32(vmulq_s32(sums[i].val[1], inverse), shift), bias.val[1])};
        vst1_s8(dst, requantize.bytes(acc, scale, offset));
      }
    }
  };
};

// The first or the second values of pairs (kSecond), of 8 columns.
template <bool kSecond>
[[gnu::always_inline]] inline int16x8_t values_of(const std::int16_t* words) {
  const int16x8_t low = vld1q_s16(words), high = vld1q_s16(words + 8);
  return kSecond ? vuzp2q_s16(low, high) : vuzp1q_s16(low, high);
}

// Value LANE of four of a row, times the columns of a panel as they stand there.
template <int LANE>
[[gnu::always_inline]] inline void multiply_value(int32x4_t (&acc)[4], int16x4_t row, int16x8_t low, int16x8_t high) {
  acc[0] = vmlal_lane_s16(acc[0], vget_low_s16(low), row, LANE);
  acc[1] = vmlal_high_lane_s16(acc[1], low, row, LANE);
  acc[2] = vmlal_lane_s16(acc[2], vget_low_s16(high), row, LANE);
  acc[3] = vmlal_high_lane_s16(acc[3], high, row, LANE);
}
template <int LANE, int MR>
[[gnu::always_inline]] inline void multiply_values(int32x4_t (&acc)[MR][4], const int16x4_t (&row)[MR], const std::int16_t* words) {
  const std::int16_t* const pairs = words + LANE / 2 * 2 * kColumns;
  const int16x8_t low = values_of<LANE % 2 != 0>(pairs), high = values_of<LANE % 2 != 0>(pairs + kColumns);
#pragma GCC unroll 4
  for (int r = 0; r < MR; ++r) multiply_value<LANE>(acc[r], row[r], low, high);
}

// MR rows of a panel.
template <int MR>
void run_tile(const std::int16_t* src, std::size_t depth, const std::int16_t* words, std::int32_t* dst, std::size_t dst_stride) {
  int32x4_t acc[MR][4];
#pragma GCC unroll 4
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) acc[r][j] = vdupq_n_s32(0);
  for (std::size_t i = 0; i < depth; i += 4, words += 4 * kColumns) {
    int16x4_t row[MR];
#pragma GCC unroll 4
    for (int r = 0; r < MR; ++r) row[r] = vld1_s16(src + static_cast<std::size_t>(r) * depth + i);
    multiply_values<0>(acc, row, words);
    multiply_values<1>(acc, row, words);
    multiply_values<2>(acc, row, words);
    multiply_values<3>(acc, row, words);
  }
#pragma GCC unroll 4
  for (int r = 0; r < MR; ++r, dst += dst_stride) {
    vst1q_s32(dst, acc[r][0]);
    vst1q_s32(dst + 4, acc[r][2]);
    vst1q_s32(dst + 8, acc[r][1]);
    vst1q_s32(dst + 12, acc[r][3]);
  }
}

constexpr std::size_t kMostRows = 4;
constexpr void (*kTiles[kMostRows + 1])(const std::int16_t*, std::size_t, const std::int16_t*, std::int32_t*, std::size_t) = {
    nullptr, run_tile<1>, run_tile<2>, run_tile<3>, run_tile<4>};

void multiply(const WinogradQs8ProductArgs& args) {
  for (std::size_t n = args.n_begin; n < args.n_end; n += kColumns) {
    const std::int16_t* const words = packed_words(args.packed, args.n, args.depth, args.point, n);
    // Tiles of nearly equal height.
    const std::size_t blocks = (args.tiles + kMostRows - 1) / kMostRows;
    for (std::size_t i = 0, begin = 0; i < blocks; ++i) {
      const std::size_t end = args.tiles * (i + 1) / blocks;
      kTiles[end - begin](args.src + begin * args.depth, args.depth, words, args.dst + begin * args.n + n, args.n);
      begin = end;
    }
  }
}

}  // namespace

extern const WinogradQs8Kernel kWinogradQs8Neon = {"winograd_qs8_qc8w_4x16__neon", Isa::kNeon, Transforms<Neon>::input, multiply, Transforms<Neon>::output};

}  // namespace octet
