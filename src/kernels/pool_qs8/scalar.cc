// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool_qs8/pool_qs8.h"

namespace octet {
namespace {

void max(const PoolQs8Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    for (std::size_t c = 0; c < args.c; ++c) {
      std::int32_t best = args.output.lo;
      for (std::size_t t = 0; t < args.taps; ++t) {
        if (offsets[t] == kPaddingTap) continue;
        const std::int32_t value = args.src[offsets[t] + static_cast<std::ptrdiff_t>(c)];
        if (value > best) best = value;
      }
      args.dst[p * args.dst_stride + c] = static_cast<std::int8_t>(best < args.output.hi ? best : args.output.hi);
    }
  }
}

std::int32_t count_taps(const std::int32_t* offsets, std::size_t taps) {
  std::int32_t count = 0;
  for (std::size_t t = 0; t < taps; ++t) count += offsets[t] != kPaddingTap;
  return count;
}

void average(const PoolQs8Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    const std::int32_t* offsets = args.offsets + p * args.taps;
    const std::int32_t count = count_taps(offsets, args.taps);
    const std::int32_t divisor = args.divisors != nullptr ? args.divisors[p] : (count > 0 ? count : 1);
    const float scale = args.scale / static_cast<float>(divisor);
    for (std::size_t c = 0; c < args.c; ++c) {
      std::int32_t sum = -count * args.src_zero_point;
      for (std::size_t t = 0; t < args.taps; ++t) {
        if (offsets[t] != kPaddingTap) sum += args.src[offsets[t] + static_cast<std::ptrdiff_t>(c)];
      }
      args.dst[p * args.dst_stride + c] = round_to_qs8(static_cast<float>(sum) * scale, args.output);
    }
  }
}

}  // namespace

extern const PoolQs8Kernel kPoolQs8Scalar = {"pool_qs8_x1__scalar", Isa::kScalar, max, average};

}  // namespace octet
