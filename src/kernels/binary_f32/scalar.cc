// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_f32/binary_f32.h"

namespace octet {
namespace {

template <BinaryF32Op op>
float apply(float a, float b) {
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
  return 0.0f;
}

template <BinaryF32Op op>
void binary_op(const BinaryF32Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    const float* a = args.a + row * args.a_row_stride;
    const float* b = args.b + row * args.b_row_stride;
    float* dst = args.dst + row * args.dst_row_stride;
    for (std::size_t i = 0; i < args.n; ++i) {
      const float value = apply<op>(a[i], b[args.b_is_scalar ? 0 : i]);
      // Comparisons as of minps and maxps: a NaN stays.
      const float above = args.lo > value ? args.lo : value;
      dst[i] = args.hi < above ? args.hi : above;
    }
  }
}

// In the order of BinaryF32Op.
constexpr void (*kOps[])(const BinaryF32Args&) = {
    binary_op<BinaryF32Op::kAdd>,        binary_op<BinaryF32Op::kSub>,       binary_op<BinaryF32Op::kMul>,
    binary_op<BinaryF32Op::kDiv>,        binary_op<BinaryF32Op::kMinimum>,   binary_op<BinaryF32Op::kMaximum>,
    binary_op<BinaryF32Op::kReverseSub>, binary_op<BinaryF32Op::kReverseDiv>};

void binary(BinaryF32Op op, const BinaryF32Args& args) { kOps[static_cast<int>(op)](args); }

}  // namespace

extern const BinaryF32Kernel kBinaryF32Scalar = {"binary_f32_x1__scalar", Isa::kScalar, binary};

}  // namespace octet
