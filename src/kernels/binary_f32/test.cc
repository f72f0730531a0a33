// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_f32/binary_f32.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

constexpr float kUntouched = 12345.0f;
constexpr BinaryF32Op kAllOps[] = {BinaryF32Op::kAdd,        BinaryF32Op::kSub,       BinaryF32Op::kMul,
                                   BinaryF32Op::kDiv,        BinaryF32Op::kMinimum,   BinaryF32Op::kMaximum,
                                   BinaryF32Op::kReverseSub, BinaryF32Op::kReverseDiv};

float expected(BinaryF32Op op, float a, float b) {
  switch (op) {
    case BinaryF32Op::kAdd:
      return a + b;
    case BinaryF32Op::kSub:
      return a - b;
    case BinaryF32Op::kMul:
      return a * b;
    case BinaryF32Op::kDiv:
      return a / b;
    case BinaryF32Op::kMinimum:
      return a < b ? a : b;
    case BinaryF32Op::kMaximum:
      return a > b ? a : b;
    case BinaryF32Op::kReverseSub:
      return b - a;
    case BinaryF32Op::kReverseDiv:
      return b / a;
  }
  return kUntouched;
}

class BinaryF32Kernels : public testing::TestWithParam<const BinaryF32Kernel*> {};

TEST_P(BinaryF32Kernels, EqualTheFormulaForAllFormsAndLengths) {
  Random random;
  struct Form {
    std::size_t b_row_stride;
    bool b_is_scalar;
  };
  constexpr std::size_t kRows = 3;
  for (const BinaryF32Op op : kAllOps) {
    for (const std::size_t n : sizes_around_vector_widths()) {
      for (const Form form : {Form{n, false}, Form{0, false}, Form{0, true}, Form{1, true}}) {
        const std::vector<float> a = random.reals(kRows * n, -2, 2), b = random.reals(kRows * n + kRows, -2, 2);
        std::vector<float> dst(kRows * (n + 5), kUntouched);
        GetParam()->binary(op, {.rows = kRows,
                                .n = n,
                                .a = a.data(),
                                .a_row_stride = n,
                                .b = b.data(),
                                .b_row_stride = form.b_row_stride,
                                .b_is_scalar = form.b_is_scalar,
                                .dst = dst.data(),
                                .dst_row_stride = n + 5,
                                .lo = -1.5f,
                                .hi = 1.75f});
        for (std::size_t row = 0; row < kRows; ++row) {
          for (std::size_t i = 0; i < n + 5; ++i) {
            const float want =
                i < n ? std::fmin(1.75f,
                                  std::fmax(-1.5f, expected(op, a[row * n + i],
                                                            b[row * form.b_row_stride + (form.b_is_scalar ? 0 : i)])))
                      : kUntouched;
            ASSERT_EQ(dst[row * (n + 5) + i], want) << "op " << static_cast<int>(op) << " n " << n << " row " << row;
          }
        }
      }
    }
  }
}

TEST_P(BinaryF32Kernels, PassOnNaNAndInfinity) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> a(19, 1.0f), b(19, 0.0f), dst(19);
  a[1] = a[17] = nan;
  a[2] = a[18] = kInfinity;
  GetParam()->binary(BinaryF32Op::kAdd, {.rows = 1,
                                         .n = 19,
                                         .a = a.data(),
                                         .a_row_stride = 19,
                                         .b = b.data(),
                                         .b_row_stride = 19,
                                         .b_is_scalar = false,
                                         .dst = dst.data(),
                                         .dst_row_stride = 19,
                                         .lo = -kInfinity,
                                         .hi = kInfinity});
  EXPECT_TRUE(std::isnan(dst[1]) && std::isnan(dst[17]));
  EXPECT_EQ(dst[2], kInfinity);
  EXPECT_EQ(dst[18], kInfinity);
  EXPECT_EQ(dst[0], 1.0f);
}

INSTANTIATE_TEST_SUITE_P(Table, BinaryF32Kernels, testing::ValuesIn(runnable(binary_f32_kernels())),
                         kernel_test_name<BinaryF32Kernel>);

}  // namespace
}  // namespace octet
