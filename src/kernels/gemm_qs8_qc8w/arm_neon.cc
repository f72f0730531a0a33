// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0, which has no instruction that multiplies bytes and adds to int32. smull makes int16 products of 8
// values of k, sadalp adds neighbours of them to int32. Between the two there is room for second products (smlal), if
// no weight is -128: 2 * 128 * 127 fits into int16, 2 * 128 * 128 does not.
#include "kernels/gemm_qs8_qc8w/arm_neon_panels.h"

namespace octet {
namespace {

// Lets nothing that uses a begin before both sums are there, without an instruction: g++ 12 would otherwise make the
// products of all columns at once, and spill sums to have registers for them.
void order(int8x16_t& a, int32x4_t& acc0, int32x4_t& acc1) { asm("" : "+w"(a), "+w"(acc0), "+w"(acc1)); }

// A block of 16 values of k: rows times all columns. acc sums over neighbouring k.
template <int MR, bool kTwoProducts>
void multiply_block(int32x4_t (&acc)[MR][kNr], int8x16_t (&a)[MR], const std::int8_t* weights) {
#pragma GCC unroll 8
  for (std::size_t n = 0; n < kNr; ++n) {
    const int8x16_t b = vld1q_s8(weights + n * kBlock);
#pragma GCC unroll 2
    for (int r = 0; r < MR; ++r) {
      const int16x8_t first = vmull_s8(vget_low_s8(a[r]), vget_low_s8(b));
      if constexpr (kTwoProducts) {
        acc[r][n] = vpadalq_s16(acc[r][n], vmlal_high_s8(first, a[r], b));
      } else {
        acc[r][n] = vpadalq_s16(vpadalq_s16(acc[r][n], first), vmull_high_s8(a[r], b));
      }
      if (n % 2 == 1) order(a[r], acc[r][n - 1], acc[r][n]);
    }
  }
}

// MR rows of one panel.
template <int MR, bool kTwoProducts>
void multiply(const Tile& t) {
  int32x4_t sums[MR][kNr];
#pragma GCC unroll 2
  for (int r = 0; r < MR; ++r) {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < kNr; ++n) sums[r][n] = vdupq_n_s32(0);
  }
  const std::int8_t *weights = t.weights(), *rows = t.rows;
  const std::size_t row_stride = t.row_stride;
  int8x16_t a[MR];
  for (std::size_t block = t.blocks; block > 0; --block, rows += kBlock, weights += kBlock * kNr) {
#pragma GCC unroll 2
    for (std::size_t r = 0; r < MR; ++r) a[r] = vld1q_s8(rows + r * row_stride);
    multiply_block<MR, kTwoProducts>(sums, a, weights);
  }
  if (t.tail.size > 0) {
#pragma GCC unroll 2
    for (std::size_t r = 0; r < MR; ++r) a[r] = t.tail.load(t.rows + r * row_stride);
    multiply_block<MR, kTwoProducts>(sums, a, weights);
  }
  int32x4_t acc[MR][1][2];
#pragma GCC unroll 2
  for (int r = 0; r < MR; ++r) {
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
      const int32x4_t* s = sums[r] + 4 * half;
      const int32x4_t added = vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
      const int32x4_t bias = vld1q_s32(t.panel_at(0).bias + 4 * half);
      // Unsigned: vaddq_s32 is a plain sum to the compiler, and must not overflow.
      acc[r][0][half] = vreinterpretq_s32_u32(vaddq_u32(vreinterpretq_u32_s32(bias), vreinterpretq_u32_s32(added)));
    }
  }
  finish(t, acc);
}

struct Neon {
  static constexpr std::size_t kKr = kBlock;
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

extern const GemmQs8Kernel kGemmQs8Neon = {"gemm_qs8_qc8w_2x8c16__neon", Isa::kNeon, Neon::kMr,           kNr,
                                           Gemm::packed_bytes,           Gemm::pack, Gemm::scratch_bytes, Gemm::gemm};

}  // namespace octet
