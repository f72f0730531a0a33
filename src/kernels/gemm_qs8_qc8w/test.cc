// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

#include <algorithm>
#include <optional>

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const GemmQs8Kernel kGemmQs8Avx512VnniModel;  // avx512vnni_model.cc
extern const GemmQs8Kernel kGemmQs8Vnni256Model;     // vnni256_model.cc
extern const GemmQs8Kernel kGemmQs8AmxInt8Model;     // amxint8_model.cc
#endif

namespace {

constexpr std::int8_t kUntouched = 85;

// One product with all its memory; every field may be changed before run().
struct Problem {
  std::size_t m, n, k, taps = 1;
  bool indirect = false;
  std::size_t run_taps = 1;
  std::optional<ImageWindow> window;
  std::size_t dst_stride = 0;
  std::int32_t src_zero_point = 0;
  Qs8Output output{0, -128, 127};
  std::vector<std::int8_t> src, weights, padding;
  std::vector<std::int32_t> offsets, bias, weights_zero_point;
  std::vector<float> scale;
  bool weights_are_k_by_n = false;

  std::size_t src_stride() const { return k; }
  // As kernels pack: the rows of windows, or all values in one.
  std::size_t packed_taps() const { return window ? taps / run_taps : 1; }
  std::size_t packed_k() const { return k * taps / packed_taps(); }
  std::int8_t weight(std::size_t col, std::size_t kk) const {
    return weights_are_k_by_n ? weights[kk * n + col] : weights[col * k * taps + kk];
  }
  std::int8_t value(std::size_t row, std::size_t t, std::size_t kk) const {
    if (!indirect) return src[row * src_stride() + kk];
    const std::int32_t offset = offsets[row * taps + t];
    return offset == kPaddingTap ? padding[kk] : src[static_cast<std::size_t>(offset) + kk];
  }

  std::int32_t expected_acc(std::size_t row, std::size_t col) const {
    const std::int64_t wz = weights_zero_point.empty() ? 0 : weights_zero_point[col];
    std::int64_t acc = bias.empty() ? 0 : bias[col];
    for (std::size_t t = 0; t < taps; ++t) {
      for (std::size_t kk = 0; kk < k; ++kk) {
        acc += (value(row, t, kk) - std::int64_t{src_zero_point}) * (weight(col, t * k + kk) - wz);
      }
    }
    return static_cast<std::int32_t>(acc);
  }

