// SPDX-License-Identifier: Apache-2.0
#include "kernels/winograd_f32/winograd_f32.h"

#include <algorithm>

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const WinogradF32Kernel kWinogradF32Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

// A tile of some form, with gaps wherever strides allow them.
struct Problem {
  const WinogradForm& form;
  std::size_t c, k;
  std::size_t row_stride;  // of the patch
  std::vector<float> patch, filters, bias;

  Problem(Random& random, const WinogradForm& form_, std::size_t c_, std::size_t k_)
      : form(form_), c(c_), k(k_), row_stride(form.points_x * c + 5), patch(random.reals(form.points_y * row_stride, -2, 2)),
        filters(random.reals(k * form.taps_y * form.taps_x * c, -1, 1)), bias(random.reals(k, -1, 1)) {}

  std::size_t input_stride() const { return c + 3; }
  std::size_t output_stride() const { return k + 7; }
  std::size_t pixel_stride() const { return k + 2; }
  std::size_t dst_row_stride() const { return form.outputs_x * pixel_stride() + 1; }

  // What the points of the patch have, and 77 in the gaps.
  std::vector<float> input_points(const WinogradF32Kernel& kernel) const {
    std::vector<float> points(form.points() * input_stride(), 77.0f);
    kernel.transform_input({&form, c, patch.data(), row_stride, points.data(), input_stride()});
    return points;
  }

  // The products at the points, summed in double precision.
  std::vector<float> output_points(const std::vector<float>& input) const {
    std::vector<float> points(form.points() * output_stride()), weights(k * c);
    for (std::size_t p = 0; p < form.points(); ++p) {
      winograd_f32_filter(form, p, filters.data(), k, c, weights.data());
      for (std::size_t i = 0; i < k; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < c; ++j) sum += double{input[p * input_stride() + j]} * double{weights[i * c + j]};
        points[p * output_stride() + i] = static_cast<float>(sum);
      }
    }
    return points;
  }

  // The outputs within [lo, hi], and 77 wherever nothing belongs.
  std::vector<float> outputs(const WinogradF32Kernel& kernel, const std::vector<float>& points, std::size_t rows, std::size_t columns, bool with_bias,
                             float lo = -kInfinity, float hi = kInfinity) const {
    std::vector<float> dst(form.outputs_y * dst_row_stride(), 77.0f);
    kernel.transform_output({&form, k, points.data(), output_stride(), with_bias ? bias.data() : nullptr, lo, hi, rows, columns, dst.data(),
                             dst_row_stride(), pixel_stride()});
    return dst;
  }

  double exact(std::size_t y, std::size_t x, std::size_t i) const {
    double sum = double{bias[i]};
    for (std::size_t ty = 0; ty < form.taps_y; ++ty)
      for (std::size_t tx = 0; tx < form.taps_x; ++tx)
        for (std::size_t j = 0; j < c; ++j)
          sum += double{patch[(y + ty) * row_stride + (x + tx) * c + j]} * double{filters[((i * form.taps_y + ty) * form.taps_x + tx) * c + j]};
    return sum;
  }
};

class WinogradF32Kernels : public testing::TestWithParam<const WinogradF32Kernel*> {};

TEST_P(WinogradF32Kernels, GiveTheConvolution) {
  Random random;
  for (const WinogradForm& form : winograd_f32_forms()) {
    const Problem problem(random, form, 48, 32);
    const std::vector<float> dst = problem.outputs(*GetParam(), problem.output_points(problem.input_points(*GetParam())), form.outputs_y, form.outputs_x, true);
    for (std::size_t y = 0; y < form.outputs_y; ++y)
      for (std::size_t x = 0; x < form.outputs_x; ++x)
        for (std::size_t i = 0; i < problem.k; ++i)
          // Sums of up to 1200 products near 1: they reach some 50, and are off by a few times 2^-24 of that.
          EXPECT_NEAR(dst[y * problem.dst_row_stride() + x * problem.pixel_stride() + i], problem.exact(y, x, i), 1e-4)
              << form.taps_y << " x " << form.taps_x << " taps, pixel " << y << ", " << x;
  }
}

