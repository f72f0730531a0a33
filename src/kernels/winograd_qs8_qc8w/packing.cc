// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

constexpr WinogradForm kForms[] = {{3, 3, 4, 4, 6, 6}, {5, 5, 4, 4, 6, 6, 2, 2}};
constexpr std::size_t kTaps = 3;                           // of a piece
constexpr std::int64_t kUnproved = std::int64_t{1} << 18;  // of absolute weights of a column: times 128 that is 2^25

// Filters that are transformed side by side: of two input channels and the columns of a panel, as they are packed.
constexpr std::size_t kFilters = 2 * kColumns;
using Words = std::int16_t[kFilters];

// G of the taps of filters' rows or columns.
void transform(const Words* taps, std::size_t step, Words* points, std::size_t point_step) {
  const Words &first = taps[0], &second = taps[step], &third = taps[2 * step];
  for (std::size_t f = 0; f < kFilters; ++f) {
    const int a = first[f], b = second[f], c = third[f];
    points[0][f] = static_cast<std::int16_t>(6 * a);
    points[point_step][f] = static_cast<std::int16_t>(a + b + c);
    points[2 * point_step][f] = static_cast<std::int16_t>(a - b + c);
    points[3 * point_step][f] = static_cast<std::int16_t>(a + 2 * b + 4 * c);
    points[4 * point_step][f] = static_cast<std::int16_t>(a - 2 * b + 4 * c);
    points[5 * point_step][f] = static_cast<std::int16_t>(6 * c);
  }
}

std::int32_t zero_point_of(const WinogradQs8PackArgs& args, std::size_t j) { return args.weights_zero_point == nullptr ? 0 : args.weights_zero_point[j]; }

// Taps of a piece of the filters of input channels i and i + 1 and of columns [j, j + 16), less their zero points; zeros where the window has none.
void read_filters(const WinogradQs8PackArgs& args, std::size_t piece, std::size_t i, std::size_t j, Words* filters) {
  const WinogradForm& form = *args.form;
  const std::size_t first_y = piece / form.pieces_x * kTaps, first_x = piece % form.pieces_x * kTaps;
  for (std::size_t tap = 0; tap < kTaps * kTaps; ++tap) {
    const std::size_t y = first_y + tap / kTaps, x = first_x + tap % kTaps;
    for (std::size_t column = 0; column < kColumns; ++column) {
      std::int16_t* const pair = filters[tap] + 2 * position_of(column);
      if (y >= form.taps_y || x >= form.taps_x) {
        pair[0] = pair[1] = 0;
        continue;
      }
      const std::int8_t* const weights = args.weights + (((j + column) * form.taps_y + y) * form.taps_x + x) * args.c + i;
      const std::int32_t zero_point = zero_point_of(args, j + column);
      pair[0] = static_cast<std::int16_t>(weights[0] - zero_point);
      pair[1] = static_cast<std::int16_t>(weights[1] - zero_point);
    }
  }
}

// Calls visit(column, weight less its zero point) for all weights.
template <typename Visit>
void for_each_weight(const WinogradQs8PackArgs& args, const Visit& visit) {
  const std::size_t of_column = args.form->taps_y * args.form->taps_x * args.c;
  for (std::size_t j = 0; j < args.n; ++j) {
    const std::int32_t zero_point = zero_point_of(args, j);
    for (std::size_t i = 0; i < of_column; ++i) visit(j, args.weights[j * of_column + i] - zero_point);
  }
}

}  // namespace

std::span<const WinogradForm> winograd_qs8_forms() { return kForms; }

bool winograd_qs8_fits(const WinogradQs8PackArgs& args) {
  std::vector<std::int64_t> sums(args.n);
  for_each_weight(args, [&](std::size_t j, std::int32_t weight) { sums[j] += std::abs(weight); });
  return std::ranges::all_of(sums, [](std::int64_t sum) { return sum < kUnproved; });
}

std::size_t winograd_qs8_packed_bytes(const WinogradForm& form, std::size_t n, std::size_t c) {
  return n * (sizeof(std::int32_t) + 2 * sizeof(float)) + form.points() * n * form.pieces() * c * sizeof(std::int16_t);
}

void pack_winograd_qs8(const WinogradQs8PackArgs& args, std::byte* packed) {
  const WinogradForm& form = *args.form;
  const std::size_t n = args.n, c = args.c, depth = form.pieces() * c;
  auto* const bias = reinterpret_cast<std::uint32_t*>(packed);
  auto* const scale = reinterpret_cast<float*>(packed) + n;
  for (std::size_t j = 0; j < n; ++j) {
    bias[j] = args.bias == nullptr ? 0 : static_cast<std::uint32_t>(args.bias[j]);
    scale[j] = args.scale[j];
    scale[n + j] = requantize_offset(args.scale[j]);
  }
  for_each_weight(args, [&](std::size_t j, std::int32_t weight) { bias[j] -= static_cast<std::uint32_t>(args.src_zero_point * weight); });

  for (std::size_t j = 0; j < n; j += kColumns) {
    for (std::size_t i = 0; i < depth; i += 2) {
      Words filters[kTaps * kTaps], rows[kPixels * kTaps], points[kPixels * kPixels];
      read_filters(args, i / c, i % c, j, filters);
      for (std::size_t x = 0; x < kTaps; ++x) transform(filters + x, kTaps, rows + x, kTaps);
      for (std::size_t y = 0; y < kPixels; ++y) transform(rows + y * kTaps, 1, points + y * kPixels, 1);
      for (std::size_t p = 0; p < kPixels * kPixels; ++p)
        std::memcpy(const_cast<std::int16_t*>(packed_words(packed, n, depth, p, j)) + i * kColumns, points[p], sizeof(Words));
    }
  }
}

}  // namespace octet
