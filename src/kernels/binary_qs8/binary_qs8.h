// SPDX-License-Identifier: Apache-2.0
// Sum and product of two int8 tensors with their own scales, each float32 operation rounded separately:
//
//   add: dst = clamp(round_half_even(float(a - a_zero_point) * a_scale + float(b - b_zero_point) * b_scale) +
//   zero_point) mul: dst = clamp(round_half_even(float((a - a_zero_point) * (b - b_zero_point)) * a_scale) +
//   zero_point)
//
// The scales are already divided by that of dst; a difference is a sum with a negative b_scale. All kernels give the
// bits of the scalar one.
#ifndef OCTET_KERNELS_BINARY_QS8_BINARY_QS8_H_
#define OCTET_KERNELS_BINARY_QS8_BINARY_QS8_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"

namespace octet {

// A matrix [rows, n]. Broadcast forms of b, as (b_row_stride, b_is_scalar): same shape (n, false), one row for all
// (0, false), one value for all (0, true), one value per row (1, true).
struct BinaryQs8Args {
  std::size_t rows;
  std::size_t n;
  const std::int8_t* a;
  std::size_t a_row_stride;
  const std::int8_t* b;
  std::size_t b_row_stride;
  bool b_is_scalar;
  std::int8_t* dst;  // may be a, or a b of the same shape
  std::size_t dst_row_stride;
  std::int32_t a_zero_point;  // both in [-128, 127]
  std::int32_t b_zero_point;
  float a_scale;  // add: a's scale / dst's; mul: a's scale * b's / dst's. Finite
  float b_scale;  // add: b's scale / dst's; mul: not used
  Qs8Output output;
};

struct BinaryQs8Kernel {
  const char* name;
  Isa isa;
  void (*add)(const BinaryQs8Args& args);
  void (*mul)(const BinaryQs8Args& args);
};

std::span<const BinaryQs8Kernel* const> binary_qs8_kernels();  // best first, scalar last
const BinaryQs8Kernel& choose_binary_qs8(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_BINARY_QS8_BINARY_QS8_H_