TEST_P(WinogradF32Kernels, EqualScalarBitForBitAndStayInside) {
  Random random;
  const WinogradF32Kernel& scalar = *winograd_f32_kernels().back();
  for (const WinogradForm& form : winograd_f32_forms()) {
    for (const std::size_t channels : {16, 32, 80}) {
      const Problem problem(random, form, channels, 96 - channels);
      const std::vector<float> input = problem.input_points(scalar);
      EXPECT_EQ(problem.input_points(*GetParam()), input);
      for (std::size_t p = 0; p < form.points(); ++p) EXPECT_EQ(input[p * problem.input_stride() + channels], 77.0f);
      const std::vector<float> points = problem.output_points(input);
      for (std::size_t rows = 1; rows <= form.outputs_y; ++rows) {
        for (std::size_t columns = 1; columns <= form.outputs_x; ++columns) {
          const std::vector<float> dst = problem.outputs(*GetParam(), points, rows, columns, columns % 2 == 1, -1.5f, 3.0f);
          EXPECT_EQ(dst, problem.outputs(scalar, points, rows, columns, columns % 2 == 1, -1.5f, 3.0f));
          const auto within = std::ranges::count_if(dst, [](float value) { return value >= -1.5f && value <= 3.0f; });
          EXPECT_EQ(within, static_cast<std::ptrdiff_t>(rows * columns * problem.k));
        }
      }
    }
  }
}

TEST_P(WinogradF32Kernels, PassNanOn) {
  Random random;
  for (const WinogradForm& form : winograd_f32_forms()) {
    Problem problem(random, form, 16, 16);
    problem.patch[(form.points_y - 1) * problem.row_stride + (form.points_x - 1) * problem.c] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> dst =
        problem.outputs(*GetParam(), problem.output_points(problem.input_points(*GetParam())), form.outputs_y, form.outputs_x, true, -1.0f, 1.0f);
    const std::size_t last = (form.outputs_y - 1) * problem.dst_row_stride() + (form.outputs_x - 1) * problem.pixel_stride();
    for (std::size_t i = 0; i < problem.k; ++i) EXPECT_TRUE(std::isnan(dst[last + i]));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, WinogradF32Kernels, testing::ValuesIn(runnable(winograd_f32_kernels())), kernel_test_name<WinogradF32Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, WinogradF32Kernels, testing::Values(&kWinogradF32Avx512VnniModel), kernel_test_name<WinogradF32Kernel>);
#endif

// Over the product of the distances to the other points.
TEST(WinogradF32Filter, IsThePolynomialAtThePoints) {
  const std::vector<float> filter = {1.0f, 2.0f, 3.0f};  // 1 + 2 x + 3 x^2
  const WinogradForm line = {1, 3, 1, 4, 1, 6};
  const double expected[] = {1.0 / (0.390625 * 2.25),
                             (1 + 2 * 0.625 + 3 * 0.390625) / (2 * 0.390625 * (0.390625 - 2.25)),
                             (1 - 2 * 0.625 + 3 * 0.390625) / (2 * 0.390625 * (0.390625 - 2.25)),
                             (1 + 2 * 1.5 + 3 * 2.25) / (2 * 2.25 * (2.25 - 0.390625)),
                             (1 - 2 * 1.5 + 3 * 2.25) / (2 * 2.25 * (2.25 - 0.390625)),
                             3.0};
  for (std::size_t p = 0; p < 6; ++p) {
    float value = 0;
    winograd_f32_filter(line, p, filter.data(), 1, 1, &value);
    EXPECT_FLOAT_EQ(value, static_cast<float>(expected[p])) << "point " << p;
  }
}

}  // namespace
}  // namespace octet
