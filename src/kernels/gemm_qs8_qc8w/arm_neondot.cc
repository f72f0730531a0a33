// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.2 with dot products: sdot adds four products of bytes to each int32, exactly. Its second operand is
// four values of one row, chosen by lane, so rows are read as they are.
#include "kernels/gemm_qs8_qc8w/arm_neon_panels.h"

namespace octet {
namespace {

// Quad kLane of a block: four values of each row times four of each column.
template <int kLane, int MR, int NP>
void multiply_quad(int32x4_t (&acc)[MR][NP][2], const int8x16_t (&a)[MR], const std::int8_t* weights,
                   std::size_t stride) {
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
    const int8x16_t b0 = vld1q_s8(weights + p * stride), b1 = vld1q_s8(weights + p * stride + 16);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      acc[r][p][0] = vdotq_laneq_s32(acc[r][p][0], b0, a[r], kLane);
      acc[r][p][1] = vdotq_laneq_s32(acc[r][p][1], b1, a[r], kLane);
    }
  }
}

// MR rows of NP panels.
template <int MR, int NP>
void multiply(const Tile& t) {
  constexpr std::size_t kQuad = 4 * kNr;  // bytes of weights
  int32x4_t acc[MR][NP][2];
#pragma GCC unroll 4
  for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      acc[r][p][0] = vld1q_s32(t.panel_at(p).bias);
      acc[r][p][1] = vld1q_s32(t.panel_at(p).bias + 4);
    }
  }
  const std::int8_t *weights = t.weights(), *rows = t.rows;
  const std::size_t stride = t.panel_stride, row_stride = t.row_stride;
  int8x16_t a[MR];
  for (std::size_t block = t.blocks; block > 0; --block, rows += kBlock, weights += 4 * kQuad) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < MR; ++r) a[r] = vld1q_s8(rows + r * row_stride);
    multiply_quad<0>(acc, a, weights, stride);
    multiply_quad<1>(acc, a, weights + kQuad, stride);
    multiply_quad<2>(acc, a, weights + 2 * kQuad, stride);
    multiply_quad<3>(acc, a, weights + 3 * kQuad, stride);
  }
  if (t.tail.size > 0) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < MR; ++r) a[r] = t.tail.load(t.rows + r * row_stride);
    multiply_quad<0>(acc, a, weights, stride);
    if (t.tail.size > 4) multiply_quad<1>(acc, a, weights + kQuad, stride);
    if (t.tail.size > 8) multiply_quad<2>(acc, a, weights + 2 * kQuad, stride);
    if (t.tail.size > 12) multiply_quad<3>(acc, a, weights + 3 * kQuad, stride);
  }
  finish(t, acc);
}

struct NeonDot {
  static constexpr std::size_t kKr = 4;
  static constexpr std::size_t kMr = 8;
  static constexpr std::size_t kRowGroup = 1;

  static std::size_t scratch_row_bytes(std::size_t k_total) { return round_up(k_total, kBlock); }
  static std::size_t num_scratch_rows(std::size_t rows) { return rows; }

  static Rows prepare_rows(const GemmQs8Args& args, std::size_t m, std::size_t rows, std::int8_t* scratch,
                           std::int32_t* sums) {
    return plain_rows(args, m, rows, scratch, sums);
  }

  // 16 accumulators, of 32 registers that also hold values of rows and columns.
  static std::size_t most_panels(std::size_t rows) { return rows <= 2 ? 4 : (rows <= 4 ? 2 : 1); }

  static TileFunction tile(const Header& /*header*/, std::size_t rows, std::size_t panels) {
    static constexpr TileFunction kTiles[kMostPanels + 1][kMr + 1] = {
        {},
        {nullptr, multiply<1, 1>, multiply<2, 1>, multiply<3, 1>, multiply<4, 1>, multiply<5, 1>, multiply<6, 1>,
         multiply<7, 1>, multiply<8, 1>},
        {nullptr, multiply<1, 2>, multiply<2, 2>, multiply<3, 2>, multiply<4, 2>},
        {nullptr, multiply<1, 3>, multiply<2, 3>},
        {nullptr, multiply<1, 4>, multiply<2, 4>},
    };
    return kTiles[panels][rows];
  }
};

using Gemm = PanelGemm<NeonDot>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8NeonDot = {"gemm_qs8_qc8w_8x8c4__neondot",
                                              Isa::kNeonDot,
                                              NeonDot::kMr,
                                              kNr,
                                              Gemm::packed_bytes,
                                              Gemm::pack,
                                              Gemm::scratch_bytes,
                                              Gemm::gemm};

}  // namespace octet
