// SPDX-License-Identifier: Apache-2.0
// Packed weights of the kernels for pairs of taps. Only for kernel files.
#ifndef OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS_H_
#define OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS_H_

#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

namespace octet {
namespace {

// For each block of kNr channels a Block and its weights [pairs of taps][kNr][2] as int16, zero points subtracted;
// channels past c are zero.
template <std::size_t kNr>
struct PairBlocks {
  struct alignas(64) Block {
    std::int32_t bias[kNr];  // with - src_zero_point * (sum of weights - taps * weights_zero_point) folded in
    float scale[kNr];
    float offset[kNr];  // of requantization
  };

  static std::size_t num_blocks(std::size_t c) { return (c + kNr - 1) / kNr; }
  static std::size_t block_bytes(std::size_t taps) {
    return sizeof(Block) + (taps + 1) / 2 * kNr * 2 * sizeof(std::int16_t);
  }
  static std::size_t packed_bytes(std::size_t c, std::size_t taps) { return num_blocks(c) * block_bytes(taps); }

  // channel_at(block, position): the channel that stands there.
  template <typename ChannelAt>
  static void pack(const DepthwiseQs8PackArgs& args, std::byte* packed, const ChannelAt& channel_at) {
    __builtin_memset(packed, 0, packed_bytes(args.c, args.taps));
    for (std::size_t b = 0; b < num_blocks(args.c); ++b, packed += block_bytes(args.taps)) {
      auto& block = *reinterpret_cast<Block*>(packed);
      auto* weights = reinterpret_cast<std::int16_t*>(packed + sizeof(Block));
      for (std::size_t position = 0; position < kNr; ++position) {
        const std::size_t c = channel_at(b, position);
        if (c < args.c) pack_channel(args, c, position, block, weights);
      }
    }
  }

 private:
  static void pack_channel(const DepthwiseQs8PackArgs& args, std::size_t c, std::size_t position, Block& block,
                           std::int16_t* out) {
    const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[c] : 0;
    std::uint32_t sum = 0;
    for (std::size_t t = 0; t < args.taps; ++t) {
      const std::int32_t weight = args.weights[t * args.tap_stride + c * args.c_stride] - zero_point;
      out[(t / 2 * kNr + position) * 2 + t % 2] = static_cast<std::int16_t>(weight);
      sum += static_cast<std::uint32_t>(weight);
    }
    const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[c] : 0);
    block.bias[position] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
    block.scale[position] = args.scale[c];
    block.offset[position] = requantize_offset(args.scale[c]);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_DEPTHWISE_QS8_QC8W_X86_PAIRS_H_
