// SPDX-License-Identifier: Apache-2.0
#include "kernels/winograd_qs8_qc8w/winograd_qs8_qc8w.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "kernels/kernel_test.h"

namespace octet {
namespace {

constexpr std::size_t kPoints = 36;
constexpr std::size_t kOutputs = 4;  // of a tile, each way

// A row of tiles, with gaps wherever strides allow them.
struct Problem {
  const WinogradForm& form;
  std::size_t tiles, c, n;
  std::int32_t zero_point;
  std::vector<std::int8_t> patches, weights;  // [tiles][pixels()][row_stride()], [n, taps(), taps(), c]
  std::vector<std::int32_t> bias, weights_zero_point;
  std::vector<float> scale;
  AlignedBuffer packed;

  Problem(Random& random, const WinogradForm& form_, std::size_t tiles_, std::size_t c_, std::size_t n_, bool with_zero_points)
      : form(form_), tiles(tiles_), c(c_), n(n_), zero_point(random.integer(-128, 127)), patches(random.int8s(tiles * pixels() * row_stride())),
        weights(random.int8s(n * weights_of_column())), bias(random.int32s(n, -100000, 100000)), packed(winograd_qs8_packed_bytes(form, n, c)) {
    if (with_zero_points) weights_zero_point = random.int32s(n, -128, 127);
    for (std::size_t j = 0; j < n; ++j) scale.push_back(random.real(1e-5f, j % 5 == 0 ? 0.7f : 1e-3f));
    pack();
  }

  void pack() {
    ASSERT_TRUE(winograd_qs8_fits(pack_args()));
    pack_winograd_qs8(pack_args(), packed.data());
  }
  WinogradQs8PackArgs pack_args() const {
    return {&form, n, c, weights.data(), bias.data(), weights_zero_point.empty() ? nullptr : weights_zero_point.data(), zero_point, scale.data()};
  }

  std::size_t taps() const { return form.taps_y; }
  std::size_t depth() const { return form.pieces() * c; }
  std::size_t pixels() const { return 3 * (form.pieces_y + 1); }  // of a row or column that a tile's patches cover
  std::size_t weights_of_column() const { return taps() * taps() * c; }
  std::size_t row_stride() const { return pixels() * c + 5; }
  std::size_t pixel_stride() const { return n + 3; }
  std::size_t dst_row_stride() const { return kOutputs * pixel_stride() + 1; }
  std::int8_t pixel(std::size_t tile, std::size_t y, std::size_t x, std::size_t i) const {
    return patches[(tile * pixels() + y) * row_stride() + x * c + i];
  }

  std::vector<std::int16_t> input_points(const WinogradQs8Kernel& kernel) const {
    std::vector<std::int16_t> points(kPoints * input_stride(), 777);
    for (std::size_t i = 0; i < tiles * form.pieces(); ++i) {
      const std::size_t tile = i / form.pieces(), y = i % form.pieces() / form.pieces_x * 3, x = i % form.pieces_x * 3;
      kernel.transform_input({c, patches.data() + (tile * pixels() + y) * row_stride() + x * c, row_stride(), points.data() + i * c, input_stride()});
    }
    return points;
  }
  std::size_t input_stride() const { return tiles * depth() + 7; }

  // Columns from n_begin on; 7777 in what nothing is written to.
  std::vector<std::int32_t> output_points(const WinogradQs8Kernel& kernel, const std::vector<std::int16_t>& input, std::size_t n_begin = 0) const {
    std::vector<std::int32_t> points(kPoints * output_stride(), 7777);
    for (std::size_t p = 0; p < kPoints; ++p)
      kernel.multiply({tiles, depth(), n, n_begin, n, p, input.data() + p * input_stride(), packed.data(), points.data() + p * output_stride()});
    return points;
  }
  std::size_t output_stride() const { return tiles * n + 9; }

  // Of one tile; 77 wherever nothing belongs.
  std::vector<std::int8_t> outputs(const WinogradQs8Kernel& kernel, const std::vector<std::int32_t>& points, std::size_t tile, const Qs8Output& output,
                                   std::size_t rows, std::size_t columns) const {
    std::vector<std::int8_t> dst(kOutputs * dst_row_stride(), 77);
    kernel.transform_output(
        {n, points.data() + tile * n, output_stride(), packed.data(), output, rows, columns, dst.data(), dst_row_stride(), pixel_stride()});
    return dst;
  }

  std::int8_t expected(std::size_t tile, std::size_t y, std::size_t x, std::size_t j, const Qs8Output& output) const {
    auto acc = bias[j];
    const std::int32_t weights_zero = weights_zero_point.empty() ? 0 : weights_zero_point[j];
    for (std::size_t t = 0; t < taps() * taps(); ++t)
      for (std::size_t i = 0; i < c; ++i)
        acc += (pixel(tile, y + t / taps(), x + t % taps(), i) - zero_point) * (weights[j * weights_of_column() + t * c + i] - weights_zero);
    return expected_requantized(acc, scale[j], output.zero_point, output.lo, output.hi);
  }

