// SPDX-License-Identifier: Apache-2.0
// Maximum and average of float32 pixels. Taps outside the image (kPaddingTap) do not take part.
//
//   max:     dst[p, c] = min(hi, max(lo, max over taps of src[p, t, c])); NaN may or may not be passed on
//   average: dst[p, c] = min(hi, max(lo, (sum over taps in order, from 0) / float(divisor[p])))
//
// Without any tap inside the image max gives lo and the average 0. A global pool is one pixel with as many taps as the
// image has pixels. All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_POOL_F32_POOL_F32_H_
#define OCTET_KERNELS_POOL_F32_POOL_F32_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/tap_offsets.h"

namespace octet {

struct PoolF32Args {
  std::size_t pixels;  // output pixels of this call
  std::size_t c;
  std::size_t taps;
  const float* src;             // tap t of pixel p starts at src + offsets[p * taps + t]
  const std::int32_t* offsets;  // [pixels][taps]
  float* dst;                   // must not overlap src
  std::size_t dst_stride;       // elements from pixel to pixel, >= c
  float lo;                     // fused activation; -infinity and infinity: none
  float hi;
  const std::int32_t* divisors;  // average only: [pixels], each >= 1; null: number of taps inside the image, at least 1
};

struct PoolF32Kernel {
  const char* name;
  Isa isa;
  void (*max)(const PoolF32Args& args);
  void (*average)(const PoolF32Args& args);
};

std::span<const PoolF32Kernel* const> pool_f32_kernels();  // best first, scalar last
const PoolF32Kernel& choose_pool_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_POOL_F32_POOL_F32_H_
