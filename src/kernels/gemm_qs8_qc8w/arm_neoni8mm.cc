// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.2 with int8 matrix products: smmla multiplies 8 values of k of two rows and two columns and adds the
// four sums to int32, exactly. Rows are therefore interleaved by pairs in scratch, once for all panels.
#include "kernels/gemm_qs8_qc8w/arm_neon_panels.h"

namespace octet {
namespace {

constexpr std::size_t kGroup = 8 * kNr;  // bytes of the weights of 8 values of k

// MR rows of NP panels.
template <int MR, int NP>
void multiply(const Tile& t) {
  constexpr int kPairs = (MR + 1) / 2;
  int32x4_t sums[kPairs][NP][4];  // of two rows and two columns: row 0, then row 1
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const int32x2_t bias = vld1_s32(t.panel_at(p).bias + 2 * n);
#pragma GCC unroll 4
      for (int pair = 0; pair < kPairs; ++pair) sums[pair][p][n] = vcombine_s32(bias, bias);
    }
  }
  const std::int8_t *weights = t.weights(), *rows = t.rows;
  const std::size_t stride = t.panel_stride, pair_stride = 2 * t.row_stride;
  for (std::size_t group = 2 * t.blocks + (t.tail.size + 7) / 8; group > 0; --group, rows += 16, weights += kGroup) {
    int8x16_t a[kPairs];
#pragma GCC unroll 4
    for (std::size_t pair = 0; pair < kPairs; ++pair) a[pair] = vld1q_s8(rows + pair * pair_stride);
#pragma GCC unroll 4
    for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 4
      for (std::size_t n = 0; n < 4; ++n) {
        const int8x16_t b = vld1q_s8(weights + p * stride + 16 * n);
#pragma GCC unroll 4
        for (int pair = 0; pair < kPairs; ++pair) sums[pair][p][n] = vmmlaq_s32(sums[pair][p][n], a[pair], b);
      }
    }
  }
  int32x4_t acc[MR][NP][2];
#pragma GCC unroll 4
  for (int p = 0; p < NP; ++p) {
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
#pragma GCC unroll 2
      for (int half = 0; half < 2; ++half) {
        const int64x2_t left = vreinterpretq_s64_s32(sums[r / 2][p][2 * half]);
        const int64x2_t right = vreinterpretq_s64_s32(sums[r / 2][p][2 * half + 1]);
        acc[r][p][half] = vreinterpretq_s32_s64(r % 2 == 0 ? vtrn1q_s64(left, right) : vtrn2q_s64(left, right));
      }
    }
  }
  finish(t, acc);
}

void interleave_block(int8x16_t row0, int8x16_t row1, std::int8_t* dst) {
  const int64x2_t a = vreinterpretq_s64_s8(row0), b = vreinterpretq_s64_s8(row1);
  vst1q_s8(dst, vreinterpretq_s8_s64(vtrn1q_s64(a, b)));
  vst1q_s8(dst + 16, vreinterpretq_s8_s64(vtrn2q_s64(a, b)));
}

// Two rows as [groups of 8 values of k][2][8], zeros behind the last value.
void interleave(const std::int8_t* row0, const std::int8_t* row1, std::size_t blocks, const RowTail& tail,
                std::int8_t* dst) {
  for (std::size_t i = 0; i < blocks; ++i) {
    interleave_block(vld1q_s8(row0 + i * kBlock), vld1q_s8(row1 + i * kBlock), dst + i * 2 * kBlock);
  }
  if (tail.size > 0) interleave_block(tail.load(row0), tail.load(row1), dst + blocks * 2 * kBlock);
}

struct NeonI8mm {
  static constexpr std::size_t kKr = 8;
  static constexpr std::size_t kMr = 8;
  static constexpr std::size_t kRowGroup = 2;

  static std::size_t scratch_row_bytes(std::size_t k_total) { return round_up(k_total, kBlock); }
  static std::size_t num_scratch_rows(std::size_t rows) { return round_up(rows, 2) + 2; }

  // The last two rows of scratch hold a pair that is not read in place. An odd last row is paired with itself.
  static Rows prepare_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int8_t* scratch,
                           std::int32_t* sums) {
    const std::size_t k_total = args.k * args.taps, stride = scratch_row_bytes(k_total);
    const RowTail tail(k_total);
    for (std::size_t r = 0; r < num_rows; r += 2) {
      const std::size_t pair_rows = num_rows - r < 2 ? 1 : 2;
      std::int8_t* gathered = scratch + round_up(num_rows, 2) * stride;
      const Rows pair = plain_rows(args, m + r, pair_rows, gathered, sums == nullptr ? nullptr : sums + r);
      interleave(pair.data, pair.data + (pair_rows - 1) * pair.stride, k_total / kBlock, tail, scratch + r * stride);
    }
    return {scratch, stride};
  }

  // 16 accumulators of 32 registers; 12 with one pair of rows, as g++ 12 loads the weights of all panels at once.
  static std::size_t most_panels(std::size_t rows) { return rows <= 2 ? 3 : (rows <= 4 ? 2 : 1); }

  static TileFunction tile(const Header& /*header*/, std::size_t rows, std::size_t panels) {
    static constexpr TileFunction kTiles[4][kMr + 1] = {
        {},
        {nullptr, multiply<1, 1>, multiply<2, 1>, multiply<3, 1>, multiply<4, 1>, multiply<5, 1>, multiply<6, 1>,
         multiply<7, 1>, multiply<8, 1>},
        {nullptr, multiply<1, 2>, multiply<2, 2>, multiply<3, 2>, multiply<4, 2>},
        {nullptr, multiply<1, 3>, multiply<2, 3>},
    };
    return kTiles[panels][rows];
  }
};

using Gemm = PanelGemm<NeonI8mm>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8NeonI8mm = {"gemm_qs8_qc8w_8x8c8__neoni8mm",
                                               Isa::kNeonI8mm,
                                               NeonI8mm::kMr,
                                               kNr,
                                               Gemm::packed_bytes,
                                               Gemm::pack,
                                               Gemm::scratch_bytes,
                                               Gemm::gemm};

}  // namespace octet
