// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstdint>
#include <limits>

#include "kernels/softmax_f32/softmax_f32.h"

namespace octet {
namespace {

// exp(x) for x <= 0; 0 below kSmallest (near the smallest normal number) and for NaN. Reduction to |r| <= ln(2) / 2 and
// the polynomial are those of Cephes' expf (S. Moshier, 1989); the AVX2 file repeats every operation in this order.
float exp_of_negative(float x) {
  constexpr float kSmallest = -87.3f;
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: leaves the rounded value in the low bits
  const float bounded = x > kSmallest ? x : kSmallest;
  const float shifted = bounded * 1.44269504f + kMagic;
  const float n = shifted - kMagic;
  const float r = (bounded - n * 0.693359375f) - n * -2.12194440e-4f;  // ln(2) in two parts; the first product is exact
  float poly = 1.9875691500e-4f;
  poly = poly * r + 1.3981999507e-3f;
  poly = poly * r + 8.3334519073e-3f;
  poly = poly * r + 4.1665795894e-2f;
  poly = poly * r + 1.6666665459e-1f;
  poly = poly * r + 5.0000001201e-1f;
  poly = (poly * (r * r) + r) + 1.0f;
  const auto power_of_two = std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3F800000u);
  return x > kSmallest ? poly * power_of_two : 0.0f;
}

void softmax_row(const float* src, float* dst, std::size_t n) {
  float max = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < n; ++i) max = src[i] > max ? src[i] : max;
  float sums[8] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const float e = exp_of_negative(src[i] - max);
    sums[i % 8] += e;
    dst[i] = e;
  }
  const float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  const float inverse = 1.0f / sum;
  for (std::size_t i = 0; i < n; ++i) dst[i] *= inverse;
}

void softmax(const SoftmaxF32Args& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    softmax_row(args.src + row * args.src_row_stride, args.dst + row * args.dst_row_stride, args.n);
  }
}

}  // namespace

extern const SoftmaxF32Kernel kSoftmaxF32Scalar = {"softmax_f32_x1__scalar", Isa::kScalar, softmax};

}  // namespace octet
