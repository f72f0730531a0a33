// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_qs8/binary_qs8.h"

#include "kernels/kernel_test.h"

namespace octet {

#ifdef OCTET_HAS_SIMD_MODEL
extern const BinaryQs8Kernel kBinaryQs8Avx512VnniModel;  // avx512vnni_model.cc
#endif

namespace {

constexpr std::int8_t kUntouched = 85;

enum class Form { kSameShape, kRow, kScalar, kScalarPerRow };

struct Problem {
  std::size_t rows, n, dst_row_stride;
  Form form;
  bool multiply;
  std::vector<std::int8_t> a, b;
  BinaryQs8Args args;

  std::int8_t expected(std::size_t row, std::size_t i) const {
    const int qa = a[row * n + i] - args.a_zero_point;
    const int qb = b[row * args.b_row_stride + (args.b_is_scalar ? 0 : i)] - args.b_zero_point;
    volatile float first = static_cast<float>(multiply ? qa * qb : qa) * args.a_scale;  // volatile: rounded to float
    volatile float second = multiply ? 0.0f : static_cast<float>(qb) * args.b_scale;
    const float scaled = multiply ? first : first + second;
    return expected_qs8(scaled, args.output.zero_point, args.output.lo, args.output.hi);
  }
};

Problem make_problem(Random& random, std::size_t rows, std::size_t n, Form form, bool multiply) {
  Problem p{.rows = rows, .n = n, .dst_row_stride = n + 3, .form = form, .multiply = multiply};
  const std::size_t b_sizes[] = {rows * n, n, 1, rows};
  const std::size_t b_strides[] = {n, 0, 0, 1};
  p.a = random.int8s(rows * n);
  p.b = random.int8s(b_sizes[static_cast<int>(form)]);
  p.args = {.rows = rows,
            .n = n,
            .a_row_stride = n,
            .b_row_stride = b_strides[static_cast<int>(form)],
            .b_is_scalar = form == Form::kScalar || form == Form::kScalarPerRow,
            .dst_row_stride = n + 3,
            .a_zero_point = random.integer(-128, 127),
            .b_zero_point = random.integer(-128, 127),
            .a_scale = multiply ? random.real(0.001f, 0.02f) : random.real(0.1f, 1.5f),
            .b_scale = random.real(-1.5f, 1.5f),
            .output = {random.integer(-128, 127), -128, 127}};
  return p;
}

void expect_correct(const BinaryQs8Kernel& kernel, Problem& p) {
  SCOPED_TRACE(testing::Message() << "rows " << p.rows << " n " << p.n << " form " << static_cast<int>(p.form));
  std::vector<std::int8_t> dst(p.rows * p.dst_row_stride, kUntouched);
  p.args.a = p.a.data();
  p.args.b = p.b.data();
  p.args.dst = dst.data();
  (p.multiply ? kernel.mul : kernel.add)(p.args);
  int wrong = 0;
  for (std::size_t i = 0; i < dst.size() && wrong < 5; ++i) {
    const std::size_t row = i / p.dst_row_stride, col = i % p.dst_row_stride;
    const std::int8_t expected = col < p.n ? p.expected(row, col) : kUntouched;
    if (dst[i] == expected) continue;
    ++wrong;
    EXPECT_EQ(int{dst[i]}, int{expected}) << "row " << row << " column " << col;
  }
}

class BinaryQs8Kernels : public testing::TestWithParam<const BinaryQs8Kernel*> {};

TEST_P(BinaryQs8Kernels, EqualTheFormulaForAllFormsAndLengths) {
  Random random;
  for (const Form form : {Form::kSameShape, Form::kRow, Form::kScalar, Form::kScalarPerRow}) {
    for (const bool multiply : {false, true}) {
      for (const std::size_t n : sizes_around_vector_widths()) {
        Problem p = make_problem(random, 3, n, form, multiply);
        expect_correct(*GetParam(), p);
      }
    }
  }
}

TEST_P(BinaryQs8Kernels, EqualTheFormulaForAllPairsOfValues) {
  Random random;
  for (const bool multiply : {false, true}) {
    for (const float scale : {0.5f, 0.37f, 0.0078125f}) {
      Problem p = make_problem(random, 1, 65536, Form::kSameShape, multiply);
      for (std::size_t i = 0; i < 65536; ++i) {
        p.a[i] = static_cast<std::int8_t>(i & 255);
        p.b[i] = static_cast<std::int8_t>(i >> 8);
      }
      p.args.a_scale = p.args.b_scale = scale;
      expect_correct(*GetParam(), p);
    }
  }
}

TEST_P(BinaryQs8Kernels, SaturateAndClamp) {
  Random random;
  for (const bool multiply : {false, true}) {
    Problem p = make_problem(random, 2, 77, Form::kSameShape, multiply);
    p.args.a_scale = 1e30f;
    expect_correct(*GetParam(), p);
    p = make_problem(random, 2, 77, Form::kSameShape, multiply);
    p.args.output = {.zero_point = 3, .lo = 3, .hi = 60};
    expect_correct(*GetParam(), p);
  }
}

TEST_P(BinaryQs8Kernels, WorkInPlace) {
  Random random;
  Problem p = make_problem(random, 1, 77, Form::kSameShape, false);
  std::vector<std::int8_t> separate(77);
  p.args.a = p.a.data();
  p.args.b = p.b.data();
  p.args.dst = separate.data();
  GetParam()->add(p.args);
  p.args.dst = p.a.data();
  GetParam()->add(p.args);
  EXPECT_EQ(p.a, separate);
}

INSTANTIATE_TEST_SUITE_P(Table, BinaryQs8Kernels, testing::ValuesIn(runnable(binary_qs8_kernels())),
                         kernel_test_name<BinaryQs8Kernel>);
#ifdef OCTET_HAS_SIMD_MODEL
INSTANTIATE_TEST_SUITE_P(Model, BinaryQs8Kernels, testing::Values(&kBinaryQs8Avx512VnniModel),
                         kernel_test_name<BinaryQs8Kernel>);
#endif

}  // namespace
}  // namespace octet
