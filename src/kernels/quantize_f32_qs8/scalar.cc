// SPDX-License-Identifier: Apache-2.0
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

namespace octet {
namespace {

void quantize(const QuantizeF32Qs8Args& args) {
  for (std::size_t i = 0; i < args.n; ++i) {
    const float product = args.factor != nullptr ? args.src[i] * args.factor[i] : args.src[i];
    const float scaled = product / args.scale;
    args.dst[i] = round_to_qs8(scaled == scaled ? scaled : 0.0f, args.output);
  }
}

void dequantize(const DequantizeQs8F32Args& args) {
  for (std::size_t i = 0; i < args.n; ++i) {
    args.dst[i] = static_cast<float>(args.src[i] - args.zero_point) * args.scale;
  }
}

}  // namespace

extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Scalar = {"quantize_f32_qs8_x1__scalar", Isa::kScalar, quantize,
                                                           dequantize};

}  // namespace octet