  // That all outputs of all tiles are those of the plain convolution.
  void expect_exact(const WinogradQs8Kernel& kernel, const Qs8Output& output) const {
    const auto points = output_points(kernel, input_points(kernel));
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const auto dst = outputs(kernel, points, tile, output, kOutputs, kOutputs);
      for (std::size_t i = 0; i < kOutputs * kOutputs * n; ++i) {
        const std::size_t y = i / (kOutputs * n), x = i / n % kOutputs, j = i % n;
        ASSERT_EQ(dst[y * dst_row_stride() + x * pixel_stride() + j], expected(tile, y, x, j, output)) << taps() << " taps, " << c << " channels";
      }
    }
  }
};

class WinogradQs8Kernels : public testing::TestWithParam<const WinogradQs8Kernel*> {};

TEST_P(WinogradQs8Kernels, GiveTheConvolutionExactly) {
  Random random;
  for (const WinogradForm& form : winograd_qs8_forms())
    for (const std::size_t c : {16, 48, 96})
      for (const Qs8Output& output : {Qs8Output{3, -128, 127}, Qs8Output{-128, -128, 100}, Qs8Output{127, -20, 127}})
        Problem(random, form, 3, c, 32, /*with_zero_points=*/c == 48).expect_exact(*GetParam(), output);
}

// The largest sums that weights may prove: all of them stay exact.
TEST_P(WinogradQs8Kernels, HoldTheLargestSums) {
  constexpr std::size_t kChannels = 112;  // 9 * 112 * 255 < 2^18
  const WinogradForm& form = winograd_qs8_forms()[0];
  Random random;
  Problem problem(random, form, 1, kChannels, 16, /*with_zero_points=*/true);
  std::ranges::fill(problem.scale, 1e-7f);
  for (const bool is_negative : {false, true}) {
    for (const std::int8_t pixel : {std::int8_t{-128}, std::int8_t{127}}) {
      problem.zero_point = pixel < 0 ? 127 : -128;
      std::ranges::fill(problem.patches, pixel);
      std::ranges::fill(problem.weights, is_negative ? std::int8_t{-128} : std::int8_t{127});
      std::ranges::fill(problem.weights_zero_point, is_negative ? 127 : -128);
      problem.pack();
      problem.expect_exact(*GetParam(), {0, -128, 127});
    }
  }
}

// Signs such that every transform has its largest value somewhere.
TEST_P(WinogradQs8Kernels, HoldTheLargestTransforms) {
  Random random;
  for (const WinogradForm& form : winograd_qs8_forms()) {
    Problem problem(random, form, 8, 32, 16, /*with_zero_points=*/false);
    const auto extreme = [&](std::int32_t lo, std::int32_t hi) { return static_cast<std::int8_t>(random.integer(0, 1) == 0 ? lo : hi); };
    for (std::int8_t& pixel : problem.patches) pixel = extreme(-128, 127);
    for (std::int8_t& weight : problem.weights) weight = extreme(-128, 127);
    std::fill_n(problem.weights.begin(), problem.weights_of_column(), std::int8_t{127});
    problem.pack();
    problem.expect_exact(*GetParam(), {0, -128, 127});
  }
}

TEST_P(WinogradQs8Kernels, EqualScalarBitForBitAndStayInside) {
  Random random;
  const WinogradQs8Kernel& scalar = *winograd_qs8_qc8w_kernels().back();
  for (const WinogradForm& form : winograd_qs8_forms()) {
    for (std::size_t tiles = 1; tiles < 27; ++tiles) {
      const Problem problem(random, form, tiles, tiles % 2 == 0 ? 16 : 48, tiles % 5 == 0 ? 80 : 16 + tiles % 4 * 16, tiles % 3 == 0);
      const auto input = problem.input_points(scalar);
      EXPECT_EQ(problem.input_points(*GetParam()), input);
      EXPECT_EQ(input[problem.tiles * problem.depth()], 777);
      const std::size_t n_begin = problem.n - 16;
      EXPECT_EQ(problem.output_points(*GetParam(), input, n_begin), problem.output_points(scalar, input, n_begin));
      const auto points = problem.output_points(scalar, input);
      EXPECT_EQ(problem.output_points(*GetParam(), input), points);
      for (std::size_t rows = 1; rows <= kOutputs; ++rows) {
        for (std::size_t columns = 1; columns <= kOutputs; ++columns) {
          const Qs8Output output{-5, -100, 70};
          const auto dst = problem.outputs(*GetParam(), points, tiles - 1, output, rows, columns);
          EXPECT_EQ(dst, problem.outputs(scalar, points, tiles - 1, output, rows, columns));
          EXPECT_EQ(std::ranges::count(dst, std::int8_t{77}), static_cast<std::ptrdiff_t>(dst.size() - rows * columns * problem.n));
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, WinogradQs8Kernels, testing::ValuesIn(runnable(winograd_qs8_qc8w_kernels())), kernel_test_name<WinogradQs8Kernel>);

TEST(WinogradQs8Weights, FitIfTheyBoundTheSums) {
  const auto fits = [](const WinogradForm& form, std::size_t c, std::int8_t weight, std::int32_t zero_point) {
    const std::vector<std::int8_t> weights(16 * form.taps_y * form.taps_x * c, weight);
    const std::vector<std::int32_t> zero_points(16, zero_point);
    const std::vector<float> scale(16, 1.0f);
    return winograd_qs8_fits({&form, 16, c, weights.data(), nullptr, zero_points.data(), 0, scale.data()});
  };
  const WinogradForm &three = winograd_qs8_forms()[0], &five = winograd_qs8_forms()[1];
  EXPECT_TRUE(fits(three, 112, 127, -128));   // sums of 257,040
  EXPECT_FALSE(fits(three, 128, 127, -128));  // of 293,760
  EXPECT_TRUE(fits(three, 1024, 28, 0));      // of 258,048
  EXPECT_FALSE(fits(three, 1024, -29, 0));
  EXPECT_TRUE(fits(five, 80, 127, 0));  // of 254,000
  EXPECT_FALSE(fits(five, 96, 127, 0));
}

}  // namespace
}  // namespace octet
