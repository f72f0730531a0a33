// SPDX-License-Identifier: Apache-2.0
// The definition.
#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

void transform_input(const WinogradQs8InputArgs& args) {
  const auto transform = [](const std::int32_t* d, std::size_t step, std::int32_t* v, std::size_t v_step) {
    v[0] = d[2 * step] - d[0];
    v[v_step] = d[2 * step] + d[step];
    v[2 * v_step] = d[2 * step] - d[step];
    v[3 * v_step] = d[3 * step] - d[step];
  };
  for (std::size_t c = 0; c < args.c; ++c) {
    std::int32_t patch[16], rows[16], points[16];
    for (std::size_t i = 0; i < 16; ++i) patch[i] = args.src[i / 4 * args.row_stride + i % 4 * args.c + c] - args.src_zero_point;
    for (std::size_t x = 0; x < 4; ++x) transform(patch + x, 4, rows + x, 4);
    for (std::size_t y = 0; y < 4; ++y) transform(rows + y * 4, 1, points + y * 4, 1);
    for (std::size_t p = 0; p < 16; ++p) args.dst[p * args.point_stride + c] = static_cast<std::int16_t>(points[p]);
  }
}

void multiply(const WinogradQs8ProductArgs& args) {
  for (std::size_t t = 0; t < args.tiles; ++t) {
    for (std::size_t j = args.n_begin; j < args.n_end; ++j) {
      const std::int16_t* const words = packed_words(args.packed, args.n, args.c, args.point, j / kColumns * kColumns) + position_of(j % kColumns) * 2;
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < args.c; ++i)
        sum += static_cast<std::uint32_t>(std::int32_t{args.src[t * args.c + i]} * words[i / 2 * kColumns * 2 + i % 2]);
      args.dst[t * args.n + j] = static_cast<std::int32_t>(sum);
    }
  }
}

void transform_output(const WinogradQs8OutputArgs& args) {
  const auto transform = [](const std::uint32_t* m, std::size_t step, std::uint32_t* y, std::size_t y_step) {
    y[0] = m[0] + m[step] + m[2 * step];
    y[y_step] = m[step] - m[2 * step] + m[3 * step];
  };
  const float* const scale = packed_scales(args.packed, args.n);
  for (std::size_t j = 0; j < args.n; ++j) {
    std::uint32_t points[16], rows[8], outputs[4];
    for (std::size_t p = 0; p < 16; ++p) points[p] = static_cast<std::uint32_t>(args.src[p * args.point_stride + j]);
    for (std::size_t x = 0; x < 4; ++x) transform(points + x, 4, rows + x, 4);
    for (std::size_t y = 0; y < 2; ++y) transform(rows + y * 4, 1, outputs + y * 2, 1);
    for (std::size_t y = 0; y < args.rows; ++y) {
      for (std::size_t x = 0; x < args.columns; ++x) {
        const auto acc = static_cast<std::uint32_t>(static_cast<std::int32_t>(outputs[y * 2 + x]) / 4);
        const auto with_bias = static_cast<std::int32_t>(acc + static_cast<std::uint32_t>(packed_bias(args.packed)[j]));
        args.dst[y * args.row_stride + x * args.pixel_stride + j] = requantize(with_bias, scale[j], args.output);
      }
    }
  }
}

}  // namespace

extern const WinogradQs8Kernel kWinogradQs8Scalar = {"winograd_qs8_qc8w__scalar", Isa::kScalar, transform_input, multiply, transform_output};

}  // namespace octet
