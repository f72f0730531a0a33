// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise_f32/depthwise_f32.h"

namespace octet {
namespace {

// Packed: [1 + taps][c], row 0 is the bias.
std::size_t packed_bytes(std::size_t c, std::size_t taps) { return c * (1 + taps) * sizeof(float); }

void pack(const DepthwiseF32PackArgs& args, std::byte* packed) {
  auto* out = reinterpret_cast<float*>(packed);
  for (std::size_t c = 0; c < args.c; ++c) *out++ = args.bias != nullptr ? args.bias[c] : 0.0f;
  for (std::size_t t = 0; t < args.taps; ++t) {
    for (std::size_t c = 0; c < args.c; ++c) *out++ = args.weights[t * args.tap_stride + c * args.c_stride];
  }
}

float one_output(const DepthwiseF32Args& args, std::size_t p, std::size_t c) {
  const float* weights = reinterpret_cast<const float*>(args.packed) + c;
  float acc = *weights;
  for (std::size_t t = 0; t < args.taps; ++t) {
    weights += args.c;
    const std::int32_t offset = args.offsets[p * args.taps + t];
    acc += (offset == kPaddingTap ? args.padding : args.src + offset)[c] * *weights;
  }
  // Comparisons as of minps and maxps: a NaN stays.
  const float above = args.lo > acc ? args.lo : acc;
  return args.hi < above ? args.hi : above;
}

void depthwise(const DepthwiseF32Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    for (std::size_t c = 0; c < args.c; ++c) args.dst[p * args.dst_stride + c] = one_output(args, p, c);
  }
}

}  // namespace

extern const DepthwiseF32Kernel kDepthwiseF32Scalar = {"depthwise_f32_1x1__scalar", Isa::kScalar, packed_bytes, pack,
                                                       depthwise};

}  // namespace octet