  std::int8_t expected(std::size_t row, std::size_t col) const {
    return expected_requantized(expected_acc(row, col), scale[col], output.zero_point, output.lo, output.hi);
  }
};

Problem make_problem(Random& random, std::size_t m, std::size_t n, std::size_t k, std::size_t taps = 1) {
  Problem p{.m = m, .n = n, .k = k, .taps = taps};
  p.indirect = taps > 1;
  p.src_zero_point = random.integer(-128, 127);
  p.output.zero_point = random.integer(-128, 127);
  p.src = random.int8s(m * k + 3 * k);
  p.weights = random.int8s(n * k * taps);
  p.padding.assign(k, static_cast<std::int8_t>(p.src_zero_point));
  p.bias = random.int32s(n, -20000, 20000);
  // Most results inside [-128, 127], some saturated.
  const float spread = 1.0f / (60.0f * std::sqrt(static_cast<float>(k * taps) + 1.0f));
  p.scale = random.reals(n, 0.2f * spread, 2.0f * spread);
  if (p.indirect) {
    p.offsets = random.int32s(m * taps, -1, static_cast<std::int32_t>((m + 2) * k));
    for (auto& offset : p.offsets) {
      if (random.integer(0, 9) == 0) offset = kPaddingTap;
    }
  }
  return p;
}

AlignedBuffer pack(const GemmQs8Kernel& kernel, const Problem& p) {
  AlignedBuffer packed(kernel.packed_bytes(p.n, p.packed_k(), p.packed_taps()));
  kernel.pack({.n = p.n,
               .k = p.packed_k(),
               .taps = p.packed_taps(),
               .weights = p.weights.data(),
               .n_stride = p.weights_are_k_by_n ? 1 : p.k * p.taps,
               .k_stride = p.weights_are_k_by_n ? p.n : 1,
               .bias = p.bias.empty() ? nullptr : p.bias.data(),
               .weights_zero_point = p.weights_zero_point.empty() ? nullptr : p.weights_zero_point.data(),
               .scale = p.scale.data(),
               .src_zero_point = p.src_zero_point},
              packed.data());
  return packed;
}

// Columns [n_begin, n_end) of rows [m_begin, m_end).
struct Range {
  std::size_t m_begin, m_end, n_begin, n_end;
};

// Writes int8 results, or int32 accumulators.
template <typename T>
void run(const GemmQs8Kernel& kernel, const Problem& p, const AlignedBuffer& packed, const Range& range,
         std::vector<T>& dst) {
  const std::size_t dst_stride = p.dst_stride != 0 ? p.dst_stride : p.n;
  T* const first = dst.data() + range.m_begin * dst_stride;
  std::int8_t* bytes = nullptr;
  std::int32_t* acc = nullptr;
  if constexpr (std::is_same_v<T, std::int8_t>) {
    bytes = first;
  } else {
    acc = first;
  }
  AlignedBuffer scratch(kernel.scratch_bytes(p.packed_k(), p.packed_taps()));
  kernel.gemm({.m = range.m_end - range.m_begin,
               .n_begin = range.n_begin,
               .n_end = range.n_end,
               .k = p.k,
               .taps = p.taps,
               .src = p.indirect ? p.src.data() : p.src.data() + range.m_begin * p.src_stride(),
               .src_stride = p.src_stride(),
               .offsets = p.indirect ? p.offsets.data() + range.m_begin * p.taps : nullptr,
               .run_taps = p.run_taps,
               .window = p.window ? &*p.window : nullptr,
               .first_pixel = range.m_begin,
               .padding = p.padding.data(),
               .packed = packed.data(),
               .dst = bytes,
               .acc = acc,
               .dst_stride = dst_stride,
               .output = p.output,
               .scratch = scratch.data()});
}

void expect_correct(const GemmQs8Kernel& kernel, const Problem& p) {
  SCOPED_TRACE(testing::Message() << "m " << p.m << " n " << p.n << " k " << p.k << " taps " << p.taps);
  const std::size_t dst_stride = p.dst_stride != 0 ? p.dst_stride : p.n;
  std::vector<std::int8_t> dst(p.m * dst_stride, kUntouched);
  run(kernel, p, pack(kernel, p), {0, p.m, 0, p.n}, dst);
  int wrong = 0;
  for (std::size_t row = 0; row < p.m && wrong < 5; ++row) {
    for (std::size_t col = 0; col < dst_stride && wrong < 5; ++col) {
      const std::int8_t expected = col < p.n ? p.expected(row, col) : kUntouched;
      if (dst[row * dst_stride + col] == expected) continue;
      ++wrong;
      EXPECT_EQ(int{dst[row * dst_stride + col]}, int{expected}) << "row " << row << " column " << col;
    }
  }
}

void expect_correct_accumulators(const GemmQs8Kernel& kernel, const Problem& p) {
  SCOPED_TRACE(testing::Message() << "m " << p.m << " n " << p.n << " k " << p.k << " taps " << p.taps);
  constexpr std::int32_t kNothing = 85858585;
  const std::size_t dst_stride = p.dst_stride != 0 ? p.dst_stride : p.n;
  std::vector<std::int32_t> dst(p.m * dst_stride, kNothing), expected(dst);
  run(kernel, p, pack(kernel, p), {0, p.m, 0, p.n}, dst);
  for (std::size_t row = 0; row < p.m; ++row) {
    for (std::size_t col = 0; col < p.n; ++col) expected[row * dst_stride + col] = p.expected_acc(row, col);
  }
  EXPECT_EQ(dst, expected);
}

class GemmQs8Kernels : public testing::TestWithParam<const GemmQs8Kernel*> {};

TEST_P(GemmQs8Kernels, GiveTheAccumulators) {
  Random random;
  for (std::size_t m : {1, 2, 3, 5, 6, 7, 13, 49}) {
    for (std::size_t n : {1, 7, 8, 9, 16, 17, 33, 64, 81}) {
      Problem p = make_problem(random, m, n, static_cast<std::size_t>(random.integer(1, 70)),
                               random.integer(0, 2) == 0 ? 3 : 1);
      p.dst_stride = n + static_cast<std::size_t>(random.integer(0, 3));
      if (random.integer(0, 1) == 0) p.weights_zero_point = random.int32s(n, -128, 127);
      expect_correct_accumulators(*GetParam(), p);
    }
  }
}

TEST_P(GemmQs8Kernels, EqualTheFormulaOnAllTilesAndTails) {
  Random random;
  for (std::size_t m : {1, 2, 3, 4, 5, 6, 7, 11, 13, 25, 49}) {
    for (std::size_t n : {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 48, 63, 64, 65, 81}) {
      expect_correct(*GetParam(), make_problem(random, m, n, static_cast<std::size_t>(random.integer(1, 40))));
    }
  }
}

TEST_P(GemmQs8Kernels, EqualTheFormulaForEveryK) {
  Random random;
  // Kernels may treat short rows, and rows that few columns wait for, in a way of their own.
  for (std::size_t n : {18, 200}) {
    for (std::size_t k = 1; k <= 70; ++k) expect_correct(*GetParam(), make_problem(random, 7, n, k));
  }
  for (std::size_t k : {127, 128, 129, 500, 1025}) expect_correct(*GetParam(), make_problem(random, 4, 20, k));
}

// More rows than a kernel takes at a time.
TEST_P(GemmQs8Kernels, EqualTheFormulaForManyRows) {
  Random random;
  for (std::size_t k : {3, 64}) expect_correct(*GetParam(), make_problem(random, 1000, 3, k));
  expect_correct(*GetParam(), make_problem(random, 300, 50, 64));
  expect_correct(*GetParam(), make_problem(random, 530, 2, 5, 2));
}

TEST_P(GemmQs8Kernels, ReadTapsThroughOffsets) {
  Random random;
  for (std::size_t taps : {2, 3, 9, 25}) {
    for (std::size_t k : {1, 2, 3, 4, 5, 8, 15, 16, 17, 33}) {
      expect_correct(*GetParam(), make_problem(random, 10, 19, k, taps));
    }
  }
  Problem one_tap = make_problem(random, 10, 19, 24);
  one_tap.indirect = true;
  one_tap.offsets = random.int32s(10, -1, 24 * 12);
  expect_correct(*GetParam(), one_tap);
}

// A convolution over an image of height x width; padding as far as the window begins before it.
Problem make_convolution(Random& random, int height, int width, const ImageWindow& window, std::size_t n, std::size_t k) {
  const auto begins = [](int size, int pad, int reach, int stride) { return (size + 2 * pad - reach - 1) / stride + 1; };
  const int reach = (window.kernel_height - 1) * window.dilation_y;
  const int rows = begins(height, window.pad_y, reach, window.stride_y);
  const int columns = begins(width, window.pad_x, window.kernel_width - 1, window.stride_x);
  const int taps = window.kernel_height * window.kernel_width;
  Problem p = make_problem(random, static_cast<std::size_t>(rows * columns), n, k, static_cast<std::size_t>(taps));
  p.indirect = true;
  p.run_taps = static_cast<std::size_t>(window.kernel_width);
  p.window = window;
  p.window->height = height;
  p.window->width = width;
  p.window->output_width = columns;
  p.src = random.int8s(static_cast<std::size_t>(height * width) * k);
  p.offsets.clear();
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x)
      for (int t = 0; t < taps; ++t) {
        const int row = y * window.stride_y - window.pad_y + t / window.kernel_width * window.dilation_y;
        const int column = x * window.stride_x - window.pad_x + t % window.kernel_width;
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        p.offsets.push_back(inside ? (row * width + column) * static_cast<std::int32_t>(k) : kPaddingTap);
      }
  return p;
}

