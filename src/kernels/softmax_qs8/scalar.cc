// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax_qs8/softmax_qs8.h"

namespace octet {
namespace {

// exp(-x) for x >= 0: halved until the Taylor series of degree 12 is exact to double, then squared back.
double exp_of_minus(double x) {
  if (x > 40.0) return 0.0;  // 2^23 * exp(-40) is far below one half
  int halvings = 0;
  for (; x > 0.25; x *= 0.5) ++halvings;
  double sum = 1.0;
  for (int i = 12; i >= 1; --i) sum = 1.0 - sum * x / i;
  for (; halvings > 0; --halvings) sum *= sum;
  return sum;
}

void softmax_row(const SoftmaxQs8Args& args, const std::int8_t* src, std::int8_t* dst) {
  std::int32_t max = -128;
  for (std::size_t i = 0; i < args.n; ++i) max = src[i] > max ? src[i] : max;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < args.n; ++i) sum += static_cast<std::uint64_t>(args.table[max - src[i]]);
  const auto r = static_cast<float>(1.0 / (static_cast<double>(sum) * static_cast<double>(args.dst_scale)));
  for (std::size_t i = 0; i < args.n; ++i) {
    dst[i] = round_to_qs8(static_cast<float>(args.table[max - src[i]]) * r, args.output);
  }
}

void softmax(const SoftmaxQs8Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    softmax_row(args, args.src + row * args.src_row_stride, args.dst + row * args.dst_row_stride);
  }
}

}  // namespace

void make_softmax_qs8_table(float src_scale, std::span<std::int32_t, 256> table) {
  for (std::size_t d = 0; d < table.size(); ++d) {
    const double e = exp_of_minus(static_cast<double>(d) * static_cast<double>(src_scale));
    table[d] = static_cast<std::int32_t>(e * 8388608.0 + 0.5);
  }
}

extern const SoftmaxQs8Kernel kSoftmaxQs8Scalar = {"softmax_qs8_x1__scalar", Isa::kScalar, softmax};

}  // namespace octet
