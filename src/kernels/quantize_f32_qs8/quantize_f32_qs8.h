// SPDX-License-Identifier: Apache-2.0
// The borders between float32 and int8, one scale per call.
//
//   quantize:   dst = clamp(round_half_even(src * factor / scale) + zero_point, lo, hi); a division, as in ONNX
//               QuantizeLinear, of the product rounded to float32. NaN counts as 0, infinities end at the bounds
//   dequantize: dst = float(src - zero_point) * scale
//
// All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_QUANTIZE_F32_QS8_QUANTIZE_F32_QS8_H_
#define OCTET_KERNELS_QUANTIZE_F32_QS8_QUANTIZE_F32_QS8_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"

namespace octet {

struct QuantizeF32Qs8Args {
  std::size_t n;
  const float* src;
  float scale;  // finite, > 0
  std::int8_t* dst;
  Qs8Output output;
  const float* factor = nullptr;  // [n], or null: ones
};

struct DequantizeQs8F32Args {
  std::size_t n;
  const std::int8_t* src;
  float scale;
  std::int32_t zero_point;  // in [-128, 127]
  float* dst;
};

struct QuantizeF32Qs8Kernel {
  const char* name;
  Isa isa;
  void (*quantize)(const QuantizeF32Qs8Args& args);
  void (*dequantize)(const DequantizeQs8F32Args& args);
};

std::span<const QuantizeF32Qs8Kernel* const> quantize_f32_qs8_kernels();  // best first, scalar last
const QuantizeF32Qs8Kernel& choose_quantize_f32_qs8(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_QUANTIZE_F32_QS8_QUANTIZE_F32_QS8_H_
