// SPDX-License-Identifier: Apache-2.0
#include "ops/float16.h"

#include <bit>
#include <cmath>

namespace octet {

float float16_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1Fu;
  const std::uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t exponent_bits = exponent == 0x1F ? 0xFFu : exponent - 15 + 127;
  return std::bit_cast<float>(sign | (exponent_bits << 23) | (mantissa << 13));
}

std::uint16_t float16_from_double(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000u : 0u);
  const double magnitude = std::abs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00u);
  if (magnitude >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7C00u);  // half way to 2^16 and above
  if (magnitude < 0x1p-14) {
    // Subnormal: a multiple of 2^-24. A carry into 2^-14 gives the right bits by itself.
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(magnitude, 24))));
  }
  const int exponent = std::ilogb(magnitude);
  // In [2^10, 2^11]; at the upper end the carry raises the exponent.
  const auto mantissa = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  const auto bits = (static_cast<std::uint32_t>(exponent + 15) << 10) + (mantissa - 1024u);
  return static_cast<std::uint16_t>(sign | bits);
}

}  // namespace octet
