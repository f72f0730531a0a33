// SPDX-License-Identifier: Apache-2.0
// Source rows of the ARM kernels, read 16 values at a time; only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_ROWS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_ROWS_H_

#include <arm_neon.h>

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

namespace octet {
namespace {

constexpr std::size_t kBlock = 16;  // values of k that one load reads

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// The values behind the last whole block of a row. They are loaded together with those before them, so that nothing
// behind the row is read. A row of less than a block has to lie in memory of a whole one, filled with zeros.
struct RowTail {
  std::size_t size;  // values, 0 to 15
  std::size_t from;  // where the load begins
  uint8x16_t order;  // brings the values to the front, and zeros behind them

  explicit RowTail(std::size_t k_total)
      : size(k_total % kBlock), from(k_total < kBlock ? 0 : k_total - kBlock), order(vdupq_n_u8(0)) {
    static constexpr std::uint8_t kCount[kBlock] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const std::size_t skipped = k_total < kBlock ? 0 : kBlock - size;
    order = vaddq_u8(vld1q_u8(kCount), vdupq_n_u8(static_cast<std::uint8_t>(skipped)));
  }

  int8x16_t load(const std::int8_t* row) const { return vqtbl1q_s8(vld1q_s8(row + from), order); }
};

// Copies row m of an indirect product to dst.
void gather_taps(const GemmQs8Args& args, std::size_t m, std::int8_t* dst) {
  const std::size_t k = args.k;
  const std::int32_t* offsets = args.offsets + m * args.taps;
  for (std::size_t t = 0; t < args.taps;) {
    // Neighbours in a row of the window are neighbours in memory: one run.
    std::size_t end = t + 1;
    if (offsets[t] != kPaddingTap) {
      while (end < args.taps && offsets[end] == offsets[end - 1] + static_cast<std::int32_t>(k)) ++end;
    }
    const std::int8_t* src = offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
    __builtin_memcpy(dst + t * k, src, (end - t) * k);
    t = end;
  }
}

// Whether rows can be read where they are.
bool rows_are_in_place(const GemmQs8Args& args) { return args.offsets == nullptr && args.k >= kBlock; }

// Copies row m, of a product whose rows are not in place, to dst of a whole number of blocks.
void gather_row(const GemmQs8Args& args, std::size_t m, std::int8_t* dst) {
  if (args.k * args.taps < kBlock) vst1q_s8(dst, vdupq_n_s8(0));
  if (args.offsets != nullptr) return gather_taps(args, m, dst);
  __builtin_memcpy(dst, args.src + m * args.src_stride, args.k);
}

std::int32_t sum_of_row(const std::int8_t* row, std::size_t k_total, const RowTail& tail) {
  int32x4_t sums = vpaddlq_s16(vpaddlq_s8(tail.size == 0 ? vdupq_n_s8(0) : tail.load(row)));
  for (std::size_t k = 0; k + kBlock <= k_total; k += kBlock) sums = vpadalq_s16(sums, vpaddlq_s8(vld1q_s8(row + k)));
  return vaddvq_s32(sums);
}

// Rows of a block: row r at data + r * stride.
struct Rows {
  const std::int8_t* data;
  std::size_t stride;
};

// Rows in place where they can be read so, else in scratch; and the sum of each one's values, unless `sums` is null.
Rows plain_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::int8_t* scratch,
                std::int32_t* sums) {
  const std::size_t k_total = args.k * args.taps;
  Rows rows{args.src + m * args.src_stride, args.src_stride};
  if (!rows_are_in_place(args)) {
    rows = {scratch, round_up(k_total, kBlock)};
    for (std::size_t r = 0; r < num_rows; ++r) gather_row(args, m + r, scratch + r * rows.stride);
  }
  if (sums == nullptr) return rows;
  const RowTail tail(k_total);
  for (std::size_t r = 0; r < num_rows; ++r) sums[r] = sum_of_row(rows.data + r * rows.stride, k_total, tail);
  return rows;
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_ARM_NEON_ROWS_H_
