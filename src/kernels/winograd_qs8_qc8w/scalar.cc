// SPDX-License-Identifier: Apache-2.0
// The definition.
#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

constexpr std::int32_t kBt[kPixels][kPixels] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                                                {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
constexpr std::int32_t kAt[kOutputs][kPixels] = {{1, -4, -4, 1, 1, 0}, {0, -2, 2, 1, -1, 0}, {0, -1, -1, 1, 1, 0}, {0, -1, 1, 2, -2, 1}};

// A row of a matrix times six values `step` apart, modulo 2^32.
std::uint32_t product(const std::int32_t (&row)[kPixels], const std::uint32_t* values, std::size_t step) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kPixels; ++i) sum += static_cast<std::uint32_t>(row[i]) * values[i * step];
  return sum;
}

void transform_input(const WinogradQs8InputArgs& args) {
  for (std::size_t c = 0; c < args.c; ++c) {
    std::uint32_t patch[kPixels * kPixels], rows[kPixels * kPixels];
    for (std::size_t i = 0; i < kPixels * kPixels; ++i)
      patch[i] = static_cast<std::uint32_t>(std::int32_t{args.src[i / kPixels * args.row_stride + i % kPixels * args.c + c]});
    for (std::size_t i = 0; i < kPixels * kPixels; ++i) rows[i] = product(kBt[i / kPixels], patch + i % kPixels, kPixels);
    for (std::size_t i = 0; i < kPixels * kPixels; ++i)
      args.dst[i * args.point_stride + c] = static_cast<std::int16_t>(static_cast<std::int32_t>(product(kBt[i % kPixels], rows + i / kPixels * kPixels, 1)));
  }
}

void multiply(const WinogradQs8ProductArgs& args) {
  for (std::size_t t = 0; t < args.tiles; ++t) {
    for (std::size_t j = args.n_begin; j < args.n_end; ++j) {
      const std::int16_t* const words = packed_words(args.packed, args.n, args.depth, args.point, j / kColumns * kColumns) + position_of(j % kColumns) * 2;
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < args.depth; ++i)
        sum += static_cast<std::uint32_t>(std::int32_t{args.src[t * args.depth + i]} * words[i / 2 * kColumns * 2 + i % 2]);
      args.dst[t * args.n + j] = static_cast<std::int32_t>(sum);
    }
  }
}

void transform_output(const WinogradQs8OutputArgs& args) {
  const float* const scale = packed_scales(args.packed, args.n);
  for (std::size_t j = 0; j < args.n; ++j) {
    std::uint32_t points[kPixels * kPixels];
    for (std::size_t p = 0; p < kPixels * kPixels; ++p) points[p] = static_cast<std::uint32_t>(args.src[p * args.point_stride + j]);
    for (std::size_t y = 0; y < args.rows; ++y) {
      std::uint32_t row[kPixels];
      for (std::size_t x = 0; x < kPixels; ++x) row[x] = product(kAt[y], points + x, kPixels);
      for (std::size_t x = 0; x < args.columns; ++x) {
        const auto shifted = static_cast<std::int32_t>(product(kAt[x], row, 1) * static_cast<std::uint32_t>(kInverseOf9));
        const auto acc = static_cast<std::uint32_t>(shifted >> (kShift[y] + kShift[x]));
        const auto with_bias = static_cast<std::int32_t>(acc + static_cast<std::uint32_t>(packed_bias(args.packed)[j]));
        args.dst[y * args.row_stride + x * args.pixel_stride + j] = requantize(with_bias, scale[j], args.output);
      }
    }
  }
}

}  // namespace

extern const WinogradQs8Kernel kWinogradQs8Scalar = {"winograd_qs8_qc8w__scalar", Isa::kScalar, transform_input, multiply, transform_output};

}  // namespace octet
