// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_qs8/binary_qs8.h"

namespace octet {
namespace {

struct Add {
  static float scaled(const BinaryQs8Args& args, std::int32_t a, std::int32_t b) {
    return static_cast<float>(a) * args.a_scale + static_cast<float>(b) * args.b_scale;
  }
};

struct Mul {
  static float scaled(const BinaryQs8Args& args, std::int32_t a, std::int32_t b) {
    return static_cast<float>(a * b) * args.a_scale;
  }
};

template <typename Op>
void binary(const BinaryQs8Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    const std::int8_t* a = args.a + row * args.a_row_stride;
    const std::int8_t* b = args.b + row * args.b_row_stride;
    std::int8_t* dst = args.dst + row * args.dst_row_stride;
    for (std::size_t i = 0; i < args.n; ++i) {
      const std::int8_t other = b[args.b_is_scalar ? 0 : i];
      dst[i] = round_to_qs8(Op::scaled(args, a[i] - args.a_zero_point, other - args.b_zero_point), args.output);
    }
  }
}

}  // namespace

extern const BinaryQs8Kernel kBinaryQs8Scalar = {"binary_qs8_x1__scalar", Isa::kScalar, binary<Add>, binary<Mul>};

}  // namespace octet
