// SPDX-License-Identifier: Apache-2.0
// Maximum and average of int8 pixels. Taps outside the image (kPaddingTap) do not take part.
//
//   max:     dst[p, c] = clamp(max over taps of src[p, t, c], lo, hi); src and dst have the same scale and zero point
//   average: dst[p, c] = clamp(round_half_even(float(sum - count * src_zero_point) * (scale / float(divisor[p])))
//                              + zero_point, lo, hi)
//
// count is the number of taps inside the image; without any, max gives lo and the average zero. A global pool is one
// pixel with as many taps as the image has pixels. All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_POOL_QS8_POOL_QS8_H_
#define OCTET_KERNELS_POOL_QS8_POOL_QS8_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"
#include "kernels/tap_offsets.h"

namespace octet {

struct PoolQs8Args {
  std::size_t pixels;  // output pixels of this call
  std::size_t c;
  std::size_t taps;             // at most 2^23
  const std::int8_t* src;       // tap t of pixel p starts at src + offsets[p * taps + t]
  const std::int32_t* offsets;  // [pixels][taps]
  std::int8_t* dst;             // must not overlap src
  std::size_t dst_stride;       // elements from pixel to pixel, >= c
  Qs8Output output;
  // Average only:
  std::int32_t src_zero_point;
  float scale;                   // src_scale / dst_scale
  const std::int32_t* divisors;  // [pixels], each >= 1 (for windows that count padding); null: count, at least 1
};

struct PoolQs8Kernel {
  const char* name;
  Isa isa;
  void (*max)(const PoolQs8Args& args);
  void (*average)(const PoolQs8Args& args);
};

std::span<const PoolQs8Kernel* const> pool_qs8_kernels();  // best first, scalar last
const PoolQs8Kernel& choose_pool_qs8(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_POOL_QS8_POOL_QS8_H_
