// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_
#define OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_

#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"
#include "kernels/vector_f32/functions.h"

namespace octet {
namespace {

template <DequantizeFunction kFunction>
Floats apply(Floats x, Floats lo, Floats hi) {
  switch (kFunction) {
    case DequantizeFunction::kClamp: return min(max(x, lo), hi);
    case DequantizeFunction::kGelu: return gelu(x);
    case DequantizeFunction::kGeluApproximate: return gelu_approximate(x);
  }
  return x;
}

template <DequantizeFunction kFunction, bool kHasZeroPoint>
void dequantize_row(const DequantizeS32F32Args& args, std::size_t m) {
  const Floats lo = splat(args.lo), hi = splat(args.hi), row_scale = splat(args.row_scale[m]);
  const std::size_t n = args.n;
  const std::int32_t* acc = args.acc + m * args.acc_stride;
  const std::int32_t zero_point = args.row_zero_point[m];
  float* dst = args.dst + m * args.dst_stride;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Floats steps = kHasZeroPoint ? corrected(acc + i, args.weights_sum + i, zero_point) : from_integers(acc + i);
    store(dst + i, apply<kFunction>(fma(mul(steps, row_scale), load(args.scale + i), load(args.bias + i)), lo, hi));
  }
  if (i == n) return;
  const std::size_t rest = n - i;
  const Floats x = mul(corrected_first(acc + i, args.weights_sum + i, zero_point, rest), row_scale);
  const Floats y = fma(x, load_first(args.scale + i, rest), load_first(args.bias + i, rest));
  store_first(dst + i, apply<kFunction>(y, lo, hi), rest);
}

template <DequantizeFunction kFunction>
void dequantize(const DequantizeS32F32Args& args) {
  for (std::size_t m = 0; m < args.m; ++m)
    args.row_zero_point[m] == 0 ? dequantize_row<kFunction, false>(args, m) : dequantize_row<kFunction, true>(args, m);
}

constexpr DequantizeS32F32Kernel make_kernel(const char* name, Isa isa) {
  return {name, isa,
          {dequantize<DequantizeFunction::kClamp>, dequantize<DequantizeFunction::kGelu>,
           dequantize<DequantizeFunction::kGeluApproximate>}};
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEQUANTIZE_S32_F32_KERNEL_H_
