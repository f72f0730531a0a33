// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "kernels/range_f32/range_f32.h"

namespace octet {
namespace {

RangeF32 range(const float* src, std::size_t n) {
  RangeF32 r{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), true};
  float non_finite = 0.0f;  // x * 0 is NaN for NaN and infinities, and a NaN stays
  for (std::size_t i = 0; i < n; ++i) {
    if (src[i] < r.min) r.min = src[i];
    if (src[i] > r.max) r.max = src[i];
    non_finite += src[i] * 0.0f;
  }
  return {r.min + 0.0f, r.max + 0.0f, non_finite == 0.0f};  // + 0: no -0
}

}  // namespace

extern const RangeF32Kernel kRangeF32Scalar = {"range_f32_x1__scalar", Isa::kScalar, range};

}  // namespace octet
