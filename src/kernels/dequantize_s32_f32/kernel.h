// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_
#define OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_

#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"
#include "kernels/vector_f32/functions.h"

namespace octet {
namespace {

template <DequantizeFunction kFunction>
F32x8 apply(F32x8 x, F32x8 lo, F32x8 hi) {
  switch (kFunction) {
    case DequantizeFunction::kClamp: return min(max(x, lo), hi);
    case DequantizeFunction::kGelu: return gelu(x);
    case DequantizeFunction::kGeluApproximate: return gelu_approximate(x);
  }
  return x;
}

template <DequantizeFunction kFunction>
void dequantize(const DequantizeS32F32Args& args) {
  const F32x8 lo = splat(args.lo), hi = splat(args.hi);
  const std::size_t n = args.n;
  for (std::size_t m = 0; m < args.m; ++m) {
    const std::int32_t* acc = args.acc + m * args.acc_stride;
    float* dst = args.dst + m * args.dst_stride;
    const F32x8 row_scale = splat(args.row_scale[m]);
    const std::int32_t zero_point = args.row_zero_point[m];
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      const F32x8 x = mul(corrected(acc + i, args.weights_sum + i, zero_point), row_scale);
      store(dst + i, apply<kFunction>(fma(x, load(args.scale + i), load(args.bias + i)), lo, hi));
    }
    if (i == n) continue;
    const std::size_t rest = n - i;
    const F32x8 x = mul(corrected_first(acc + i, args.weights_sum + i, zero_point, rest), row_scale);
    const F32x8 y = fma(x, load_first(args.scale + i, rest), load_first(args.bias + i, rest));
    store_first(dst + i, apply<kFunction>(y, lo, hi), rest);
  }
}

constexpr DequantizeS32F32Kernel make_kernel(const char* name, Isa isa) {
  return {name, isa,
          {dequantize<DequantizeFunction::kClamp>, dequantize<DequantizeFunction::kGelu>,
           dequantize<DequantizeFunction::kGeluApproximate>}};
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_