TEST_P(GemmQs8Kernels, ReadRunsOfTaps) {
  Random random;
  const ImageWindow windows[] = {
      {.kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = 1, .pad_x = 1},
      {.kernel_height = 3, .kernel_width = 3, .stride_y = 2, .stride_x = 2, .dilation_y = 1, .pad_y = 0, .pad_x = 1},
      {.kernel_height = 2, .kernel_width = 5, .stride_y = 1, .stride_x = 3, .dilation_y = 2, .pad_y = 1, .pad_x = 2},
      {.kernel_height = 1, .kernel_width = 1, .stride_y = 2, .stride_x = 2, .dilation_y = 1, .pad_y = 0, .pad_x = 0}};
  for (std::size_t k : {1, 2, 3, 4, 5, 6, 8, 11, 12, 33}) {
    for (const ImageWindow& window : windows) {
      Problem p = make_convolution(random, 7, 9, window, k % 3 == 0 ? 170 : 19, k);
      expect_correct(*GetParam(), p);
      p.window.reset();
      expect_correct(*GetParam(), p);
    }
  }
}

// Kernels may read windows of whole vectors from a copy of the image.
TEST_P(GemmQs8Kernels, ReadWindowsOfWholeVectors) {
  Random random;
  const ImageWindow windows[] = {
      {.kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = 1, .pad_x = 1},
      {.kernel_height = 1, .kernel_width = 4, .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = 0, .pad_x = 3},
      {.kernel_height = 3, .kernel_width = 2, .stride_y = 1, .stride_x = 1, .dilation_y = 2, .pad_y = 3, .pad_x = 0},
      {.kernel_height = 7, .kernel_width = 1, .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = 3, .pad_x = 0},
      {.kernel_height = 3, .kernel_width = 3, .stride_y = 2, .stride_x = 1, .dilation_y = 1, .pad_y = 1, .pad_x = 1}};
  for (const ImageWindow& window : windows) {
    for (const std::size_t n : {5, 41, 64}) {
      for (const int width : {1, 4, 19}) {
        if (width + 2 * window.pad_x < window.kernel_width) continue;
        Problem p = make_convolution(random, 9, width, window, n, 64);
        p.dst_stride = n + static_cast<std::size_t>(random.integer(0, 3));
        if (width == 4) p.scale.assign(p.n, 0.7f);
        expect_correct(*GetParam(), p);
        if (width != 4) continue;
        expect_correct_accumulators(*GetParam(), p);
        p.weights_zero_point = random.int32s(n, -128, 127);
        expect_correct(*GetParam(), p);
      }
    }
  }
  // More rows than a kernel copies at a time.
  expect_correct(*GetParam(), make_convolution(random, 60, 40, windows[3], 17, 64));
}

