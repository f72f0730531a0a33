// SPDX-License-Identifier: Apache-2.0
// Packed weights of the vector kernels, and their walk over rows and panels; only for kernel files.
#ifndef OCTET_KERNELS_GEMV_QS8_QC4W_NIBBLE_PANELS_H_
#define OCTET_KERNELS_GEMV_QS8_QC4W_NIBBLE_PANELS_H_

#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"

namespace octet {
namespace {

constexpr std::size_t kColumns = 16;   // of a panel
constexpr std::size_t kGroup = 8;      // values of k whose weights of a column stand in four bytes
constexpr std::size_t kRowEnd = 64;    // bytes: a prepared row is followed by zeros up to a multiple of this
// How far ahead weights are prefetched, in bytes. With eight places that are read at a time it is 10 to 20 % faster than the
// processor's own prefetching, and that is as much faster than with four (Sapphire Rapids, one thread).
constexpr std::size_t kAhead = 512;

// Packed: for each panel of 16 columns a Panel and its weights [groups of 8 values of k][16][4]. Byte i of a column has value i of the
// group in its low half, value i + 4 in its high one. Halves count from the least weight of the column. Columns past n and values
// past k are 0.
//   acc[n] = bias[n] + base[n] * (sum of src) + sum over k of src[k] * half[n, k]
struct alignas(64) Panel {
  std::int32_t bias[kColumns];  // with - src_zero_point * (sum of weights - k * weights_zero_point) folded in
  std::int32_t base[kColumns];  // least weight - weights_zero_point
  float scale[kColumns];
  float offset[kColumns];  // of requantization
};

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }
std::size_t num_groups(std::size_t k) { return (k + kGroup - 1) / kGroup; }
std::size_t panel_bytes(std::size_t k) { return sizeof(Panel) + num_groups(k) * kColumns * 4; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t /*taps*/) { return (n + kColumns - 1) / kColumns * panel_bytes(k); }

void pack_column(const GemmQs8PackArgs& args, std::size_t n, std::byte* packed) {
  const std::int8_t* const weights = args.weights + n * args.n_stride;
  const std::int32_t least = least_weight(args, n);
  const std::size_t column = n % kColumns;
  auto* const bytes = reinterpret_cast<std::uint8_t*>(packed + sizeof(Panel)) + column * 4;
  std::uint32_t halves = 0;  // their sum
  for (std::size_t k = 0; k < args.k; ++k) {
    const auto half = static_cast<std::uint32_t>(weights[k * args.k_stride] - least);
    bytes[k / kGroup * kColumns * 4 + k % 4] |= static_cast<std::uint8_t>(k % kGroup < 4 ? half : half << 4);
    halves += half;
  }
  auto& panel = *reinterpret_cast<Panel*>(packed);
  const std::int32_t base = least - (args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0);
  const std::uint32_t sum = halves + static_cast<std::uint32_t>(args.k) * static_cast<std::uint32_t>(base);
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
  panel.bias[column] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
  panel.base[column] = base;
  panel.scale[column] = args.scale[n];
  panel.offset[column] = requantize_offset(args.scale[n]);
}

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  __builtin_memset(packed, 0, packed_bytes(args.n, args.k, 1));
  for (std::size_t n = 0; n < args.n; ++n) pack_column(args, n, packed + n / kColumns * panel_bytes(args.k));
}

// A row as it is multiplied.
struct Row {
  const std::int8_t* values;
  std::int32_t sum;
};

// Neighbouring panels, and where the next ones lie.
struct Panels {
  const std::byte* weights;  // of the first
  std::size_t stride;        // bytes from panel to panel
  std::size_t groups;
};

// The functions of a kernel, from what is particular to it:
//   kMostPanels                         that are read side by side
//   prepare(src, k, row)                copies a row, with zeros up to a multiple of kRowEnd; returns the sum of its values
//   multiply(panels, row, from, sums)   sums[panels][kColumns] = what the row's values and halves of weights give
//   Finish(output).bytes(panel, row_sum, sums, dst), .accumulators(panel, row_sum, sums, dst)
//                                       the results of a panel
template <typename Kernel>
struct PanelGemv {
  static constexpr std::size_t kMostRows = 2;  // prepared at a time
  static constexpr std::size_t kNr = Kernel::kMostPanels * kColumns;

  static std::size_t row_bytes(std::size_t k) { return round_up(k, kRowEnd); }
  static std::size_t scratch_bytes(std::size_t k, std::size_t /*taps*/) { return kMostRows * row_bytes(k); }

  // Writes the first `columns` results of a panel.
  static void finish(const GemmQs8Args& args, const typename Kernel::Finish& finish, const std::byte* packed, std::int32_t row_sum,
                     const std::int32_t* sums, std::size_t at, std::size_t columns) {
    const auto& panel = *reinterpret_cast<const Panel*>(packed);
    if (args.acc != nullptr) {
      std::int32_t staged[kColumns];
      finish.accumulators(panel, row_sum, sums, staged);
      __builtin_memcpy(args.acc + at, staged, columns * sizeof(*args.acc));
    } else {
      std::int8_t staged[kColumns];
      finish.bytes(panel, row_sum, sums, staged);
      __builtin_memcpy(args.dst + at, staged, columns);
    }
  }

  // Rows m and on, of which there are at most kMostRows: after the first one, weights come from the cache.
  static void multiply_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows) {
    Row rows[kMostRows];
    for (std::size_t r = 0; r < num_rows; ++r) {
      auto* const row = reinterpret_cast<std::int8_t*>(args.scratch + r * row_bytes(args.k));
      rows[r] = {row, Kernel::prepare(args.src + (m + r) * args.src_stride, args.k, row)};
    }
    const typename Kernel::Finish finish_panel(args.output);
    const std::size_t stride = panel_bytes(args.k);
    for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) {
      const std::byte* const packed = args.packed + n / kColumns * stride;
      const std::size_t columns = args.n_end - n < kNr ? args.n_end - n : kNr;
      for (std::size_t r = 0; r < num_rows; ++r) {
        alignas(64) std::int32_t sums[kNr];
        Kernel::multiply((columns + kColumns - 1) / kColumns, rows[r], {packed + sizeof(Panel), stride, num_groups(args.k)}, sums);
        for (std::size_t i = 0; i < columns; i += kColumns) {
          finish(args, finish_panel, packed + i / kColumns * stride, rows[r].sum, sums + i, (m + r) * args.dst_stride + n + i,
                 columns - i < kColumns ? columns - i : kColumns);
        }
      }
    }
  }

  static void gemv(const GemmQs8Args& args) {
    for (std::size_t m = 0; m < args.m; m += kMostRows) multiply_rows(args, m, args.m - m < kMostRows ? args.m - m : kMostRows);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMV_QS8_QC4W_NIBBLE_PANELS_H_
