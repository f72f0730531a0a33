// SPDX-License-Identifier: Apache-2.0
#include "kernels/winograd_qs8_qc8w/winograd_qs8_qc8w.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "kernels/kernel_test.h"

namespace octet {
namespace {

// A row of tiles, with gaps wherever strides allow them.
struct Problem {
  std::size_t tiles, c, n;
  std::int32_t zero_point;
  std::vector<std::int8_t> patches, weights;  // [tiles][4][row_stride()], [n, 3, 3, c]
  std::vector<std::int32_t> bias, weights_zero_point;
  std::vector<float> scale;
  AlignedBuffer packed;

  Problem(Random& random, std::size_t tiles_, std::size_t c_, std::size_t n_, bool with_zero_points)
      : tiles(tiles_), c(c_), n(n_), zero_point(random.integer(-128, 127)), patches(random.int8s(tiles * 4 * row_stride())),
        weights(random.int8s(n * 9 * c)), bias(random.int32s(n, -100000, 100000)), packed(winograd_qs8_packed_bytes(n, c)) {
    if (with_zero_points) weights_zero_point = random.int32s(n, -128, 127);
    for (std::size_t j = 0; j < n; ++j) scale.push_back(random.real(1e-5f, j % 5 == 0 ? 0.7f : 1e-3f));
    pack();
  }

  void pack() {
    pack_winograd_qs8({n, c, weights.data(), bias.data(), weights_zero_point.empty() ? nullptr : weights_zero_point.data(), scale.data()}, packed.data());
  }

  std::size_t row_stride() const { return 4 * c + 5; }
  std::size_t pixel_stride() const { return n + 3; }
  std::size_t dst_row_stride() const { return 2 * pixel_stride() + 1; }
  std::int8_t pixel(std::size_t tile, std::size_t y, std::size_t x, std::size_t i) const { return patches[(tile * 4 + y) * row_stride() + x * c + i]; }

  std::vector<std::int16_t> input_points(const WinogradQs8Kernel& kernel) const {
    std::vector<std::int16_t> points(16 * input_stride(), 777);
    for (std::size_t t = 0; t < tiles; ++t)
      kernel.transform_input({c, patches.data() + t * 4 * row_stride(), row_stride(), zero_point, points.data() + t * c, input_stride()});
    return points;
  }
  std::size_t input_stride() const { return tiles * c + 7; }

  // Columns from n_begin on; 7777 in what nothing is written to.
  std::vector<std::int32_t> output_points(const WinogradQs8Kernel& kernel, const std::vector<std::int16_t>& input, std::size_t n_begin = 0) const {
    std::vector<std::int32_t> points(16 * output_stride(), 7777);
    for (std::size_t p = 0; p < 16; ++p)
      kernel.multiply({tiles, c, n, n_begin, n, p, input.data() + p * input_stride(), packed.data(), points.data() + p * output_stride()});
    return points;
  }
  std::size_t output_stride() const { return tiles * n + 9; }

  // Of one tile; 77 wherever nothing belongs.
  std::vector<std::int8_t> outputs(const WinogradQs8Kernel& kernel, const std::vector<std::int32_t>& points, std::size_t tile, const Qs8Output& output,
                                   std::size_t rows = 2, std::size_t columns = 2) const {
    std::vector<std::int8_t> dst(2 * dst_row_stride(), 77);
    kernel.transform_output(
        {n, points.data() + tile * n, output_stride(), packed.data(), output, rows, columns, dst.data(), dst_row_stride(), pixel_stride()});
    return dst;
  }

