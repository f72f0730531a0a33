// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. Values are widened to int16, which smlal multiplies and adds to int32 exactly; weights are int16
// from the start, so that their zero points are gone.
#include "kernels/requantize/arm_neon.h"
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

namespace octet {
namespace {

constexpr std::size_t kNr = 16;

// Packed: for each block of 16 channels a Block and its weights [taps][16] as int16, zero points subtracted. Channels
// past c are zero.
struct alignas(64) Block {
  std::int32_t bias[kNr];  // with - src_zero_point * (sum of weights - taps * weights_zero_point) folded in
  float scale[kNr];
  float offset[kNr];  // of requantization
};

std::size_t block_bytes(std::size_t taps) {
  return (sizeof(Block) + taps * kNr * sizeof(std::int16_t) + alignof(Block) - 1) / alignof(Block) * alignof(Block);
}

std::size_t packed_bytes(std::size_t c, std::size_t taps) { return (c + kNr - 1) / kNr * block_bytes(taps); }

void pack_channel(const DepthwiseQs8PackArgs& args, std::size_t c, Block& block, std::int16_t* out) {
  const std::size_t position = c % kNr;
  const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[c] : 0;
  std::uint32_t sum = 0;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const std::int32_t weight = args.weights[t * args.tap_stride + c * args.c_stride] - zero_point;
    out[t * kNr + position] = static_cast<std::int16_t>(weight);
    sum += static_cast<std::uint32_t>(weight);
  }
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[c] : 0);
  block.bias[position] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
  block.scale[position] = args.scale[c];
  block.offset[position] = requantize_offset(args.scale[c]);
}

void pack(const DepthwiseQs8PackArgs& args, std::byte* packed) {
  __builtin_memset(packed, 0, packed_bytes(args.c, args.taps));
  for (std::size_t c = 0; c < args.c; ++c) {
    std::byte* block = packed + c / kNr * block_bytes(args.taps);
    pack_channel(args, c, *reinterpret_cast<Block*>(block), reinterpret_cast<std::int16_t*>(block + sizeof(Block)));
  }
}

// n bytes (1 to 7) in the low ones of a word, from pieces that overlap where n is not their sum.
std::uint64_t load_few(const std::int8_t* from, std::size_t n) {
  if (n < 4) {
    const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(from[i])} << 8 * i; };
    return byte(0) | byte(n / 2) | byte(n - 1);
  }
  std::uint32_t low, high;
  __builtin_memcpy(&low, from, sizeof(low));
  __builtin_memcpy(&high, from + n - sizeof(high), sizeof(high));
  return low | std::uint64_t{high} << 8 * (n - sizeof(high));
}

// The first n bytes (1 to 16), zeros behind them.
int8x16_t load_first(const std::int8_t* from, std::size_t n) {
  if (n == kNr) return vld1q_s8(from);
  if (n < 8) return vcombine_s8(vcreate_s8(load_few(from, n)), vdup_n_s8(0));
  return vcombine_s8(vld1_s8(from), vcreate_s8(n == 8 ? 0 : load_few(from + 8, n - 8)));
}

const std::int8_t* tap(const DepthwiseQs8Args& args, const std::int32_t* offsets, std::size_t t) {
  return offsets[t] == kPaddingTap ? args.padding : args.src + offsets[t];
}

// Channels c to c + n (at most 16) of a pixel.
template <bool kWhole>
int8x16_t one_block(const DepthwiseQs8Args& args, const std::int32_t* offsets, const std::byte* packed, std::size_t c,
                    std::size_t n, const Requantize& requantize) {
  const auto& block = *reinterpret_cast<const Block*>(packed);
  const auto* weights = reinterpret_cast<const std::int16_t*>(packed + sizeof(Block));
  int32x4_t acc[2][2] = {{vld1q_s32(block.bias), vld1q_s32(block.bias + 4)},
                         {vld1q_s32(block.bias + 8), vld1q_s32(block.bias + 12)}};
  for (std::size_t t = 0; t < args.taps; ++t, weights += kNr) {
    const int8x16_t src = load_first(tap(args, offsets, t) + c, kWhole ? kNr : n);
    const int16x8_t a0 = vmovl_s8(vget_low_s8(src)), a1 = vmovl_high_s8(src);
    const int16x8_t b0 = vld1q_s16(weights), b1 = vld1q_s16(weights + 8);
    acc[0][0] = vmlal_s16(acc[0][0], vget_low_s16(a0), vget_low_s16(b0));
    acc[0][1] = vmlal_high_s16(acc[0][1], a0, b0);
    acc[1][0] = vmlal_s16(acc[1][0], vget_low_s16(a1), vget_low_s16(b1));
    acc[1][1] = vmlal_high_s16(acc[1][1], a1, b1);
  }
  int8x8_t bytes[2];
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const float *scale = block.scale + 8 * half, *offset = block.offset + 8 * half;
    bytes[half] = requantize.bytes(acc[half], {vld1q_f32(scale), vld1q_f32(scale + 4)},
                                   {vld1q_f32(offset), vld1q_f32(offset + 4)});
  }
  return vcombine_s8(bytes[0], bytes[1]);
}

void depthwise(const DepthwiseQs8Args& args) {
  const Requantize requantize(args.output);
  const std::size_t bytes = block_bytes(args.taps), channels = args.c;
  const std::int32_t* offsets = args.offsets;
  std::int8_t* dst = args.dst;
  for (std::size_t p = 0; p < args.pixels; ++p, offsets += args.taps, dst += args.dst_stride) {
    const std::byte* packed = args.packed;
    std::size_t c = 0;
    for (; c + kNr <= channels; c += kNr, packed += bytes) {
      vst1q_s8(dst + c, one_block<true>(args, offsets, packed, c, kNr, requantize));
    }
    if (c == channels) continue;
    std::int8_t staged[kNr];
    vst1q_s8(staged, one_block<false>(args, offsets, packed, c, channels - c, requantize));
    __builtin_memcpy(dst + c, staged, channels - c);
  }
}

}  // namespace

extern const DepthwiseQs8Kernel kDepthwiseQs8Neon = {"depthwise_qs8_qc8w_1x16__neon", Isa::kNeon, packed_bytes, pack,
                                                     depthwise};

}  // namespace octet
