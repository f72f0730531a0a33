// SPDX-License-Identifier: Apache-2.0
// From the accumulators of an int8 product to float32, where each row of the source has its own scale and zero point
// (dynamic quantization).
//
//   x[m, n]   = float(acc[m, n] - row_zero_point[m] * weights_sum[n]) * row_scale[m]
//   dst[m, n] = f(fma(x[m, n], scale[n], bias[n]))
//
// The integers are modulo 2^32; f is one of DequantizeFunction (vector_f32/functions.h, as in unary_f32). All kernels give
// the bits of the scalar one.
#ifndef OCTET_KERNELS_DEQUANTIZE_S32_F32_DEQUANTIZE_S32_F32_H_
#define OCTET_KERNELS_DEQUANTIZE_S32_F32_DEQUANTIZE_S32_F32_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"

namespace octet {

enum class DequantizeFunction : int {
  kClamp,  // min(hi, max(lo, x))
  kGelu,
  kGeluApproximate,
};
inline constexpr std::size_t kNumDequantizeFunctions = 3;

struct DequantizeS32F32Args {
  std::size_t m;
  std::size_t n;
  const std::int32_t* acc;  // [m, acc_stride]
  std::size_t acc_stride;   // elements from row to row, >= n
  const float* row_scale;   // [m]
  // [m]; the steps that stand for zero, less those that the product has taken off.
  const std::int32_t* row_zero_point;
  const float* scale;               // [n], of the weights
  const std::int32_t* weights_sum;  // [n], over k
  const float* bias;                // [n]
  float lo;                         // -infinity and infinity: no clamp
  float hi;
  float* dst;
  std::size_t dst_stride;  // >= n
};

struct DequantizeS32F32Kernel {
  const char* name;
  Isa isa;
  void (*dequantize[kNumDequantizeFunctions])(const DequantizeS32F32Args& args);  // by DequantizeFunction
};

std::span<const DequantizeS32F32Kernel* const> dequantize_s32_f32_kernels();  // best first, scalar last
const DequantizeS32F32Kernel& choose_dequantize_s32_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_DEQUANTIZE_S32_F32_DEQUANTIZE_S32_F32_H_