TEST_P(GemmQs8Kernels, ReadWindowsFromAnyPixelOn) {
  Random random;
  const Problem p = make_convolution(
      random, 12, 11, {.kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = 1, .pad_x = 1}, 18, 64);
  const AlignedBuffer packed = pack(*GetParam(), p);
  std::vector<std::int8_t> whole(p.m * p.n), parts(p.m * p.n, kUntouched);
  run(*GetParam(), p, packed, {0, p.m, 0, p.n}, whole);
  for (const std::size_t step : {17, 22}) {
    for (std::size_t m = 0; m < p.m; m += step) run(*GetParam(), p, packed, {m, std::min(p.m, m + step), 0, p.n}, parts);
    EXPECT_EQ(whole, parts);
    parts.assign(parts.size(), kUntouched);
  }
}

TEST_P(GemmQs8Kernels, TakeWeightsWithZeroPoints) {
  Random random;
  for (std::size_t taps : {1, 4}) {
    for (std::size_t k : {1, 3, 16, 37, 70}) {
      Problem p = make_problem(random, 9, 35, k, taps);
      p.weights_zero_point = random.int32s(p.n, -128, 127);
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(GemmQs8Kernels, TakeMatricesOfKByN) {
  Random random;
  Problem p = make_problem(random, 9, 35, 21);
  p.weights_are_k_by_n = true;
  expect_correct(*GetParam(), p);
}

TEST_P(GemmQs8Kernels, TakeNoBias) {
  Random random;
  Problem p = make_problem(random, 9, 35, 21);
  p.bias.clear();
  expect_correct(*GetParam(), p);
}

TEST_P(GemmQs8Kernels, ExactOnExtremeValues) {
  Random random;
  for (const int a : {-128, 127}) {
    for (const int w : {-128, -127, 127}) {
      for (const int zero_point : {-128, 0, 127}) {
        for (const std::size_t k : {9, 27, 300}) {
          for (const std::size_t taps : {1, 3}) {
            Problem p = make_problem(random, k == 9 ? 2 : 13, 17, k, taps);
            p.src.assign(p.src.size(), static_cast<std::int8_t>(a));
            p.padding.assign(p.k, static_cast<std::int8_t>(zero_point));
            p.weights.assign(p.weights.size(), static_cast<std::int8_t>(w));
            if (k == 27) p.weights_zero_point.assign(p.n, w < 0 ? 127 : -128);
            p.src_zero_point = zero_point;
            expect_correct(*GetParam(), p);
            expect_correct_accumulators(*GetParam(), p);
          }
        }
      }
    }
  }
}

// Kernels may form products of bytes in int16, which is enough for most pairs of values, and treat the others apart.
TEST_P(GemmQs8Kernels, ExactWhereLargeValuesAreRare) {
  Random random;
  for (const int zero_point : {-128, -100, -64, -3, 0, 90}) {
    for (const int percent : {0, 1, 3, 10, 100}) {
      for (const std::size_t taps : {1, 3}) {
        for (const std::size_t k : {5, 31, 41, 64, 131}) {
          for (const std::size_t m : {1, 2, 25}) {
            Problem p = make_problem(random, m, 41, k, taps);
            p.src_zero_point = zero_point;
            p.padding.assign(p.k, static_cast<std::int8_t>(zero_point));
            for (auto& value : p.src) {
              const bool large = random.integer(1, 100) <= percent;
              value = static_cast<std::int8_t>(large ? (random.integer(0, 1) == 0 ? 127 : -128)
                                                     : std::clamp(zero_point + random.integer(-40, 40), -128, 127));
            }
            for (auto& weight : p.weights) {
              if (random.integer(0, 1) == 0) weight = random.integer(0, 2) != 0 ? 127 : -128;
            }
            if (percent == 3) p.weights_zero_point = random.int32s(p.n, -128, 127);
            expect_correct(*GetParam(), p);
          }
        }
      }
    }
  }
}

TEST_P(GemmQs8Kernels, SaturateAndClamp) {
  Random random;
  Problem p = make_problem(random, 7, 33, 64);
  p.scale.assign(p.n, 1e20f);
  expect_correct(*GetParam(), p);
  p.scale.assign(p.n, 3e38f);  // infinite products
  expect_correct(*GetParam(), p);
  p = make_problem(random, 7, 33, 64);
  p.output = {.zero_point = -20, .lo = -20, .hi = 41};
  expect_correct(*GetParam(), p);
}

TEST_P(GemmQs8Kernels, RoundTiesToEven) {
  Random random;
  Problem p = make_problem(random, 7, 33, 6);
  p.scale.assign(p.n, 0.5f);
  p.src = random.int8s(p.src.size(), -4, 4);
  p.weights = random.int8s(p.weights.size(), -3, 3);
  p.bias = random.int32s(p.n, -9, 9);
  p.src_zero_point = 1;
  expect_correct(*GetParam(), p);
}

TEST_P(GemmQs8Kernels, TakeAllZeroPoints) {
  Random random;
  for (int zero_point = -128; zero_point <= 127; zero_point += 5) {
    Problem p = make_problem(random, 5, 17, 13, 3);
    p.src_zero_point = zero_point;
    p.padding.assign(p.k, static_cast<std::int8_t>(zero_point));
    p.output.zero_point = -zero_point - 1;
    expect_correct(*GetParam(), p);
  }
}

TEST_P(GemmQs8Kernels, LeaveColumnsBeyondTheMatrixUntouched) {
  Random random;
  Problem p = make_problem(random, 8, 21, 10);
  p.dst_stride = 40;
  expect_correct(*GetParam(), p);
}

TEST_P(GemmQs8Kernels, GiveTheSameBitsHoweverTheWorkIsSplit) {
  Random random;
  for (std::size_t taps : {1, 9}) {
    const Problem p = make_problem(random, 50, 150, 20, taps);
    const AlignedBuffer packed = pack(*GetParam(), p);
    std::vector<std::int8_t> whole(p.m * p.n), parts(p.m * p.n, kUntouched);
    run(*GetParam(), p, packed, {0, p.m, 0, p.n}, whole);
    const std::size_t n_split = (70 / GetParam()->nr) * GetParam()->nr;
    for (std::size_t m = 0; m < p.m;) {
      const std::size_t m_end = std::min<std::size_t>(p.m, m + static_cast<std::size_t>(random.integer(1, 17)));
      run(*GetParam(), p, packed, {m, m_end, 0, n_split}, parts);
      run(*GetParam(), p, packed, {m, m_end, n_split, p.n}, parts);
      m = m_end;
    }
    EXPECT_EQ(whole, parts);
  }
}

TEST_P(GemmQs8Kernels, WrapLikeScalarWhenTheAccumulatorOverflows) {
  Random random;
  Problem p = make_problem(random, 3, 17, 40);
  p.bias.assign(p.n, std::numeric_limits<std::int32_t>::max() - 5);
  p.scale.assign(p.n, 1e-8f);
  expect_correct(*GetParam(), p);
}

INSTANTIATE_TEST_SUITE_P(Table, GemmQs8Kernels, testing::ValuesIn(runnable(gemm_qs8_qc8w_kernels())),
                         kernel_test_name<GemmQs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, GemmQs8Kernels,
                         testing::Values(&kGemmQs8Avx512VnniModel, &kGemmQs8Vnni256Model, &kGemmQs8AmxInt8Model),
                         kernel_test_name<GemmQs8Kernel>);
#endif

TEST(GemmQs8Choice, GivesScalarToAMachineWithoutVectors) {
  EXPECT_EQ(choose_gemm_qs8_qc8w(CpuFeatures{}).isa, Isa::kScalar);
}

TEST(GemmQs8Choice, PrefersTheBestTierOfTheMachine) {
  for (const GemmQs8Kernel* kernel : gemm_qs8_qc8w_kernels()) {
    EXPECT_EQ(choose_gemm_qs8_qc8w(features_up_to(kernel->isa)).isa, kernel->isa);
  }
}

}  // namespace
}  // namespace octet
