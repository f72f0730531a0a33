// SPDX-License-Identifier: Apache-2.0
#include "kernels/requantize/requantize.h"

#include <bit>
#include <cmath>

namespace octet {
namespace {

// Half to even for |x| < 2^22: the sum has no room for a fraction.
float round_half_even(float x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23
  return (x + kMagic) - kMagic;
}

}  // namespace

float requantize_offset(float scale) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  return scale < 0.5f ? std::bit_cast<float>(std::bit_cast<std::uint32_t>(scale) & kExponent) : 0.0f;
}

std::int8_t round_to_qs8(float scaled, const Qs8Output& output) {
  // Clamped before rounding: the bounds are integers, so the result is the same, and no value is too large to convert.
  const auto lo = static_cast<float>(output.lo - output.zero_point);
  const auto hi = static_cast<float>(output.hi - output.zero_point);
  const float clamped = scaled < lo ? lo : (scaled > hi ? hi : scaled);
  return static_cast<std::int8_t>(static_cast<std::int32_t>(round_half_even(clamped)) + output.zero_point);
}

std::int8_t requantize(std::int32_t acc, float scale, const Qs8Output& output) {
  const auto value = static_cast<float>(acc);
  return round_to_qs8(std::fma(value, scale, std::copysign(requantize_offset(scale), value)), output);
}

}  // namespace octet