  std::int8_t expected(std::size_t tile, std::size_t y, std::size_t x, std::size_t j, const Qs8Output& output) const {
    auto acc = bias[j];
    const std::int32_t weights_zero = weights_zero_point.empty() ? 0 : weights_zero_point[j];
    for (std::size_t t = 0; t < 9; ++t)
      for (std::size_t i = 0; i < c; ++i)
        acc += (pixel(tile, y + t / 3, x + t % 3, i) - zero_point) * (weights[(j * 9 + t) * c + i] - weights_zero);
    return expected_requantized(acc, scale[j], output.zero_point, output.lo, output.hi);
  }
};

class WinogradQs8Kernels : public testing::TestWithParam<const WinogradQs8Kernel*> {};

TEST_P(WinogradQs8Kernels, GiveTheConvolutionExactly) {
  Random random;
  for (const std::size_t c : {16, 48, 96}) {
    for (const Qs8Output& output : {Qs8Output{3, -128, 127}, Qs8Output{-128, -128, 100}, Qs8Output{127, -20, 127}}) {
      const Problem problem(random, 7, c, 32, /*with_zero_points=*/c == 48);
      const auto points = problem.output_points(*GetParam(), problem.input_points(*GetParam()));
      for (std::size_t tile = 0; tile < problem.tiles; ++tile) {
        const auto dst = problem.outputs(*GetParam(), points, tile, output);
        for (std::size_t i = 0; i < 4 * problem.n; ++i) {
          const std::size_t y = i / (2 * problem.n), x = i / problem.n % 2, j = i % problem.n;
          ASSERT_EQ(dst[y * problem.dst_row_stride() + x * problem.pixel_stride() + j], problem.expected(tile, y, x, j, output)) << "c = " << c;
        }
      }
    }
  }
}

// The largest sums there can be: all of them stay exact.
TEST_P(WinogradQs8Kernels, HoldTheLargestSums) {
  Random random;
  Problem problem(random, 1, kMaxWinogradQs8Channels, 16, /*with_zero_points=*/true);
  for (const bool is_negative : {false, true}) {
    problem.zero_point = -128;
    std::ranges::fill(problem.patches, std::int8_t{127});
    std::ranges::fill(problem.weights, is_negative ? std::int8_t{-128} : std::int8_t{127});
    std::ranges::fill(problem.weights_zero_point, is_negative ? 127 : -128);
    std::ranges::fill(problem.scale, 1e-7f);
    problem.pack();
    const Qs8Output output{0, -128, 127};
    const auto dst = problem.outputs(*GetParam(), problem.output_points(*GetParam(), problem.input_points(*GetParam())), 0, output);
    for (std::size_t j = 0; j < problem.n; ++j) EXPECT_EQ(dst[j], problem.expected(0, 0, 0, j, output));
  }
}

TEST_P(WinogradQs8Kernels, EqualScalarBitForBitAndStayInside) {
  Random random;
  const WinogradQs8Kernel& scalar = *winograd_qs8_qc8w_kernels().back();
  for (std::size_t tiles = 1; tiles < 16; ++tiles) {
    const Problem problem(random, tiles, tiles % 2 == 0 ? 16 : 80, 48, tiles % 3 == 0);
    const auto input = problem.input_points(scalar);
    EXPECT_EQ(problem.input_points(*GetParam()), input);
    EXPECT_EQ(input[problem.tiles * problem.c], 777);
    EXPECT_EQ(problem.output_points(*GetParam(), input, 16), problem.output_points(scalar, input, 16));
    const auto points = problem.output_points(scalar, input);
    EXPECT_EQ(problem.output_points(*GetParam(), input), points);
    for (const std::size_t rows : {1, 2}) {
      for (const std::size_t columns : {1, 2}) {
        const Qs8Output output{-5, -100, 70};
        const auto dst = problem.outputs(*GetParam(), points, tiles - 1, output, rows, columns);
        EXPECT_EQ(dst, problem.outputs(scalar, points, tiles - 1, output, rows, columns));
        EXPECT_EQ(std::ranges::count(dst, std::int8_t{77}), static_cast<std::ptrdiff_t>(dst.size() - rows * columns * problem.n));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, WinogradQs8Kernels, testing::ValuesIn(runnable(winograd_qs8_qc8w_kernels())), kernel_test_name<WinogradQs8Kernel>);

}  // namespace
}  // namespace octet
