// SPDX-License-Identifier: Apache-2.0
// From int32 accumulators to int8: the one formula of all integer layers with weights.
//   requantize(acc) = clamp(round_half_even(fma(float(acc), scale, copysign(offset, float(acc)))) + zero_point, lo, hi)
//   offset          = requantize_offset(scale)
// float(acc) is rounded to nearest even; product and offset are added exactly and rounded once (a fused multiply-add).
//
// The offset, at most one accumulator step, makes the result that of fixed-point runtimes (TFLite, MindSpore Lite).
// They multiply by round(scale * 2^(31 + s)), keep s bits of fraction, s being the right shift that brings scale into
// [0.5, 1), and round these away: with x the exact product,
//   y = floor(x * 2^s + 0.5),  result = y >= 0 ? floor(y / 2^s + 0.5) : ceil(y / 2^s - 0.5)
// Two nested floors are one: for s >= 1 that is floor(x + 0.5 + d) if y >= 0, else floor(x + 0.5 - d), with
// d = 2^-(s + 1).
// Sources: gemmlowp, doc/quantization.md and fixedpoint/fixedpoint.h (SaturatingRoundingDoublingHighMul,
// RoundingDivideByPOT).
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

// 2^-(s + 1) for a scale (finite, > 0) in [2^-(s + 1), 2^-s) with s >= 1: the largest power of two not above it.
// 0 for a scale of 0.5 and more, which needs no right shift.
float requantize_offset(float scale);

// The formula above; `scaled` is the fused product, any value but NaN.
std::int8_t round_to_qs8(float scaled, const Qs8Output& output);
std::int8_t requantize(std::int32_t acc, float scale, const Qs8Output& output);

}  // namespace octet

#endif  // OCTET_KERNELS_REQUANTIZE_REQUANTIZE_H_
