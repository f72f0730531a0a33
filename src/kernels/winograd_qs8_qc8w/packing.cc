// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

// 2G of three taps: those of a filter's row or column.
void transform(const std::int32_t* taps, std::size_t step, std::int32_t* points, std::size_t point_step) {
  const std::int32_t a = taps[0], b = taps[step], c = taps[2 * step];
  points[0] = -2 * a;
  points[point_step] = a + b + c;
  points[2 * point_step] = a - b + c;
  points[3 * point_step] = 2 * c;
}

}  // namespace

std::size_t winograd_qs8_packed_bytes(std::size_t n, std::size_t c) {
  return n * (sizeof(std::int32_t) + 2 * sizeof(float)) + kWinogradQs8Form.points() * n * c * sizeof(std::int16_t);
}

void pack_winograd_qs8(const WinogradQs8PackArgs& args, std::byte* packed) {
  const std::size_t n = args.n, c = args.c;
  auto* const bias = reinterpret_cast<std::int32_t*>(packed);
  auto* const scale = reinterpret_cast<float*>(packed) + n;
  for (std::size_t j = 0; j < n; ++j) {
    bias[j] = args.bias == nullptr ? 0 : args.bias[j];
    scale[j] = args.scale[j];
    scale[n + j] = requantize_offset(args.scale[j]);
    const std::int32_t zero_point = args.weights_zero_point == nullptr ? 0 : args.weights_zero_point[j];
    for (std::size_t i = 0; i < c; ++i) {
      std::int32_t filter[9], rows[12], points[16];  // [3][3], [4][3], [4][4]
      for (std::size_t t = 0; t < 9; ++t) filter[t] = args.weights[(j * 9 + t) * c + i] - zero_point;
      for (std::size_t x = 0; x < 3; ++x) transform(filter + x, 3, rows + x, 3);
      for (std::size_t y = 0; y < 4; ++y) transform(rows + y * 3, 1, points + y * 4, 1);
      for (std::size_t p = 0; p < 16; ++p) {
        auto* const words = const_cast<std::int16_t*>(packed_words(packed, n, c, p, j / kColumns * kColumns));
        words[(i / 2 * kColumns + position_of(j % kColumns)) * 2 + i % 2] = static_cast<std::int16_t>(points[p]);
      }
    }
  }
}

}  // namespace octet
