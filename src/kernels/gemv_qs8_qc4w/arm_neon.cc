// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. smull and smlal sum products of halves of weights and activations in int16: eight groups, 16 products, stay within
// 16 * 15 * 128 = 30,720.
#include "kernels/gemv_qs8_qc4w/nibble_panels.h"
#include "kernels/requantize/arm_neon.h"

namespace octet {
namespace {

constexpr std::size_t kGroupsOfWords = 8;  // whose products are summed in int16

// Four values, twice.
int8x16_t four_values(const std::int8_t* row) {
  std::int32_t four;
  __builtin_memcpy(&four, row, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

// Sums of two columns, each over a pair of lanes.
using PairSums = int32x4_t[kColumns / 2];

// acc += products of at most kGroupsOfWords groups of one panel.
[[gnu::always_inline]] inline void multiply_groups(PairSums& acc, const std::int8_t* row, const std::byte* weights, std::size_t groups) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(weights);
  int16x8_t words[kColumns / 2];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) words[i] = vdupq_n_s16(0);
  for (; groups > 0; --groups, row += kGroup, bytes += 64) {
    const int8x16_t low = four_values(row), high = four_values(row + 4);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const uint8x16_t pairs = vld1q_u8(bytes + 16 * i);
      const int8x16_t low_halves = vreinterpretq_s8_u8(vandq_u8(pairs, vdupq_n_u8(15)));
      const int8x16_t high_halves = vreinterpretq_s8_u8(vshrq_n_u8(pairs, 4));
      words[2 * i] = vmlal_s8(words[2 * i], vget_low_s8(low_halves), vget_low_s8(low));
      words[2 * i] = vmlal_s8(words[2 * i], vget_low_s8(high_halves), vget_low_s8(high));
      words[2 * i + 1] = vmlal_high_s8(words[2 * i + 1], low_halves, low);
      words[2 * i + 1] = vmlal_high_s8(words[2 * i + 1], high_halves, high);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) acc[i] = vpadalq_s16(acc[i], words[i]);
}

template <int NP>
void multiply_panels(const Row& row, const Panels& panels, std::int32_t* sums) {
  PairSums acc[NP];
#pragma GCC unroll 2
  for (int p = 0; p < NP; ++p) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) acc[p][i] = vdupq_n_s32(0);
  }
  const std::int8_t* values = row.values;
  const std::byte* weights = panels.weights;
  const std::size_t stride = panels.stride;
  for (std::size_t left = panels.groups; left > 0;) {
    const std::size_t groups = left < kGroupsOfWords ? left : kGroupsOfWords;
#pragma GCC unroll 2
    for (int p = 0; p < NP; ++p) multiply_groups(acc[p], values, weights + static_cast<std::size_t>(p) * stride, groups);
    left -= groups;
    values += groups * kGroup;
    weights += groups * 64;
  }
#pragma GCC unroll 2
  for (int p = 0; p < NP; ++p) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      vst1q_s32(sums + static_cast<std::size_t>(p) * kColumns + 4 * i, vpaddq_s32(acc[p][2 * i], acc[p][2 * i + 1]));
  }
}

// sums + bias + base * row_sum, of four columns. Unsigned: it may wrap.
int32x4_t accumulators_of(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums, std::size_t column) {
  const uint32x4_t bias = vreinterpretq_u32_s32(vld1q_s32(panel.bias + column));
  const uint32x4_t base = vreinterpretq_u32_s32(vld1q_s32(panel.base + column));
  const uint32x4_t sum = vaddq_u32(vreinterpretq_u32_s32(vld1q_s32(sums + column)), bias);
  return vreinterpretq_s32_u32(vmlaq_n_u32(sum, base, static_cast<std::uint32_t>(row_sum)));
}

struct Neon {
  static constexpr std::size_t kMostPanels = 2;

  static std::int32_t prepare(const std::int8_t* src, std::size_t k, std::int8_t* row) {
    __builtin_memset(row + k / kRowEnd * kRowEnd, 0, k % kRowEnd == 0 ? 0 : kRowEnd);
    __builtin_memcpy(row, src, k);
    int32x4_t sums = vdupq_n_s32(0);
    for (std::size_t i = 0; i < k; i += 16) sums = vpadalq_s16(sums, vpaddlq_s8(vld1q_s8(row + i)));
    return vaddvq_s32(sums);
  }

  static void multiply(std::size_t num_panels, const Row& row, const Panels& panels, std::int32_t* sums) {
    if (num_panels == 2) return multiply_panels<2>(row, panels, sums);
    multiply_panels<1>(row, panels, sums);
  }

  struct Finish {
    Requantize requantize;

    explicit Finish(const Qs8Output& output) : requantize(output) {}

    void bytes(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums, std::int8_t* dst) const {
      for (std::size_t i = 0; i < kColumns; i += 8) {
        const int32x4_t acc[2] = {accumulators_of(panel, row_sum, sums, i), accumulators_of(panel, row_sum, sums, i + 4)};
        const float32x4_t scale[2] = {vld1q_f32(panel.scale + i), vld1q_f32(panel.scale + i + 4)};
        const float32x4_t offset[2] = {vld1q_f32(panel.offset + i), vld1q_f32(panel.offset + i + 4)};
        vst1_s8(dst + i, requantize.bytes(acc, scale, offset));
      }
    }

    void accumulators(const Panel& panel, std::int32_t row_sum, const std::int32_t* sums, std::int32_t* dst) const {
      for (std::size_t i = 0; i < kColumns; i += 4) vst1q_s32(dst + i, accumulators_of(panel, row_sum, sums, i));
    }
  };
};

using Gemv = PanelGemv<Neon>;

}  // namespace

extern const GemmQs8Kernel kGemvQs8Qc4wNeon = {
    "gemv_qs8_qc4w_1x32c8__neon", Isa::kNeon, 1, Gemv::kNr, packed_bytes, pack, Gemv::scratch_bytes, Gemv::gemv};

}  // namespace octet
