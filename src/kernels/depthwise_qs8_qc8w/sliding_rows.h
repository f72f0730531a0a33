// SPDX-License-Identifier: Apache-2.0
// Where the rows of the image lie under windows that slide (DepthwiseQs8Args::row_pixels). Only for kernel files.
#ifndef OCTET_KERNELS_DEPTHWISE_QS8_QC8W_SLIDING_ROWS_H_
#define OCTET_KERNELS_DEPTHWISE_QS8_QC8W_SLIDING_ROWS_H_

#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

namespace octet {
namespace {

// Columns of the image under a row of windows, numbered from the first window's first: those in [begin, end) are not
// padding.
struct Columns {
  std::size_t begin, end;

  // All bits, or none for padding.
  std::uintptr_t mask(std::size_t k) const { return k - begin < end - begin ? ~std::uintptr_t{0} : 0; }
};

// Offset of column k, for the windows of output row y, in their row r.
std::int32_t offset_at(const DepthwiseQs8Args& args, std::size_t y, std::size_t r, std::size_t k) {
  const std::size_t last = args.row_pixels - 1, x = k < last ? k : last;
  return args.offsets[(y * args.row_pixels + x) * args.taps + r * args.row_taps + (k - x)];
}

Columns columns_inside(const DepthwiseQs8Args& args) {
  const std::size_t columns = args.row_pixels + args.row_taps - 1;
  for (std::size_t y = 0; y * args.row_pixels < args.pixels; ++y) {
    for (std::size_t r = 0; r < args.row_taps; ++r) {
      std::size_t begin = 0, end = columns;
      while (begin < columns && offset_at(args, y, r, begin) == kPaddingTap) ++begin;
      if (begin == columns) continue;
      while (offset_at(args, y, r, end - 1) == kPaddingTap) --end;
      return {begin, end};
    }
  }
  return {0, 0};
}

// A row of src, or of padding: a column k that is inside starts `first` + k * step bytes from the padding. Numbers
// instead of pointers make the choice between the two an AND, as there are too few columns to predict a jump.
struct Row {
  std::uintptr_t first, step;
};

// Row r of the windows of output row y.
Row row_of(const DepthwiseQs8Args& args, Columns inside, std::size_t y, std::size_t r) {
  const std::int32_t offset = offset_at(args, y, r, inside.begin);
  if (offset == kPaddingTap) return {0, 0};
  const auto src = reinterpret_cast<std::uintptr_t>(args.src), padding = reinterpret_cast<std::uintptr_t>(args.padding);
  return {src + static_cast<std::uintptr_t>(offset) - inside.begin * args.c - padding, args.c};
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_QS8_QC8W_SLIDING_ROWS_H_
