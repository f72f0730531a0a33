// SPDX-License-Identifier: Apache-2.0
#include "kernels/requantize/requantize.h"

#include <bit>

namespace octet {
namespace {

// Half to even for |x| < 2^22: the sum has no room for a fraction.
float round_half_even(float x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23
  return (x + kMagic) - kMagic;
}

}  // namespace

float round_multiplier(float multiplier) {
  const auto bits = std::bit_cast<std::uint32_t>(multiplier);
  const std::uint32_t half_to_even = 1 + ((bits >> 2) & 1);
  return std::bit_cast<float>((bits + half_to_even) & ~std::uint32_t{3});
}

std::int8_t round_to_qs8(float scaled, const Qs8Output& output) {
  // Clamped before rounding: the bounds are integers, so the result is the same, and no value is too large to convert.
  const auto lo = static_cast<float>(output.lo - output.zero_point);
  const auto hi = static_cast<float>(output.hi - output.zero_point);
  const float clamped = scaled < lo ? lo : (scaled > hi ? hi : scaled);
  return static_cast<std::int8_t>(static_cast<std::int32_t>(round_half_even(clamped)) + output.zero_point);
}

std::int8_t requantize(std::int32_t acc, float scale, const Qs8Output& output) {
  return round_to_qs8(static_cast<float>(acc) * scale, output);
}

}  // namespace octet
