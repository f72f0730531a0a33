// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0, which has no instruction that multiplies bytes and adds to int32. smull makes int16 products of 8 values
// of k, sadalp adds neighbours of them to int32. Between the two there is room for a second product (smlal), if no weight is
// -128: 2 * 128 * 127 fits into int16, 2 * 128 * 128 does not.
#include "kernels/gemm_qs8_qc8w/arm_neon_panels.h"

namespace octet {
namespace {

constexpr std::size_t kGroup = 8 * kNr;  // bytes of the weights of 8 values of k

// Sums over neighbouring k of rows times columns, added up at the end of a tile.
template <int MR>
using Sums = int32x4_t[MR][kNr];

// 8 values of k, which `a` has twice.
template <int MR>
void multiply_group(Sums<MR>& acc, const int8x16_t (&a)[MR], const std::int8_t* weights) {
#pragma GCC unroll 4
  for (std::size_t n = 0; n < kNr; n += 2, weights += 16) {
    const int8x16_t b = vld1q_s8(weights);  // of two columns
#pragma GCC unroll 2
    for (int r = 0; r < MR; ++r) {
      acc[r][n] = vpadalq_s16(acc[r][n], vmull_s8(vget_low_s8(a[r]), vget_low_s8(b)));
      acc[r][n + 1] = vpadalq_s16(acc[r][n + 1], vmull_high_s8(a[r], b));
    }
  }
}

// Twice 8 values of k, whose products are added in int16.
template <int MR>
void multiply_two_groups(Sums<MR>& acc, const int8x16_t (&a0)[MR], const int8x16_t (&a1)[MR], const std::int8_t* weights) {
#pragma GCC unroll 4
  for (std::size_t n = 0; n < kNr; n += 2, weights += 16) {
    const int8x16_t b0 = vld1q_s8(weights), b1 = vld1q_s8(weights + kGroup);
#pragma GCC unroll 2
    for (int r = 0; r < MR; ++r) {
      const int16x8_t even = vmull_s8(vget_low_s8(a0[r]), vget_low_s8(b0)), odd = vmull_high_s8(a0[r], b0);
      acc[r][n] = vpadalq_s16(acc[r][n], vmlal_s8(even, vget_low_s8(a1[r]), vget_low_s8(b1)));
      acc[r][n + 1] = vpadalq_s16(acc[r][n + 1], vmlal_high_s8(odd, a1[r], b1));
    }
  }
}

int8x16_t load_twice(const std::int8_t* from) {
  const int8x8_t half = vld1_s8(from);
  return vcombine_s8(half, half);
}

// MR rows of one panel.
template <int MR, bool kTwoGroups>
void multiply(const Tile& t) {
  Sums<MR> sums;
#pragma GCC unroll 2
  for (int r = 0; r < MR; ++r) {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < kNr; ++n) sums[r][n] = vdupq_n_s32(0);
  }
  const std::int8_t *weights = t.weights(), *rows = t.rows;
  const std::size_t row_stride = t.row_stride;
  int8x16_t a0[MR], a1[MR];
  for (std::size_t block = t.blocks; block > 0; --block, rows += kBlock, weights += 2 * kGroup) {
#pragma GCC unroll 2
    for (std::size_t r = 0; r < MR; ++r) {
      a0[r] = load_twice(rows + r * row_stride);
      a1[r] = load_twice(rows + r * row_stride + 8);
    }
    if constexpr (kTwoGroups) {
      multiply_two_groups<MR>(sums, a0, a1, weights);
    } else {
      multiply_group<MR>(sums, a0, weights);
      multiply_group<MR>(sums, a1, weights + kGroup);
    }
  }
  if (t.tail.size > 0) {
#pragma GCC unroll 2
    for (std::size_t r = 0; r < MR; ++r) {
      const int8x16_t values = t.tail.load(t.rows + r * row_stride);
      a0[r] = vcombine_s8(vget_low_s8(values), vget_low_s8(values));
      a1[r] = vcombine_s8(vget_high_s8(values), vget_high_s8(values));
    }
    multiply_group<MR>(sums, a0, weights);
    if (t.tail.size > 8) multiply_group<MR>(sums, a1, weights + kGroup);
  }
  int32x4_t acc[MR][1][2];
#pragma GCC unroll 2
  for (int r = 0; r < MR; ++r) {
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
      const int32x4_t* s = sums[r] + 4 * half;
      const int32x4_t added = vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
      acc[r][0][half] = vaddq_s32(vld1q_s32(t.panel_at(0).bias + 4 * half), added);
    }
  }
  finish(t, acc);
}

struct Neon {
  static constexpr std::size_t kKr = 8;
  static constexpr std::size_t kMr = 2;
  static constexpr std::size_t kRowGroup = 1;

  static std::size_t scratch_row_bytes(std::size_t k_total) { return round_up(k_total, kBlock); }
  static std::size_t num_scratch_rows(std::size_t rows) { return rows; }

  static Rows prepare_rows(const GemmQs8Args& args, std::size_t m, std::size_t rows, std::int8_t* scratch,
                           std::int32_t* sums) {
    return plain_rows(args, m, rows, scratch, sums);
  }

  static std::size_t most_panels(std::size_t /*rows*/) { return 1; }

  static TileFunction tile(const Header& header, std::size_t rows, std::size_t /*panels*/) {
    static constexpr TileFunction kTiles[2][kMr + 1] = {
        {nullptr, multiply<1, true>, multiply<2, true>},
        {nullptr, multiply<1, false>, multiply<2, false>},
    };
    return kTiles[header.has_lowest_weight][rows];
  }
};

using Gemm = PanelGemm<Neon>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8Neon = {"gemm_qs8_qc8w_2x8c8__neon", Isa::kNeon, Neon::kMr,           kNr,
                                           Gemm::packed_bytes,          Gemm::pack, Gemm::scratch_bytes, Gemm::gemm};

}  // namespace octet
