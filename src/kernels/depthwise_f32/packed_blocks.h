// SPDX-License-Identifier: Apache-2.0
// Packed weights of the kernels: for each block of kNr channels [1 + taps][kNr], row 0 is the bias; channels past c are
// zero. Only for kernel files.
#ifndef OCTET_KERNELS_DEPTHWISE_F32_PACKED_BLOCKS_H_
#define OCTET_KERNELS_DEPTHWISE_F32_PACKED_BLOCKS_H_

#include "kernels/depthwise_f32/depthwise_f32.h"

namespace octet {
namespace {

template <std::size_t kNr>
struct PackedBlocks {
  static std::size_t block_floats(std::size_t taps) { return (1 + taps) * kNr; }

  static std::size_t packed_bytes(std::size_t c, std::size_t taps) {
    return (c + kNr - 1) / kNr * block_floats(taps) * sizeof(float);
  }

  static void pack(const DepthwiseF32PackArgs& args, std::byte* packed) {
    auto* out = reinterpret_cast<float*>(packed);
    for (std::size_t c0 = 0; c0 < args.c; c0 += kNr) {
      for (std::size_t c = c0; c < c0 + kNr; ++c) *out++ = args.bias != nullptr && c < args.c ? args.bias[c] : 0.0f;
      for (std::size_t t = 0; t < args.taps; ++t) {
        for (std::size_t c = c0; c < c0 + kNr; ++c) {
          *out++ = c < args.c ? args.weights[t * args.tap_stride + c * args.c_stride] : 0.0f;
        }
      }
    }
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_F32_PACKED_BLOCKS_H_
