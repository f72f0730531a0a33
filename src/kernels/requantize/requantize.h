// SPDX-License-Identifier: Apache-2.0
// From int32 accumulators to int8: the one formula of all integer kernels.
//   requantize(acc) = clamp(round_half_even(float(acc) * scale) + zero_point, lo, hi)
// float(acc) is rounded to nearest even, the product is one float32 multiplication, nothing is fused.
#ifndef OCTET_KERNELS_REQUANTIZE_REQUANTIZE_H_
#define OCTET_KERNELS_REQUANTIZE_REQUANTIZE_H_

#include <cstdint>

namespace octet {

// How an int8 tensor is written: its zero point, and the bounds of a fused activation (-128 and 127: none).
// Preconditions: zero_point, lo, hi in [-128, 127]; lo <= hi.
struct Qs8Output {
  std::int32_t zero_point;
  std::int32_t lo;
  std::int32_t hi;
};

// `multiplier` (finite, > 0) rounded half to even to 22 significant bits. Quantizers give such scales to kernels: then
// 12582912 * multiplier is exact in float32, and a kernel may convert and multiply in one fused step with the same
// bits.
float round_multiplier(float multiplier);

// The formula above; `scaled` is the product, any value but NaN.
std::int8_t round_to_qs8(float scaled, const Qs8Output& output);
std::int8_t requantize(std::int32_t acc, float scale, const Qs8Output& output);

}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_REQUANTIZE_H_
