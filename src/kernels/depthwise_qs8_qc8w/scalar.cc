// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

namespace octet {
namespace {

// Packed: for each c a Channel and its weights [taps].
struct Channel {
  std::int32_t bias;
  std::int32_t weights_zero_point;
  std::int32_t src_zero_point;
  float scale;
};

std::size_t channel_bytes(std::size_t taps) { return (sizeof(Channel) + taps + 3) / 4 * 4; }

std::size_t packed_bytes(std::size_t c, std::size_t taps) { return c * channel_bytes(taps); }

void pack(const DepthwiseQs8PackArgs& args, std::byte* packed) {
  for (std::size_t c = 0; c < args.c; ++c, packed += channel_bytes(args.taps)) {
    *reinterpret_cast<Channel*>(packed) = {
        .bias = args.bias != nullptr ? args.bias[c] : 0,
        .weights_zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[c] : 0,
        .src_zero_point = args.src_zero_point,
        .scale = args.scale[c]};
    auto* weights = reinterpret_cast<std::int8_t*>(packed + sizeof(Channel));
    for (std::size_t t = 0; t < args.taps; ++t) weights[t] = args.weights[t * args.tap_stride + c * args.c_stride];
  }
}

std::int8_t one_output(const DepthwiseQs8Args& args, std::size_t p, std::size_t c) {
  const std::byte* packed = args.packed + c * channel_bytes(args.taps);
  const auto& channel = *reinterpret_cast<const Channel*>(packed);
  const auto* weights = reinterpret_cast<const std::int8_t*>(packed + sizeof(Channel));
  auto acc = static_cast<std::uint32_t>(channel.bias);  // unsigned: overflow wraps, as in vector registers
  for (std::size_t t = 0; t < args.taps; ++t) {
    const std::int32_t offset = args.offsets[p * args.taps + t];
    const std::int8_t value =
        offset == kPaddingTap ? args.padding[c] : args.src[offset + static_cast<std::ptrdiff_t>(c)];
    acc += static_cast<std::uint32_t>((value - channel.src_zero_point) * (weights[t] - channel.weights_zero_point));
  }
  return requantize(static_cast<std::int32_t>(acc), channel.scale, args.output);
}

void depthwise(const DepthwiseQs8Args& args) {
  for (std::size_t p = 0; p < args.pixels; ++p) {
    for (std::size_t c = 0; c < args.c; ++c) args.dst[p * args.dst_stride + c] = one_output(args, p, c);
  }
}

}  // namespace

extern const DepthwiseQs8Kernel kDepthwiseQs8Scalar = {"depthwise_qs8_qc8w_1x1__scalar", Isa::kScalar, packed_bytes,
                                                       pack, depthwise};

}  // namespace octet
