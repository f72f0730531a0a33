// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool_f32/pool_f32.h"

namespace octet {
namespace {

void max(const PoolF32Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    for (std::size_t c = 0; c < args.c; ++c) {
      float best = args.lo;
      for (std::size_t t = 0; t < args.taps; ++t) {
        if (offsets[t] == kPaddingTap) continue;
        const float value = args.src[offsets[t] + static_cast<std::ptrdiff_t>(c)];
        best = best > value ? best : value;  // as of maxps(best, value)
      }
      args.dst[p * args.dst_stride + c] = args.hi < best ? args.hi : best;
    }
  }
}

std::int32_t divisor_of(const PoolF32Args& args, std::size_t p) {
  if (args.divisors != nullptr) return args.divisors[p];
  std::int32_t count = 0;
  for (std::size_t t = 0; t < args.taps; ++t) count += args.offsets[p * args.taps + t] != kPaddingTap;
  return count > 0 ? count : 1;
}

void average(const PoolF32Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    const auto divisor = static_cast<float>(divisor_of(args, p));
    for (std::size_t c = 0; c < args.c; ++c) {
      float sum = 0.0f;
      for (std::size_t t = 0; t < args.taps; ++t) {
        if (offsets[t] != kPaddingTap) sum += args.src[offsets[t] + static_cast<std::ptrdiff_t>(c)];
      }
      const float mean = sum / divisor;
      const float above = args.lo > mean ? args.lo : mean;
      args.dst[p * args.dst_stride + c] = args.hi < above ? args.hi : above;
    }
  }
}

}  // namespace

extern const PoolF32Kernel kPoolF32Scalar = {"pool_f32_x1__scalar", Isa::kScalar, max, average};

}  // namespace octet
